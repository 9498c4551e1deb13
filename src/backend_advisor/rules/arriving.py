"""What speaks against a flow though the data comes through: how a request brings it, how often a program does so."""

import re

from backend_advisor.code import ir
from backend_advisor.code.seen import Flow, Handler
from backend_advisor.code.taints import Trail
from backend_advisor.code.tree import in_whole
from backend_advisor.rules.registry import CodeContext

_MOST_ADDRESSES = 6
"""Places that ask an address of the client's from which on to ask such addresses is what the program is for."""
_OF_BODY = re.compile(r"(?:^|\.)(?:req|request|ctx|context)(?:\.request)?\.(?:body|files?)\b|^@Body\b|^body\b")
_FORMS = re.compile(
    rb"urlencoded|formbody|koa-?body|bodyParser\(\)|body-parser['\"]\)\(\)|multipart/form-data|text/plain|\.text\("
)
_OWN_ADDRESS = re.compile(
    rb"\(\s*(?:\d+\s*,\s*)?(?:\w+`/[A-Za-z]|[\w.]*(?:[bB]ase|[rR]oot|[pP]refix)\w*\s*\+\s*['\"]/?\w)"
    rb"|['\"][Ll]ocation['\"]\s*,[^;]*\.baseUrl\b"
)
_PLAIN = re.compile(
    rb"(?i)\s*\.(?:header\(\s*['\"]content-type['\"]\s*,|type\()\s*['\"](?:text/plain|application/(?!xhtml|xml))"
)
_WHITELIST = re.compile(rb"\bwhitelist\s*:\s*true\b")
_JSON = re.compile(rb"(?:express|bodyParser|body_parser)\.json\(")
_JSON_ONLY = re.compile(r"(?i)^(?:\w+\.)*json(?:_?(?:body)?_?parser|_?body)?$")
_PARAMETER = re.compile(r":(?P<name>\w+)(?P<pattern>\([^()]*(?:\([^()]*\)[^()]*)*\))?")
_RESOLVERS = frozenset({"DnsResolver", "Dns", "InetAddressResolver", "SystemDefaultDnsResolver", "NameResolver"})
"""Interfaces of HTTP clients (Apache, OkHttp), of Java and of Netty that look up a host's addresses."""
_ANYTHING = re.compile(r"\.[*+]|\(\*\)|\[\^|/")


class Addresses:
    """The places of a program that ask an address of the client's."""

    def __init__(self) -> None:
        self._entered: set[tuple[str, int, int]] = set()

    def is_another(self, flow: Flow) -> bool:
        """Whether the client's address is asked once more, or in so many places that it is meant to be."""
        first = _first(flow)
        if flow.sink != "url.request" or first is None:
            return False
        place = (first.path, first.start, first.end)
        if place in self._entered or len(self._entered) >= _MOST_ADDRESSES:
            return True
        self._entered.add(place)
        return False


def comes_in_no_link(flow: Flow, text: str, context: CodeContext) -> bool:
    """Whether a page of the client's data is sent for a body that no foreign page can send: JSON, an upload."""
    first = _first(flow)
    if flow.sink != "html.text" or first is None or not _OF_BODY.search(text):
        return False
    unit = context.program.units.get(first.path)
    if unit is None or unit.language not in ("javascript", "typescript"):
        return False
    sources = list(context.program.sources())
    if re.search(r"\bfiles?$", text):
        return True
    if any(map(_JSON.search, sources)) and not any(map(_FORMS.search, sources)):
        return True
    handler = _handler_around(first, context)
    given = handler.node.args[:-1] if handler is not None and isinstance(handler.node, ir.Call) else ()
    return any(_JSON_ONLY.match(_last(one)) for one in given)


def is_looked_up_by_the_program(flow: Flow, context: CodeContext) -> bool:
    """Whether a program of Java resolves hosts itself and refuses some: it turns private addresses away."""
    return (
        flow.sink == "url.request"
        and flow.path.endswith(".java")
        and any(
            any(_last(base) in _RESOLVERS for base in owner.node.bases) and _refuses(owner.node)
            for owner in context.program.classes.values()
        )
    )


def _refuses(owner: ir.Class) -> bool:
    return any(isinstance(one, ir.Throw) for method in owner.methods for one in in_whole(method))


def stays_here(flow: Flow, context: CodeContext) -> bool:
    """Whether the text around the sink says that the answer leads to the program's own pages, or is no page at all.

    A template with a tag of the program's own keeps its beginning: `` redirect(adminUrl`/orders/${id}`) ``.
    """
    unit = context.program.units.get(flow.path)
    if unit is None or unit.language not in ("javascript", "typescript"):
        return False
    written = unit.module.source[flow.start : flow.end]
    if flow.sink == "redirect.url":
        return _OWN_ADDRESS.search(written) is not None
    return flow.sink == "html.text" and _PLAIN.match(unit.module.source, flow.end) is not None


def has_declared_fields(flow: Flow, text: str, context: CodeContext) -> bool:
    """Whether an object to be stored has the fields of a class only: what it does not declare is taken away before.

    So does Nest's validation everywhere when it is told once; and `@Param("id")` is a text, which has no fields.
    """
    if flow.sink != "model.fields" or not text.startswith("@"):
        return False
    if text.startswith("@Param("):
        return True
    return text.startswith("@Body(") and any(map(_WHITELIST.search, context.program.sources()))


def is_held_by_the_route(flow: Flow, text: str, context: CodeContext) -> bool:
    """`/:id([a-f0-9]{24})`: what the route takes for its parameters is no address and no path."""
    first = _first(flow)
    if first is None or not re.search(r"\.params\b", text):
        return False
    handler = _handler_around(first, context)
    path = handler.properties.get("path") if handler is not None else None
    if path is None or not path.consts:
        return False
    function = handler.info.node if handler is not None else None
    source = context.program.units[first.path].module.source[function.start : function.end] if function else b""
    used = _read_of(source.decode("utf-8", "replace"))
    return bool(used) and all(isinstance(one, str) and _holds(one, used) for one in path.consts)


def _read_of(source: str) -> set[str]:
    """The parameters of the route that a handler reads; none when it hands them on as they are."""
    read = set(re.findall(r"\.params\??\.(\w+)", source))
    for names in re.findall(r"\{([^{}]*)\}\s*=\s*\w+\.params\b", source):
        read |= {name.partition(":")[0].strip() for name in names.split(",") if name.strip()}
    return read


def _holds(path: str, used: set[str]) -> bool:
    found = {one["name"]: one["pattern"] for one in _PARAMETER.finditer(path)}
    wanted = [found.get(name) for name in used]
    return all(pattern is not None and _ANYTHING.search(pattern) is None for pattern in wanted)


def _first(flow: Flow) -> Trail | None:
    stations = flow.trail.stations() if flow.trail is not None else []
    return stations[0] if stations else None


def _handler_around(place: Trail, context: CodeContext) -> Handler | None:
    """The innermost handler in which a place lies."""
    around = [
        one
        for one in context.seen.handlers.values()
        if one.info.unit.path == place.path and one.info.node.start <= place.start < one.info.node.end
    ]
    return min(around, key=lambda one: one.info.node.end - one.info.node.start, default=None)


def _last(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Call):
        return _last(expression.func)
    return getattr(expression, "id", "") or getattr(expression, "name", "")
