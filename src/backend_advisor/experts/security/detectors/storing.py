"""Passwords that are stored as they are or hashed too fast, and uploads without a limit."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.roles import Argument
from backend_advisor.code.searching import Guarded, mentions
from backend_advisor.code.seen import CallSeen, Reach
from backend_advisor.code.tree import everything, names_in
from backend_advisor.experts.security.detectors.django_settings import fast_hashers
from backend_advisor.experts.security.detectors.facts import Facts
from backend_advisor.experts.security.detectors.plain_passwords import CONNECTS, compared_plain
from backend_advisor.experts.security.detectors.reading import calls_with, constants, definitions, facts_of
from backend_advisor.experts.security.detectors.words import dotted, identifiers, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.edits import replaced
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, detects_in_code

_PASSWORD = re.compile(
    r"^(?:\w*_)?(?:password|passwd|pwd|pass_?word|user_?pw)\w{0,3}$|^(?:raw|plain|new|old|user)?_?[pP]assword$",
    re.IGNORECASE,
)
_HASHED = re.compile(r"hash|encod|encrypt|digest|crypt|bcrypt|argon|salted|secured", re.IGNORECASE)
_OF_PEOPLE = re.compile(r"(?i)passw|passphrase|pwd|\bpin\b|credential|hash|encod|verif|salt")
_CHOSEN = re.compile(
    r"(?i)pass|pwd|pw$|\bpin\b|secret|credential|plain|raw|user|account|salt|rounds"
    r"|^(?:data|value|text|str|s|p)$"
)
_BREACHED = re.compile(r"pwned|breach|leak|hibp|compromis|k_?anonym", re.IGNORECASE)
_SETS_HASHED = Guarded(
    rb"(?i)(?:pre|before\w*|hooks?)\W[^;]{0,400}?(?:hash|bcrypt|argon)|set_password|@password\.setter|set\s+password",
    b"hash", b"bcrypt", b"argon", b"set_password", b"@password.setter", b"password",
)  # fmt: skip
_BOUNDS = (
    b"max_content_length", b"content_length", b"content-length", b"max_size", b"max_file", b"max_upload", b"max_body",
    b"limituploadsize",
)  # fmt: skip
"""Settings of how large a body may be."""
_LONG_HASH = re.compile(r"(?i)sha-?_?(?:256|384|512)")
_SLOW = re.compile(rb"(?i)bcrypt|argon2|scrypt|\brounds\b")
_FOLLOWED = 2
"""Functions between the one that hashes and the one that says it is a password."""
_LEAST_BCRYPT, _GOOD_BCRYPT = 10, 12
_LEAST_PBKDF2 = 100_000


_TAKES = re.compile(rb"\.(?:single|array|fields|any)\(")
_FOREIGN = re.compile(r"\.ldap_\w+\.hash$")
"""The form in which a directory keeps its passwords."""
_TOOLS = re.compile(r"(?:^|/)(?:tools?|scripts?|contrib)/[\w/-]+\.py$")
_DERIVES = re.compile(r"(?i)key_?from|(?:derive|make|create)_?\w*key|to_?key$")
"""A key is made of a password, and no table holds it."""
_CHALLENGE = re.compile(r"(?i)^(?:c?nonce|challenge|timestamp|created|realm)$")
"""What makes a hash the answer to another server, which nobody stores."""


@detects_in_code("SEC311")
def password_not_hashed_slowly(context: CodeContext) -> Iterator[Match]:
    """Passwords that a stolen table gives away."""
    yield from _fast_hashes(context)
    yield from _cheap_costs(context)
    yield from _stored_plain(context)
    yield from compared_plain(context)
    yield from fast_hashers(context)


def asks_for_breaches(call: CallSeen) -> bool:
    """Whether a hash asks a list of breached passwords, whose keys are SHA-1."""
    names = [call.unit.path.rpartition("/")[2], *([call.info.node.name] if call.info is not None else [])]
    return any(_BREACHED.search(name) for name in names)


def takes_password(call: CallSeen) -> bool:
    """Whether a hash is given a password, by the names of its arguments."""
    node = call.node
    if not isinstance(node, ir.Call) or asks_for_breaches(call):
        return False
    names = [*identifiers(node.args, [value for _, value in node.keywords]), *_keys(node)]
    beside = [param.name for param in call.info.node.params] if call.unit.language == "java" and call.info else []
    answers = any(_CHALLENGE.match(name) for name in (*names, *beside))
    if call.unit.language == "java":
        names += [snake(name) for name in names if name.startswith("get")]  # `user.getPassword().getBytes()`
    return any(_PASSWORD.match(name) for name in names) and not answers


def _fast_hashes(context: CodeContext) -> Iterator[Match]:
    told: dict[str, set[str]] = {}
    facts = facts_of(context)
    for call in calls_with(context, "crypto.hash"):
        node = call.node
        if takes_password(call) or _is_given_one(call, facts):
            algorithm = next(iter(constants(call.properties.get("algorithm"))), "")
            # Slow functions read few bytes of a password: what they are given was often made short before.
            before = _LONG_HASH.search(algorithm or context.text(call.unit, node)) and _SLOW.search(
                call.unit.module.source
            )
            # The function that makes a hash and the one that checks it are mended together.
            known = told.setdefault(call.unit.path, set())
            again = call.unit.language == "java" and (algorithm in known or bool(known and not algorithm))
            known.add(algorithm)
            foreign = _FOREIGN.search(call.role.name) is not None or _TOOLS.search(call.unit.path) is not None
            foreign = foreign or (call.info is not None and _DERIVES.search(call.info.node.name) is not None)
            yield Match(
                location=context.location(call.unit, node),
                values={"text": context.text(call.unit, node)[:50], "fault": algorithm or "fast hash"},
                confidence=Confidence.LOW if before or again or foreign else None,
            )


def _is_given_one(call: CallSeen, facts: Facts) -> bool:
    """Whether what is hashed is a parameter that the program's own callers give a password: `encode(body.password)`."""
    if call.info is None or not isinstance(call.node, ir.Call) or asks_for_breaches(call):
        return False
    if _SLOW.search(call.unit.module.source):
        return False
    return _is_handed_password(call.info, names_in(*call.node.args), facts, _FOLLOWED)


