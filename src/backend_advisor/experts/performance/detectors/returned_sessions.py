"""Sessions that a dependency of FastAPI returns instead of lending them: nobody closes them (part of PERF209)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, of_kind, within
from backend_advisor.experts.performance.detectors.dependencies import dependencies
from backend_advisor.experts.performance.detectors.surroundings import short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext


def returned_sessions(context: CodeContext) -> Iterator[Match]:
    """`def get_db(): db = SessionLocal(); return db`, which handlers take by `Depends(get_db)`."""
    if context.program.language != "python":
        return
    spots = [spot for spot in survey(context).of("db.session") if spot.info is not None and spot.call is not None]
    asked = {id(info) for info in dependencies(context.program)} if spots else set()
    for spot in spots:
        info = spot.info
        if info is None or id(info) not in asked or not _is_returned(spot, info) or _is_closed_by_takers(context, info):
            continue
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"name": _held(spot) or info.node.name, "call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.HIGH if spot.call is not None and spot.call.certain else Confidence.MEDIUM,
        )


def _held(spot: Spot) -> str:
    around = spot.path[-1] if spot.path else None
    return around.target.id if isinstance(around, ir.Assign) and isinstance(around.target, ir.Name) else ""


def _is_returned(spot: Spot, info: FunctionInfo) -> bool:
    """Whether the session leaves the function for good: a generator would close it after its `yield`."""
    if any(isinstance(one, ir.Yield) for one in in_body(info.node)):
        return False
    name = _held(spot)
    return any(
        one.value is spot.node or (bool(name) and isinstance(one.value, ir.Name) and one.value.id == name)
        for one in of_kind(info.node, ir.Return)
    )


def _is_closed_by_takers(context: CodeContext, dependency: FunctionInfo) -> bool:
    """Whether some function that is given the session closes it, or lends it by a `with`."""
    for info in context.program.functions():
        for param in info.node.params:
            notes = [param.default, *(param.type.metadata if param.type is not None else ())]
            asked = (one.args[0] for one in notes if isinstance(one, ir.Call) and one.args)
            if all(name_of(one) != dependency.node.name for one in asked):
                continue
            for node in in_body(info.node):
                if isinstance(node, ir.Call) and name_of(node.func) == "close" and _is_on(node, param.name):
                    return True
                if isinstance(node, ir.With) and any(_names(item, param.name) for item, _ in node.items):
                    return True
    return False


def _is_on(call: ir.Call, name: str) -> bool:
    return isinstance(call.func, ir.Attr) and _names(call.func.value, name)


def _names(expression: ir.Expr, name: str) -> bool:
    return any(isinstance(one, ir.Name) and one.id == name for one in within(expression))
