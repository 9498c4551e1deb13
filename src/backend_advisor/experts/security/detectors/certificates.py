"""Connections that accept any certificate (SEC306)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, names_in
from backend_advisor.experts.security.detectors.reading import calls_with, constants, is_false
from backend_advisor.experts.security.detectors.trusting import trusting
from backend_advisor.experts.security.detectors.words import dotted, identifiers
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.places import Places
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CLIENTS = ("http.request", "http.client", "tls.configure", "db.pool", "db.connect", "cache.client", "mail.send")
_UNVERIFIED = re.compile(
    r"rejectUnauthorized|strictSSL|tlsAllowInvalidCertificates|NODE_TLS_REJECT_UNAUTHORIZED|insecureSkipVerify"
)
_VERIFICATION = re.compile(
    r"(?i)reject_?unauthori[sz]ed|insecure|allow_?unauthori[sz]ed|self_?signed|no-?verify|(?:skip|verify|ignore|self_?signed|strict)_?\w*(?:ssl|tls|cert)|"
    r"(?:ssl|tls|cert(?:ificate)?s?)_?(?:verif|check|validat)|verify_?(?:server|peer|host)|^(?:no_?)?verify$"
)
_MOST = 12
"""Connections that a reviewer takes up in a repository."""
_DEFAULTS = re.compile(r"(?:^|\.)defaults(?:Deep)?$")
"""What gives a record what it does not say itself."""
_INSECURE = re.compile(
    r"(?i)non_?validat|in_?secure|trust_?all|unsafe|no_?verif|skip|accept_?all|self_?signed|un_?verified"
)


@detects_in_code("SEC306")
def tls_verification_off(context: CodeContext) -> Iterator[Match]:
    """Connections whose other end may be anybody."""
    found = _connections(context)
    yield from worst_first_told(_once_a_file(found), _MOST) if context.program.language == "python" else found


def _has_no_certificate(call: CallSeen) -> bool:
    """Whether a connection is one without TLS, as within a cluster: `grpc.insecure_channel`, `get("http://…")`."""
    if call.role.name.endswith(".insecure_channel"):
        return True
    first = call.args[0] if call.args and call.unit.language == "python" else None
    start = (first.text or first.consts or (None,))[0] if first is not None else None
    return isinstance(start, str) and start.startswith("http://")


def _once_a_file(found: Iterator[Match]) -> Iterator[tuple[int, Match]]:
    """The first of each file at its sureness: what makes a client's connections is mended once in it."""
    files: set[str] = set()
    for match in sorted(found, key=_place):
        again = match.location.artifact in files
        yield 0, replace(match, confidence=Confidence.LOW) if again else match
        if match.confidence is not Confidence.LOW:
            files.add(match.location.artifact)


def _place(match: Match) -> tuple[str, int]:
    return match.location.artifact, match.location.span.line if match.location.span is not None else 0


def _connections(context: CodeContext) -> Iterator[Match]:
    told: list[tuple[str, int, int]] = []
    for unit, place, off in _switches(context):
        told.append((unit.path, place.start, place.end))
        yield Match(
            location=context.location(unit, place),
            values={"text": context.text(unit, place)[:50]},
            confidence=Confidence.LOW
            if _is_chosen(unit, place) or _only_looks(unit, place) or _is_raised(unit, place)
            else None,
            edits=_switched_on(unit, off, context.places),
            applicability="unsafe",
        )
    for call in calls_with(context, *_CLIENTS):
        if any(p == call.unit.path and call.node.start <= s and e <= call.node.end for p, s, e in told):
            continue
        kinds = constants(call.properties.get("verify"))
        unverified = is_false(call.properties.get("verify")) or any(one.endswith("CERT_NONE") for one in kinds)
        if unverified and not (call.role.name.startswith("tls.create")):
            if call.unit.language == "java":
                told.append((call.unit.path, call.node.start, call.node.end))  # a chain of a builder is one place
            yield Match(
                location=context.location(call.unit, call.node),
                values={"text": dotted(getattr(call.node, "func", None))},
                confidence=Confidence.LOW
                if _is_chosen(call.unit, call.node) or _says_so(call) or _has_no_certificate(call)
                else None,
                edits=_verifying(call, context.places),
                applicability="unsafe",
            )
    yield from trusting(context)