def _is_handed_password(info: FunctionInfo, names: set[str], facts: Facts, depth: int) -> bool:
    """Whether a parameter of these names is a password to a caller, or to who calls that one with it."""
    params = [one.name for one in info.node.params if one.name not in ("self", "cls")]
    places = {number: name for number, name in enumerate(params) if name in names}
    return bool(places) and any(_gives_password(one, places, facts, depth) for one in facts.callers.get(id(info), ()))


def _gives_password(reach: Reach, places: dict[int, str], facts: Facts, depth: int) -> bool:
    call = reach.node if isinstance(reach.node, ir.Call) else None
    around = reach.info.node.name if reach.info is not None else ""
    if call is None or _BREACHED.search(around):
        return False
    given = [call.args[number] for number in places if number < len(call.args)]
    given += [value for key, value in call.keywords if key in places.values()]
    plain = [one for one in given if isinstance(one, ir.Name | ir.Attr | ir.Index) or _is_getter(one)]
    if any(_PASSWORD.match(name) and not _HASHED.search(name) for one in plain for name in (_last(one),)):
        return True
    handed_on = {one.id for one in given if isinstance(one, ir.Name)}
    return depth > 0 and reach.info is not None and _is_handed_password(reach.info, handed_on, facts, depth - 1)


def _is_getter(one: ir.Expr) -> bool:
    """`form.getPassword()`."""
    return isinstance(one, ir.Call) and not one.args and dotted(one.func).rpartition(".")[2].startswith("get")


def _last(one: ir.Expr) -> str:
    if isinstance(one, ir.Index):
        return one.key.value if isinstance(one.key, ir.Const) and isinstance(one.key.value, str) else ""
    return dotted(one).rpartition(".")[2].removeprefix("get" if _is_getter(one) else "")


def _keys(node: ir.Call) -> Iterator[str]:
    """The texts by which something is looked up in a call's arguments: `data["password"]`."""
    for part in everything(node.args):
        if isinstance(part, ir.Index) and isinstance(part.key, ir.Const) and isinstance(part.key.value, str):
            yield part.key.value


