"""How many rows a read of JavaScript gives, where the client alone says it: `take: Number(req.query.size) || 20`."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.options import Options
from backend_advisor.experts.performance.detectors.survey import Spot

_LIMITS = ("take", "limit", "first")
_READS_NUMBER = frozenset({"Number", "parseInt", "parseFloat", "String", "toString", "trim"})
_CAPPED = re.compile(rb"(?i)\bmax\w*\s*[(:]|\.lte\(|@Max\b|clamp")
"""What a schema or a rule of the same file caps a number by."""
_COMPARES = frozenset({"<", "<=", ">", ">="})


def size_of_client(spot: Spot, options: Options) -> ir.Expr | None:
    """The limit of a read that is as large as the client says; None where something may cap it."""
    if spot.info is None or _CAPPED.search(spot.unit.module.source):
        return None
    for size in (*_in_options(options), *_chained(spot)):
        if _is_clients(size, spot, 3):
            return size
    return None


def _in_options(options: Options) -> Iterator[ir.Expr]:
    yield from (options.given[name] for name in _LIMITS if name in options.given)


def _chained(spot: Spot) -> Iterator[ir.Expr]:
    """`Post.find().limit(size)`."""
    for node in reversed(spot.path):
        if not isinstance(node, ir.Attr | ir.Call):
            return
        if isinstance(node, ir.Call) and name_of(node.func) in _LIMITS and len(node.args) == 1:
            yield node.args[0]


def _is_clients(size: ir.Expr, spot: Spot, depth: int) -> bool:
    """Whether a number is what the query string says, or a default where it says none."""
    if isinstance(size, ir.Cast):
        return _is_clients(size.value, spot, depth)
    if isinstance(size, ir.Unary):
        return size.op == "+" and _is_clients(size.operand, spot, depth)
    if isinstance(size, ir.Logic):
        first, *others = size.operands
        return size.op != "and" and _is_clients(first, spot, depth) and all(isinstance(one, ir.Const) for one in others)
    if isinstance(size, ir.Call):
        if name_of(size.func) not in _READS_NUMBER:
            return False
        inner = size.args[0] if size.args else size.func.value if isinstance(size.func, ir.Attr) else None
        return inner is not None and _is_clients(inner, spot, depth)
    if isinstance(size, ir.Attr | ir.Index):
        return _is_query(size.value)
    return isinstance(size, ir.Name) and depth > 0 and _is_from_query(size.id, spot, depth - 1)


def _is_query(holder: ir.Expr) -> bool:
    """`req.query`, `ctx.request.query`."""
    return isinstance(holder, ir.Attr) and holder.name == "query"


def _is_from_query(name: str, spot: Spot, depth: int) -> bool:
    """Whether a variable is made of the query string, once, and compared with nothing."""
    given: list[bool] = []
    for node in in_body(spot.info.node) if spot.info is not None else ():
        if isinstance(node, ir.Binary) and node.op in _COMPARES and _uses(node, name):
            return False
        if isinstance(node, ir.Assign) and node.value is not None:
            if isinstance(node.target, ir.Name) and node.target.id == name:
                given.append(_is_clients(node.value, spot, depth))
            elif not isinstance(node.target, ir.Name | ir.Attr | ir.Index) and _uses(node.target, name):
                given.append(_is_query(node.value))
    return given == [True]


def _uses(node: ir.Node, name: str) -> bool:
    return any(isinstance(one, ir.Name) and one.id == name for one in within(node))
