"""Transactions that a way out of the function leaves open, with their locks and their connection (PERF209)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import children, name_of, names_in, own
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_BEGINS = re.compile(r"(?i)^\s*(?:begin|start\s+transaction)\b")
_ENDS = re.compile(r"(?i)^\s*(?:commit|rollback|end)\b(?!\s+to\b)")
_ENDING = re.compile(
    r"^(?:commit|rollback|abort|end|close|release)(?:Transaction|Session)?(?:_transaction)?$", re.IGNORECASE
)
_LANGUAGES = frozenset({"javascript", "typescript", "java"})


def left_open(context: CodeContext, seen: Survey) -> Iterator[Match]:
    """A return between the beginning of a transaction and its end."""
    if context.program.language not in _LANGUAGES:
        return
    for spot in seen.of("db.transaction", "db.query"):
        name = None if is_by_hand(spot.unit, spot.info) else _begun(spot)
        leaving = _left_by(spot, name, seen) if name is not None and spot.info is not None else None
        if leaving is not None:
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={"name": name or "", "call": short(context.text(spot.unit, spot.node))},
                confidence=Confidence.MEDIUM,
                steps=((context.location(spot.unit, leaving), "step_left"),),
            )


def _begun(spot: Spot) -> str | None:
    """The variable of a transaction that the function begins itself and has to end."""
    node, call = spot.node, spot.call
    if call is None or not isinstance(node, ir.Call) or not call.certain or not isinstance(node.func, ir.Attr):
        return None
    if "db.transaction" not in call.role.does:
        return name_of(node.func.value) or None if _BEGINS.match(statement_text(call)) else None
    if any(isinstance(one, ir.Lambda) for one in node.args) or any(isinstance(one, ir.With) for one in spot.path[-1:]):
        return None
    for around in reversed(spot.path):
        if isinstance(around, ir.Assign):
            return around.target.id if isinstance(around.target, ir.Name) else None
        if isinstance(around, ir.Do):
            return name_of(node.func.value) or None  # `await runner.startTransaction()`
        if not isinstance(around, ir.Await | ir.Cast):
            return None
    return None


def _left_by(spot: Spot, name: str, seen: Survey) -> ir.Return | None:
    """The first way out that ends nothing, of a function that ends its transaction elsewhere."""
    body = _body_around(spot)
    begins = "db.transaction" not in (spot.call.role.does if spot.call is not None else ())
    ends = [one for one in own(*body) if isinstance(one, ir.Call) and _is_end(one, name, seen, of_text=begins)]
    after = [one for one in ends if one.start > spot.node.end]
    if not after or name in _handed_on(body):
        return None
    ending = {id(one) for one in ends}
    parents = {id(child): node for node in own(*body) for child in children(node)}
    if any(_is_final(one, parents) for one in after):
        return None
    last = max(one.start for one in after if not _is_in_handler(one, parents)) if after else 0
    for leaving in own(*body):
        between = isinstance(leaving, ir.Return) and spot.node.end < leaving.start < last
        if isinstance(leaving, ir.Return) and between and not _is_ended(leaving, spot, ending, parents, body):
            return leaving
    return None


def _body_around(spot: Spot) -> list[ir.Stmt]:
    for node in reversed(spot.path):
        if isinstance(node, ir.Function):
            return node.body
    return spot.info.node.body if isinstance(spot.info, FunctionInfo) else []


def _is_end(call: ir.Call, name: str, seen: Survey, *, of_text: bool) -> bool:
    if of_text:
        spot = seen.spots.get(id(call))
        return spot is not None and spot.call is not None and _ENDS.match(statement_text(spot.call)) is not None
    return isinstance(call.func, ir.Attr) and name_of(call.func.value) == name and bool(_ENDING.match(call.func.name))


def _handed_on(body: list[ir.Stmt]) -> set[str]:
    """What is given back or kept: somebody else ends it."""
    found: set[str] = set()
    for one in own(*body):
        value = one.value if isinstance(one, ir.Return) else None
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Attr | ir.Index):
            value = one.value
        if isinstance(value, ir.Name | ir.Mapping | ir.Sequence):
            found |= names_in(value)
    return found


def _is_final(call: ir.Call, parents: dict[int, ir.Node]) -> bool:
    node: ir.Node | None = call
    while node is not None:
        around = parents.get(id(node))
        if isinstance(around, ir.Try) and any(one is node for one in around.final):
            return True
        node = around
    return False


def _is_in_handler(call: ir.Call, parents: dict[int, ir.Node]) -> bool:
    node: ir.Node | None = call
    while node is not None:
        if isinstance(node, ir.Handler):
            return True
        node = parents.get(id(node))
    return False


def _is_ended(
    leaving: ir.Return, spot: Spot, ending: set[int], parents: dict[int, ir.Node], body: list[ir.Stmt]
) -> bool:
    """Whether an end stands before a way out, wherever the function came from: in its own block or one around it."""
    if any(id(one) in ending for one in own(leaving)):
        return True
    node: ir.Node = leaving
    while node is not None:
        around = parents.get(id(node))
        block = _block_of(around, node) if around is not None else body
        for one in block:
            if one is node:
                break
            if one.start > spot.node.start and _certainly(one, ending):
                return True
        if around is None:
            return False
        node = around
    return False


def _block_of(around: ir.Node, node: ir.Node) -> list[ir.Stmt]:
    for name in ("body", "then", "otherwise", "final"):
        block = getattr(around, name, None)
        if isinstance(block, list) and any(one is node for one in block):
            return block
    return []


def _certainly(statement: ir.Stmt, ending: set[int]) -> bool:
    """Whether a statement ends the transaction in any case; what stands in a branch may be passed by."""
    if isinstance(statement, ir.If | ir.For | ir.While):
        return isinstance(statement, ir.If) and all(
            any(_certainly(one, ending) for one in way) for way in (statement.then, statement.otherwise)
        )
    if isinstance(statement, ir.Try):
        return any(_certainly(one, ending) for one in statement.body)
    return any(id(one) in ending for one in own(statement))