def _cheap_costs(context: CodeContext) -> Iterator[Match]:
    for call in context.seen.calls.values():
        if "rounds" not in call.role.named:
            continue
        rounds = [int(one) for one in constants(call.properties.get("rounds")) if one.isdigit()]
        algorithm = next(iter(constants(call.properties.get("algorithm"))), "")
        if not rounds:
            pass
        elif algorithm == "bcrypt" or re.search(r"bcrypt|salt", call.role.name, re.IGNORECASE):
            if max(rounds) < _LEAST_BCRYPT and not _is_enough_by_default(call):
                # The cost stands in each hash, so that older ones are still read.
                match = _cost(context, call, f"bcrypt {max(rounds)}")
                match = replace(match, edits=_dearer(call, context.places), applicability="unsafe")
                yield replace(match, confidence=Confidence.LOW) if _hashes_something_else(call) else match
        elif algorithm.lower().startswith("pbkdf2") and max(rounds) < _LEAST_PBKDF2:
            given = call.node.args[:1] if _is_script(call) and isinstance(call.node, ir.Call) else ()
            named = identifiers(given or call.node) | ({call.info.node.name} if call.info is not None else set())
            match = _cost(context, call, f"PBKDF2 {max(rounds)}")
            # What it is given may be a key of full strength, of which another is made.
            yield match if any(_OF_PEOPLE.search(name) for name in named) else replace(match, confidence=Confidence.LOW)
    for call in calls_with(context, "password.hash"):
        if not _is_one_of_several(call) and any(
            re.fullmatch(r"(?i)md[45]|sha-?1|sha-?256|plaintext|demo|crypt", one)
            for one in constants(call.properties.get("algorithm"))
        ):
            yield _cost(context, call, constants(call.properties.get("algorithm"))[0])


def _is_script(call: CallSeen) -> bool:
    return call.unit.language in ("javascript", "typescript")


def _hashes_something_else(call: CallSeen) -> bool:
    """Whether what is hashed is named, and for nothing that people choose: `bcrypt.hash(apiKey, 2)`."""
    given = call.node.args[0] if isinstance(call.node, ir.Call) and call.node.args else None
    if not isinstance(given, ir.Name | ir.Attr | ir.Call) or call.unit.language == "java":
        return False
    named = identifiers(given) | ({call.info.node.name} if call.info is not None else set())
    return bool(identifiers(given)) and not any(_CHOSEN.search(name) for name in named)


def _dearer(call: CallSeen, places: Places) -> tuple[Edit, ...]:
    """The edits that raise a cost of bcrypt that is written as a number."""
    node = call.node
    for argument in call.role.named["rounds"] if isinstance(node, ir.Call) else ():
        if not isinstance(argument, Argument) or argument.path:
            continue
        given = next((value for key, value in node.keywords if key == argument.keyword), None)
        if given is None and argument.position is not None and argument.position < len(node.args):
            given = node.args[argument.position]
        if isinstance(given, ir.Const):
            return (replaced(call.unit, given, str(_GOOD_BCRYPT), places),)
    return ()


def _is_enough_by_default(call: CallSeen) -> bool:
    """`def set_password(self, plain, rounds=12)`: only some callers, mostly tests, ask for less."""
    params = call.info.node.params if call.info is not None else []
    named = identifiers(call.node)
    return any(
        param.name in named
        and isinstance(param.default, ir.Const)
        and isinstance(param.default.value, int)
        and param.default.value >= _LEAST_BCRYPT
        for param in params
    )


def _is_one_of_several(call: CallSeen) -> bool:
    """`encoders.put("MD5", …)`: what reads old hashes, beside the encoder that makes new ones."""
    return call.info is not None and any(
        isinstance(one, ir.Call) and isinstance(one.func, ir.Attr) and one.func.name == "put" and call.node in one.args
        for one in everything(call.info.node.body)
    )


def _cost(context: CodeContext, call: CallSeen, fault: str) -> Match:
    return Match(
        location=context.location(call.unit, call.node),
        values={"text": context.text(call.unit, call.node)[:50], "fault": fault},
    )