_ON = {"False": "True", "false": "true", "true": "false", "'0'": "'1'", '"0"': '"1"', "0": "1"}
"""What turns verification on again in the place of a constant that turned it off."""


def _switched_on(unit: Unit, off: ir.Node, places: Places) -> tuple[Edit, ...]:
    """The edits that turn verification on again where a constant turns it off."""
    written = source_of(unit, off)
    on = re.sub(r"CERT_NONE$", "CERT_REQUIRED", written) if written.endswith("CERT_NONE") else _ON.get(written)
    return (replaced(unit, off, on, places),) if on is not None else ()


def _verifying(call: CallSeen, places: Places) -> tuple[Edit, ...]:
    """The edits that let a call check certificates, by its argument or by its name."""
    node = call.node
    for key, value in node.keywords if isinstance(node, ir.Call) else ():
        if key == "verify" and isinstance(value, ir.Const):
            return _switched_on(call.unit, value, places)
    if isinstance(node, ir.Call) and dotted(node.func) == "ssl._create_unverified_context":
        return (replaced(call.unit, node.func, "ssl.create_default_context", places),)
    return ()


def _switches(context: CodeContext) -> Iterator[tuple[Unit, ir.Node, ir.Node]]:
    """Places where a constant turns verification off, in Python and JavaScript, and the constant."""
    for unit in context.program.units.values():
        source = unit.module.source
        if unit.language == "java":
            continue
        if not any(
            word in source
            for word in (
                b"rejectUnauthorized",
                b"strictSSL",
                b"REJECT_UNAUTHORIZED",
                b"check_hostname",
                b"CERT_NONE",
                b".verify",
                b"checkServerIdentity",
            )
        ):
            continue
        for node in everything(unit.module.body):
            found = _switched_off(node)
            if found is not None and not (isinstance(node, ir.Mapping) and _is_set_again(unit, node, found[0])):
                yield unit, *found


def _is_set_again(unit: Unit, made: ir.Mapping, switch: ir.Node) -> bool:
    """Whether options are only spread into others, which say themselves afterwards what is checked."""
    holder = next(
        (
            node.target.id
            for node in everything(unit.module.body)
            if isinstance(node, ir.Assign) and node.value is made and isinstance(node.target, ir.Name)
        ),
        None,
    )
    if holder is None or any(isinstance(one, ir.Export) and holder in names_in(one) for one in unit.module.body):
        return False
    word = unit.module.source[switch.start : switch.end].split(b":")[0].strip(b" '\"").decode("utf-8", "replace")
    uses = sum(isinstance(node, ir.Name) and node.id == holder for node in everything(unit.module.body)) - 1
    spread = sum(
        _overrides(node, holder, word) for node in everything(unit.module.body) if isinstance(node, ir.Mapping)
    )
    return uses > 0 and uses == spread


def _overrides(options: ir.Mapping, holder: str, word: str) -> bool:
    """Whether an object takes others in and has a field of its own behind them: `{...DEFAULTS, verify: true}`."""
    at = next(
        (n for n, (key, value) in enumerate(options.pairs) if key is None and getattr(value, "id", "") == holder), None
    )
    return at is not None and any(isinstance(key, ir.Const) and key.value == word for key, _ in options.pairs[at + 1 :])


def _is_chosen(unit: Unit, place: ir.Node) -> bool:
    """Whether a setting of its own switches verification off, which whoever runs the program has to choose."""
    return any(
        bool(_DEFAULTS.search(dotted(node.func))) and _holds(node.args[1:], place)
        if isinstance(node, ir.Call)
        else any(_VERIFICATION.search(word) for word in _chosen_by(node, place))
        for node in everything(unit.module.body)
    )


def _chosen_by(node: ir.Node, place: ir.Node) -> Iterator[str]:
    """The names and texts of the condition that a place stands under: `case "no-verify":` too."""
    if isinstance(node, ir.If):
        tests, chosen = [node.test], node.then
    elif isinstance(node, ir.SwitchCase):
        tests, chosen = node.values, node.body
    elif isinstance(node, ir.Conditional):
        tests, chosen = [node.test], [node.then]  # type: ignore[list-item]
    else:
        return
    if _holds(chosen, place):
        yield from identifiers(tests)
        yield from (one.value for one in everything(tests) if isinstance(one, ir.Const) and isinstance(one.value, str))


