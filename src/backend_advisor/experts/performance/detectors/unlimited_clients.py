"""Clients whose limit is switched off, and those that are made in view without one (parts of PERF211)."""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import Program
from backend_advisor.code.searching import mentions
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.code.values import Value
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.rules.registry import CodeContext

_STREAMS = (
    b"eventsource",
    b"event-stream",
    b"websocket",
    b"aiter_",
    b"iter_lines",
    b"longpoll",
    b"long_poll",
    b".stream(",
)
"""What waits on purpose for something that comes when it comes."""
_SET_LATER = (b"setrequestfactory", b"setreadtimeout", b"customizer")
_WITHOUT_DEFAULT = frozenset({"smtplib", "poplib", "imaplib"})
"""Connections of Python's own library, which wait for ever unless a program limits them."""
BASES = frozenset({"baseURL", "baseUrl", "prefixUrl"})
"""Options that say what the addresses of a client begin with."""
_SESSION_WITH_LIMIT = re.compile(
    rb"class \w+\((?:\w+\.)*(?:HTTPAdapter|Session)\):(?:(?!\nclass )[\s\S])*?timeout|"
    rb"partial\(\s*[\w.]+\.request,[^)]*timeout"
)
_ADAPTS = re.compile(rb"\.mount\(|partial\(\s*[\w.]+\.request,")
_MADE: "WeakKeyDictionary[Program, dict[tuple[str, str], list[Spot]]]" = WeakKeyDictionary()


def switched_off(context: CodeContext) -> Iterator[CallSeen]:
    """Calls that set a client's limit to none: `AsyncClient(timeout=None)`, `readTimeout(Duration.ZERO)`."""
    for call in context.seen.calls.values():
        value = call.properties.get("timeout") if "http.request" not in call.role.does else None
        if value is None or not call.certain or "db.pool" in call.role.does or not _is_none(call, value):
            continue
        yield call


def _is_none(call: CallSeen, value: Value) -> bool:
    if call.unit.language == "python":
        return value.consts == (None,) and ("http.client" in call.role.does or call.role.name == "httpx.Timeout")
    if call.unit.language == "java":
        return value.consts == (0,) or (value.name is not None and value.name.endswith("Duration.ZERO"))
    return False


def client_of(call: CallSeen) -> str:
    """Whose client it is that is limited: in Python its package's, of which a file of roles holds several."""
    return call.role.name.partition(".")[0] if call.unit.language == "python" else call.role.framework


def has_session_with_limit(program: Program) -> bool:
    """Whether the program gives sessions of `requests`, which have no setting for it, a limit by a class of its own."""
    return program.language == "python" and any(map(_SESSION_WITH_LIMIT.search, program.sources()))


def makes_plain_session(call: CallSeen) -> bool:
    """Whether a file makes sessions of `requests` as they come: without an adapter that knows a limit."""
    source = call.unit.module.source
    return call.role.name.startswith("requests.") and b"requests.Session()" in source and not _ADAPTS.search(source)


def waits_for_streams(call: CallSeen) -> bool:
    """Whether the file waits for events on purpose."""
    return mentions(call.unit.module.source, _STREAMS)


def connections(context: CodeContext) -> Iterator[Spot]:
    """Connections to mail servers by Python's own library."""
    for spot in survey(context).of("resource.open"):
        if spot.call is not None and spot.call.role.name.partition(".")[0] in _WITHOUT_DEFAULT:
            yield spot


def is_made_unlimited(context: CodeContext, spot: Spot) -> bool:
    """Whether the client that a request is made by is made in the same file with nothing that could limit it."""
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    holder = func.value if isinstance(func, ir.Attr) else None
    made = _made(context).get((spot.unit.path, name_of(holder)), []) if holder is not None else []
    return bool(made) and all(_has_no_limit(one) for one in made)


def asks_another_host(context: CodeContext, spot: Spot) -> bool:
    """Whether what is asked stands below the host that the client was made with: `axios.create({ baseURL: env.X })`."""
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    holder = func.value if isinstance(func, ir.Attr) else None
    if holder is None:
        return False
    imported = spot.unit.imports.get(holder.id) if isinstance(holder, ir.Name) else None
    found = context.program.locate(imported, spot.unit) if imported is not None else None
    made = _made(context).get(((found or spot.unit).path, name_of(holder)), [])
    return bool(made) and all(_names_host(one) for one in made)


def _names_host(made: Spot) -> bool:
    options = made.node.args[0] if isinstance(made.node, ir.Call) and made.node.args else None
    if isinstance(options, ir.Name):
        kept = [one for one in made.unit.module.body if isinstance(one, ir.Assign)]
        options = next((one.value for one in kept if getattr(one.target, "id", "") == options.id), None)
    for key, value in options.pairs if isinstance(options, ir.Mapping) else ():
        if isinstance(key, ir.Const) and key.value in BASES:
            return not isinstance(value, ir.Const) or not str(value.value).startswith("/")
    return False


def _made(context: CodeContext) -> dict[tuple[str, str], list[Spot]]:
    known = _MADE.get(context.program)
    if known is None:
        known = _MADE[context.program] = {}
        for spot in survey(context).of("http.client"):
            kept = next((one for one in reversed(spot.path) if isinstance(one, ir.Assign | ir.Field)), None)
            name = kept.name if isinstance(kept, ir.Field) else name_of(kept.target) if kept is not None else ""
            known.setdefault((spot.unit.path, name), []).append(spot)
    return known


def _has_no_limit(made: Spot) -> bool:
    """`new RestTemplate()`, `new RestTemplate(new SimpleClientHttpRequestFactory())`."""
    if made.call is None or "timeout" not in made.call.role.named or not isinstance(made.node, ir.Call):
        return False
    if made.unit.language == "java" and not made.node.new:
        return False  # what a builder was told before stands elsewhere
    given = [*made.node.args, *(value for _, value in made.node.keywords)]
    plain = all(isinstance(one, ir.Const) or (isinstance(one, ir.Call) and one.new and not one.args) for one in given)
    stated = (value.consts for name, value in made.call.properties.items() if "timeout" in name)
    return plain and all(one in (None, (None,)) for one in stated) and not mentions(made.unit.module.source, _SET_LATER)