def _stored_plain(context: CodeContext) -> Iterator[Match]:
    for call in calls_with(context, "db.write", "orm.save"):
        node = call.node
        if (
            not isinstance(node, ir.Call)
            or call.info is None
            or not re.search(r"create|insert|save|add", dotted(node.func).rpartition(".")[2], re.IGNORECASE)
        ):
            continue
        if re.search(r"create_?(?:user|superuser)$", dotted(node.func), re.IGNORECASE):
            continue
        defined = definitions(call.info.node.body)
        for key, value in (*_pairs(node), *_pairs_of_variables(call, node)):
            if _PASSWORD.match(key) and _is_plain(value, defined) and not _hashed_by_model(context):
                yield Match(
                    location=context.location(call.unit, value),
                    values={"text": context.text(call.unit, value)[:50], "fault": "plain"},
                    confidence=Confidence.MEDIUM,
                )


def _pairs(node: ir.Call) -> Iterator[tuple[str, ir.Expr]]:
    for part in everything(node.args):
        if isinstance(part, ir.Mapping):
            words = [key.value if isinstance(key, ir.Const) else getattr(key, "id", "") for key, _ in part.pairs]
            if CONNECTS.intersection(one for one in words if isinstance(one, str)):
                continue
            for word, (_, value) in zip(words, part.pairs, strict=True):
                if isinstance(word, str):
                    yield word, value
        elif isinstance(part, ir.Call):
            yield from part.keywords
    yield from node.keywords


def _pairs_of_variables(call: CallSeen, node: ir.Call) -> Iterator[tuple[str, ir.Expr]]:
    """The fields of an object that was put together before it is stored, also by a function around this one."""
    info = call.info
    while info is not None:
        defined = definitions(info.node.body)
        for one in node.args:
            for made in defined.get(one.id, ()) if isinstance(one, ir.Name) else ():
                for key, value in made.pairs if isinstance(made, ir.Mapping) else ():
                    if isinstance(key, ir.Const) and isinstance(key.value, str):
                        yield key.value, value
        info = info.outer


def _is_plain(value: ir.Expr, defined: dict[str, list[ir.Expr]]) -> bool:
    """The client's password itself, with nothing done to it."""
    if isinstance(value, ir.Attr):
        return (
            _PASSWORD.match(value.name) is not None
            and re.match(r"req|request|body|form|data|dto|payload|input|user_in|schema", dotted(value)) is not None
        )
    if isinstance(value, ir.Name):
        given = defined.get(value.id, [])
        return (
            _PASSWORD.match(value.id) is not None
            and not _HASHED.search(value.id)
            and not any(isinstance(one, ir.Call | ir.Await) for one in given)
        )
    return False


def _hashed_by_model(context: CodeContext) -> bool:
    """A model may hash what is set on it."""
    return _SETS_HASHED.is_in_any(context.program.sources())


def _takes_none(call: CallSeen) -> bool:
    """Whether the file asks its multer for forms without files only: `upload.none()`."""
    source = call.unit.module.source
    return call.role.name == "multer" and b".none()" in source and _TAKES.search(source) is None


@detects_in_code("SEC312")
def upload_without_limit(context: CodeContext) -> Iterator[Match]:
    """Uploads that can be as large as one likes."""
    for call in calls_with(context, "upload.configure"):
        if re.match(r"formidable|multiparty", call.role.name):
            continue  # they have a limit of their own
        limits = call.properties.get("limits")
        none = (limits.fields or {}).get("files") if limits is not None else None
        if none is not None and none.consts == (0,):
            continue  # fields of forms only
        if "size" in call.properties or (limits is not None and limits.fields is None) or _takes_none(call):
            continue
        if not call.args or call.args[0].fields is not None or call.args[0].consts is not None:
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": dotted(getattr(call.node, "func", None))},
            )
    if any(mentions(source, _BOUNDS) for source in context.program.sources()):
        return
    for call in context.seen.calls.values():
        name = call.role.name.rpartition(".")[2]
        whole = (
            name == "read"
            and "size" in call.role.named
            and "size" not in call.properties
            and call.role.source == "http.upload"
        )
        saved = name == "save" and call.role.name.endswith("FileStorage.save")
        if (whole or saved) and call.unit.language == "python":
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": dotted(getattr(call.node, "func", None))},
                confidence=Confidence.MEDIUM,
            )