def _holds(nodes: Sequence[ir.Node], place: ir.Node) -> bool:
    return any(one.start <= place.start and place.end <= one.end for one in nodes)


def _only_looks(unit: Unit, place: ir.Node) -> bool:
    """Whether a connection is closed as soon as it stands, and nothing is written to it: a look at a certificate."""
    around = [one.node for one in unit.functions if _holds([one.node], place)]
    whole = min(around, key=lambda one: one.end - one.start, default=None)
    if whole is None:
        return False
    source = unit.module.source[whole.start : whole.end]
    return b"tls.connect" in source and b".destroy()" in source and b".write(" not in source and b".end(" not in source


def _is_raised(unit: Unit, place: ir.Node) -> bool:
    """Whether a check is switched on again further down for those who ask for it, as for `mode == "verify-full"`: which
    of the two holds is the operator's choice."""
    target = place.target if isinstance(place, ir.Assign) else None
    if not isinstance(target, ir.Attr) or target.name not in ("check_hostname", "verify_mode"):
        return False
    around = [one.node for one in unit.functions if _holds([one.node], place)]
    return any(
        isinstance(node, ir.Assign)
        and node.start > place.end
        and isinstance(node.target, ir.Attr)
        and node.target.name == target.name
        and dotted(node.target.value) == dotted(target.value)
        and _switched_off(node) is None
        for node in everything([one for whole in around for one in whole.body])
    )


def _says_so(call: CallSeen) -> bool:
    """`createNonValidatingContext()`: whoever calls it has chosen so."""
    return call.info is not None and _INSECURE.search(call.info.node.name) is not None


def _switched_off(node: ir.Node) -> tuple[ir.Node, ir.Node] | None:
    if isinstance(node, ir.Mapping):
        if any(isinstance(key, ir.Const) and key.value == "requestCert" for key, _ in node.pairs):
            return None  # a server says so of its clients' certificates
        for key, value in node.pairs:
            if getattr(key, "value", None) == "checkServerIdentity" and key is not None and _accepts_all(value):
                return ir.Node(key.start, value.end), value
            word = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
            if not isinstance(word, str) or not isinstance(value, ir.Const) or not _UNVERIFIED.fullmatch(word):
                continue
            if value.value is (word in ("tlsAllowInvalidCertificates", "insecureSkipVerify")):
                return ir.Node(key.start if key is not None else value.start, value.end), value
    if (
        isinstance(node, ir.Assign)
        and isinstance(node.target, ir.Attr | ir.Index)
        and isinstance(node.value, ir.Const | ir.Attr | ir.Lambda)
    ):
        name = node.target.name if isinstance(node.target, ir.Attr) else getattr(node.target.key, "value", "")
        given = (
            getattr(node.value, "value", None) if isinstance(node.value, ir.Const) else getattr(node.value, "name", "")
        )
        holder = dotted(node.target.value).lower()
        if name == "checkServerIdentity" and _accepts_all(node.value):
            return node, node.value
        if name == "NODE_TLS_REJECT_UNAUTHORIZED" and str(given) == "0":
            return node, node.value
        if name == "check_hostname" and given is False:
            return node, node.value
        if name == "verify_mode" and given == "CERT_NONE":
            return node, node.value
        if name == "verify" and given is False and re.search(r"session|client|^s$|http", holder):
            return node, node.value
    return None


def _accepts_all(value: ir.Expr) -> bool:
    """Whether a check of the host's name finds nothing, whoever answers: an error would be what it gives."""
    if not isinstance(value, ir.Lambda):
        return False
    body = value.function.body
    if not body:
        return True
    only = body[0] if len(body) == 1 else None
    given = only.value if isinstance(only, ir.Return) else None
    if isinstance(given, ir.Unary) and given.op == "void":
        return True
    return isinstance(only, ir.Return) and (
        given is None
        or (isinstance(given, ir.Const) and given.value in (None, True))
        or getattr(given, "id", "") == "undefined"
    )
