"""Functions that save one row: of JavaScript by an ORM, which `save` does not tell from changing one, of Java by a
statement that is all they do (PERF203)."""

from typing import Literal

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import in_body, name_of, names_in
from backend_advisor.experts.performance.detectors.how_many import is_over_rows
from backend_advisor.experts.performance.detectors.loops import Round, many
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_SHORT = 4
_MAKES = frozenset({"create", "build", "hydrate"})


def is_row_saved(there: CallSeen, spot: Spot, seen: Survey) -> bool:
    """Whether a function that is called in a loop saves a row that it makes, or the row that the loop gives it."""
    if "orm.save" not in there.role.does or spot.unit.language not in ("javascript", "typescript"):
        return False
    loop = many(spot)
    saved = _row_saved(there, spot, loop) if loop is not None else None
    return saved == "new" or (saved == "item" and loop is not None and is_over_rows(loop, spot, seen))


def only_writes(there: CallSeen, callee: FunctionInfo, seen: Survey) -> bool:
    """Whether a short function of Java does nothing but to change one row, so that a loop over it is a loop over
    statements: what a function does besides its work of another kind is not meant."""
    if callee.unit.language != "java" or there.info is not callee or kind_of(there) != "write":
        return False
    if len(callee.node.body) > _SHORT or any(isinstance(one, ir.If | ir.Try | ir.Switch) for one in callee.node.body):
        return False
    acts = [one for one in seen.inside.get(id(callee), ()) if one.reach is not None or one.call is not None]
    asking = [one for one in acts if one.reach is not None or "db.query" in (one.call.role.does if one.call else ())]
    return len(asking) == 1


def _row_saved(there: CallSeen, spot: Spot, loop: Round) -> Literal["new", "item"] | None:
    callee = spot.reach.callee if spot.reach is not None else None
    node = there.node
    if callee is None or there.info is not callee:
        return None
    if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr):
        return None
    row = node.args[-1] if node.args and not isinstance(node.args[-1], ir.Const) else node.func.value
    if isinstance(row, ir.Mapping):
        return "new"
    if not isinstance(row, ir.Name):
        return None
    place = next((n for n, param in enumerate(callee.node.params) if param.name == row.id), None)
    if place is not None:
        given = spot.node.args if isinstance(spot.node, ir.Call) else []
        return "item" if place < len(given) and names_in(given[place]) & loop.names else None
    made = [
        one.value
        for one in in_body(callee.node)
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == row.id
    ]
    return "new" if made and all(_is_new(one) for one in made) else None


def _is_new(value: ir.Expr | None) -> bool:
    """`new Attendance()`, `repository.create({ … })`, `{ … }`."""
    if isinstance(value, ir.Call):
        return value.new or name_of(value.func) in _MAKES
    return isinstance(value, ir.Mapping)
