"""Headers that a program writes itself and that allow other origins than its own together with cookies (part of
SEC313)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.searching import mentions
from backend_advisor.code.tree import in_whole, of_kind, within
from backend_advisor.experts.security.detectors.allowed_origins import alike_by_hand
from backend_advisor.experts.security.detectors.reading import behind, definitions
from backend_advisor.experts.security.detectors.words import dotted, identifiers
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ALLOWS = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_ORIGIN = re.compile(r"(?i)^(?:http_)?origin$")
_ASKING = frozenset({"in", "not in", "==", "!="})
_READS = frozenset({"get", "getlist", "get_all"})
_READS_HEADER = frozenset({"get", "header"})
_SETS = frozenset({"setHeader", "set", "header", "append"})


@detects_in_code("SEC313")
def reflected_in_headers(context: CodeContext) -> Iterator[Match]:
    """`{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}` of the request's origin."""
    if context.program.language != "python":
        return
    for unit in context.program.units.values():
        if not mentions(unit.module.source, (_CREDENTIALS.encode(),)) or is_test(unit.path):
            continue
        for info in unit.functions:
            for mapping in of_kind(info.node, ir.Mapping):
                value = _reflected(mapping, info.node)
                if value is not None:
                    yield Match(location=context.location(unit, value), values={"origin": "Origin"})


def _reflected(mapping: ir.Mapping, function: ir.Function) -> ir.Expr | None:
    """The value that allows whichever origin asks, where cookies are allowed too and nothing asks which it is."""
    pairs = {
        one.value.lower(): value
        for one, value in mapping.pairs
        if isinstance(one, ir.Const) and isinstance(one.value, str)
    }
    value, credentials = pairs.get(_ALLOWS), pairs.get(_CREDENTIALS)
    if value is None or str(getattr(credentials, "value", "")).lower() != "true":
        return None
    defined = definitions(function.body)
    if not any(_is_origin(part) for part in behind(value, defined)):
        return None
    names = identifiers(value) | {name for name, given in defined.items() if any(map(_is_origin, within(*given)))}
    return None if any(_asks(node, names) for node in in_whole(function)) else value


def _is_origin(node: ir.Node) -> bool:
    """`request.headers.get("Origin")`, `request.headers["origin"]`, `request.META["HTTP_ORIGIN"]`."""
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name in _READS and node.args:
        key: ir.Expr | None = node.args[0]
    elif isinstance(node, ir.Index):
        key = node.key
    else:
        return False
    return isinstance(key, ir.Const) and isinstance(key.value, str) and _ORIGIN.match(key.value) is not None


def _asks(node: ir.Node, names: set[str]) -> bool:
    """Whether the origin is compared with something that is no constant, or given to a function that may judge it."""
    if isinstance(node, ir.Binary) and node.op in _ASKING:
        sides = (node.left, node.right)
        return any(names & identifiers(one) for one in sides) and not any(
            isinstance(one, ir.Const) and not one.value for one in sides
        )
    if isinstance(node, ir.Call):
        return dotted(node.func).rpartition(".")[2] not in _READS and any(
            isinstance(one, ir.Name) and one.id in names for one in node.args
        )
    return False


@detects_in_code("SEC313")
def alike_in_headers(context: CodeContext) -> Iterator[Match]:
    """`if (/shop\\.com$/.test(origin)) res.setHeader("Access-Control-Allow-Origin", origin)` together with cookies."""
    if context.program.language not in ("javascript", "typescript"):
        return
    wanted = {
        path
        for path, unit in context.program.units.items()
        if mentions(unit.module.source, (_CREDENTIALS.encode(),)) and not is_test(path)
    }
    if not wanted or context.seen is None:  # functions without a name are known once the program has been read
        return
    for info in context.program.functions():
        if info.unit.path not in wanted:
            continue
        headers = dict(_set_headers(info.node))
        value, credentials = headers.get(_ALLOWS), headers.get(_CREDENTIALS)
        if not isinstance(value, ir.Name) or str(getattr(credentials, "value", "")).lower() != "true":
            continue
        if not any(map(_is_read_off_request, definitions(info.node.body).get(value.id, ()))):
            continue
        alike = alike_by_hand(context, info, value.id)
        if alike is not None and alike.startswith("/"):  # a text compared with the end stops no flow, which is told
            yield Match(location=context.location(info.unit, value), values={"origin": alike})


def _set_headers(function: ir.Function) -> Iterator[tuple[str, ir.Expr]]:
    for call in of_kind(function, ir.Call):
        if isinstance(call.func, ir.Attr) and call.func.name in _SETS and len(call.args) == 2:
            name = call.args[0]
            if isinstance(name, ir.Const) and isinstance(name.value, str):
                yield name.value.lower(), call.args[1]


def _is_read_off_request(value: ir.Node) -> bool:
    """`req.headers.origin`, `req.headers["origin"]`, `req.get("Origin")`, `req.header("origin")`."""
    if isinstance(value, ir.Logic):
        return _is_read_off_request(value.operands[0])
    if isinstance(value, ir.Attr):
        return value.name == "origin" and dotted(value.value).endswith("headers")
    key = value.key if isinstance(value, ir.Index) else None
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name in _READS_HEADER:
        key = value.args[0] if value.args else None
    return isinstance(key, ir.Const) and isinstance(key.value, str) and _ORIGIN.match(key.value) is not None
