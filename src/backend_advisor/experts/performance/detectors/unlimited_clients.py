"""Clients whose limit is switched off, and those that are made in view without one (parts of PERF211)."""

import re
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import Program
from backend_advisor.code.searching import mentions
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.code.values import Value, known_text
from backend_advisor.experts.performance.detectors.handed_options import BASES, given_to_constructor, names_host
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
_LIMITED_BY_FACTORY = frozenset(
    {"org.springframework.web.client.RestTemplate", "org.springframework.web.client.RestClient.create"}
)
_FACTORIES = frozenset(
    {
        "org.springframework.http.client.SimpleClientHttpRequestFactory",
        "org.springframework.http.client.JdkClientHttpRequestFactory",
        "org.springframework.http.client.HttpComponentsClientHttpRequestFactory",
    }
)
_LIMITS_CLIENT = frozenset(
    {"timeout", "signal", "adapter", "dispatcher", "httpAgent", "httpsAgent", "agent", "transport"}
)
"""Options by which a client, or what it sends its requests through, may have a limit."""
_SESSION_WITH_LIMIT = re.compile(
    rb"class \w+\((?:\w+\.)*(?:HTTPAdapter|Session)\):(?:(?!\nclass )[\s\S])*?timeout|"
    rb"partial\(\s*[\w.]+\.request,[^)]*timeout"
)
_ADAPTS = re.compile(rb"\.mount\(|partial\(\s*[\w.]+\.request,")
_WITHOUT_LIMIT = re.compile(r"axios(?:\.default|\.Axios)?\.create$")
"""Clients of JavaScript that wait for ever unless they are told otherwise; `got` and `ky` have limits of their own."""
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


def _options(spot: Spot) -> Mapping[str | int, Value] | None:
    """What the client was made with that a request is made by, wherever that was; None where not all of it is known."""
    receiver = spot.call.receiver if spot.call is not None else None
    options = (receiver.fields or {}).get("options") if receiver is not None else None
    return options.fields if options is not None and options.rest is None else None


def is_made_unlimited(context: CodeContext, spot: Spot) -> bool:
    """Whether it is known of the client that a request is made by that nothing limits it: by what it was made with, or
    because it is made in the same file."""
    options = _options(spot)
    if options is not None:
        return _LIMITS_CLIENT.isdisjoint(options)
    given = given_to_constructor(context, spot)
    if given:
        return all(_LIMITS_CLIENT.isdisjoint(one) for one in given)
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    holder = func.value if isinstance(func, ir.Attr) else None
    made = _made(context).get((spot.unit.path, name_of(holder)), []) if holder is not None else []
    return bool(made) and all(_has_no_limit(one) for one in made)


def asks_another_host(context: CodeContext, spot: Spot) -> bool:
    """Whether what is asked stands below the host that the client was made with: `axios.create({ baseURL: env.X })`."""
    options = _options(spot)
    base = next((value for key, value in (options or {}).items() if key in BASES), None)
    if base is not None:
        return not (known_text(base)[0] or "").startswith("/")
    given = given_to_constructor(context, spot)
    if given:
        return all(names_host(one) for one in given)
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
    written = options.pairs if isinstance(options, ir.Mapping) else ()
    return names_host({key.value: value for key, value in written if isinstance(key, ir.Const)})


def beans_without_limit(context: CodeContext) -> Iterator[Spot]:
    """Clients that a configuration of Spring makes for the whole program with nothing that limits them:
    `@Bean RestTemplate rest() { return new RestTemplate(factory); }`."""
    if context.program.language != "java":
        return
    for spot in survey(context).of("http.client"):
        info, call = spot.info, spot.call
        if info is None or call is None or not any(name_of(note) == "Bean" for note in info.node.decorators):
            continue
        source = spot.unit.module.source[info.node.start : info.node.end]
        if call.role.name in _LIMITED_BY_FACTORY and not mentions(source, _SET_LATER) and _has_plain_factory(call):
            yield spot


def _has_plain_factory(call: CallSeen) -> bool:
    """Whether a client is made with nothing, or with a factory of Spring that was told no limit."""
    if not isinstance(call.node, ir.Call) or call.node.keywords:
        return False
    return all(
        (one.consts is not None and call.role.name.endswith(".create"))
        or (one.types & _FACTORIES and not (one.fields or {}).keys() & {"timeout", "connect"} and one.rest is None)
        for one in call.args
    ) and len(call.args) == len(call.node.args)


def _made(context: CodeContext) -> dict[tuple[str, str], list[Spot]]:
    known = _MADE.get(context.program)
    if known is None:
        known = _MADE[context.program] = {}
        for spot in survey(context).of("http.client"):
            kept = next((one for one in reversed(spot.path) if isinstance(one, ir.Assign | ir.Field)), None)
            name = kept.name if isinstance(kept, ir.Field) else name_of(kept.target) if kept is not None else ""
            known.setdefault((spot.unit.path, name), []).append(spot)
    return known


def _says_no_limit(made: Spot) -> bool:
    """Whether options that are all written out name nothing that limits."""
    options = made.node.args[0] if isinstance(made.node, ir.Call) else None
    return isinstance(options, ir.Mapping) and all(
        isinstance(key, ir.Const) and key.value not in _LIMITS_CLIENT for key, _ in options.pairs
    )


def _has_no_limit(made: Spot) -> bool:
    """`new RestTemplate()`, `new RestTemplate(new SimpleClientHttpRequestFactory())`, `axios.create({ baseURL })`."""
    if made.call is None or not isinstance(made.node, ir.Call):
        return False
    if made.unit.language not in ("python", "java"):
        return bool(made.node.args) and _WITHOUT_LIMIT.match(made.call.role.name) is not None and _says_no_limit(made)
    if "timeout" not in made.call.role.named:
        return False
    if made.unit.language == "java" and not made.node.new:
        return False  # what a builder was told before stands elsewhere
    given = [*made.node.args, *(value for _, value in made.node.keywords)]
    plain = all(isinstance(one, ir.Const) or (isinstance(one, ir.Call) and one.new and not one.args) for one in given)
    stated = (value.consts for name, value in made.call.properties.items() if "timeout" in name)
    return plain and all(one in (None, (None,)) for one in stated) and not mentions(made.unit.module.source, _SET_LATER)
