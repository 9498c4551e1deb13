"""Tokens that a program takes apart itself: the middle part of three, Base64 undone, read as JSON."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.searching import mentions
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.facts import Facts
from backend_advisor.experts.security.detectors.reading import behind, definitions
from backend_advisor.experts.security.detectors.words import dotted

_DECODES = re.compile(
    r"^(?:url_?safe_?)?(?:b64|base64)?_?(?:url)?_?decode\w*$|^atob$|^from$|^decode\w*$", re.IGNORECASE
)
_READS_JSON = re.compile(
    r"^(?:loads|parse\w*|readTree|readValue|fromJson|JSONObject|toBean|parseObj|parseObject|readMap)$"
)
_DOTS = frozenset({".", "\\.", "[.]"})
_PAYLOAD = 1
_SIGNATURE = 2
_CHECKING = frozenset({"jwt.verify", "hmac.verify", "crypto.sign", "compare.constant_time"})
_SHAPE = (b"split",)


def decoded_payloads(info: FunctionInfo, facts: Facts) -> Iterator[ir.Call]:
    """The calls that undo the Base64 of a token's payload in a function that looks at no signature."""
    source = info.unit.module.source[info.node.start : info.node.end]
    if not mentions(source, _SHAPE) or not mentions(source.lower(), (b"decode", b"atob", b"base64")):
        return
    nodes = list(in_whole(info.node))
    if not any(isinstance(one, ir.Call) and _READS_JSON.match(_last(one)) for one in nodes):
        return
    defined = definitions(info.node.body)
    payloads = {name for one in nodes if isinstance(one, ir.Assign) for name in _unpacked(one, _PAYLOAD, defined)}
    if facts.acts(info) & _CHECKING or _looks_at_signature(nodes, defined):
        return
    undone = (one for one in nodes if isinstance(one, ir.Call) and one.args and _DECODES.match(_last(one)))
    for one in undone:
        if any(_is_payload(part, payloads, defined) for part in behind(one.args[0], defined)):
            yield one
            break


def _is_payload(part: ir.Node, payloads: set[str], defined: dict[str, list[ir.Expr]]) -> bool:
    return (isinstance(part, ir.Name) and part.id in payloads) or _is_part(part, _PAYLOAD, defined)


def _is_part(part: ir.Node, number: int, defined: dict[str, list[ir.Expr]]) -> bool:
    """`token.split(".")[1]`, also behind a variable."""
    return (
        isinstance(part, ir.Index)
        and isinstance(part.key, ir.Const)
        and part.key.value == number
        and _is_split(part.value, defined)
    )


def _is_split(value: ir.Expr | None, defined: dict[str, list[ir.Expr]]) -> bool:
    if isinstance(value, ir.Name):
        return any(_is_split(one, {}) for one in defined.get(value.id, ()))
    first = value.args[0] if isinstance(value, ir.Call) and _last(value) == "split" and value.args else None
    return isinstance(first, ir.Const) and first.value in _DOTS


def _unpacked(node: ir.Assign, number: int, defined: dict[str, list[ir.Expr]]) -> Iterator[str]:
    """`header, payload, signature = token.split(".")`."""
    target = node.target
    if isinstance(target, ir.Sequence) and len(target.items) > number and _is_split(node.value, defined):
        item = target.items[number]
        if isinstance(item, ir.Name):
            yield item.id


def _looks_at_signature(nodes: list[ir.Node], defined: dict[str, list[ir.Expr]]) -> bool:
    signatures = {name for one in nodes if isinstance(one, ir.Assign) for name in _unpacked(one, _SIGNATURE, defined)}
    used = [one for one in nodes if isinstance(one, ir.Name) and one.id in signatures]
    return len(used) > len(signatures) or any(_is_part(one, _SIGNATURE, defined) for one in nodes)


def _last(call: ir.Call) -> str:
    return dotted(call.func).rpartition(".")[2]
