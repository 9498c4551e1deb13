"""How sure it is that the rows of a loop can be written together."""

import re

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.performance.detectors.loops import Round
from backend_advisor.experts.performance.detectors.rounds import done_in
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

UNIT_OF_WORK = re.compile(
    r"^(?:javax|jakarta)\.persistence\.EntityManager\.|^org\.hibernate\.|^sqlalchemy\.\S*[sS]ession\.(?:add|delete|merge)$"
)
"""Writes that are kept until the flush, which sends them in batches."""
_KEPT_IN_TRANSACTION = "org.springframework.data.repository.Repository.save"
"""A write that is kept until the flush where a transaction is open, and makes one of its own elsewhere."""
_OR_CREATES = frozenset({"get_or_create", "update_or_create", "findOrCreate", "firstOrCreate", "updateOrCreate"})
"""They ask first, row by row, and no statement for many rows does the same."""


def sureness_of_write(context: CodeContext, spot: Spot, loop: Round, kind: str) -> Confidence:
    """How sure it is that the rows can be written together."""
    call = spot.call
    if call is None or UNIT_OF_WORK.match(call.role.name) or (kind == "write" and _does_more(spot, loop)):
        return Confidence.LOW
    if (
        _goes_on_with_row(spot, loop)
        or name_of(spot.node.func if isinstance(spot.node, ir.Call) else None) in _OR_CREATES
    ):
        return Confidence.LOW  # rows written together are not there yet when the round goes on with one
    javascript = spot.unit.language in ("javascript", "typescript")
    if kind == "write" and (javascript or not statement_text(call)) and not call.role.name.endswith(".save"):
        return Confidence.LOW  # what each row is given, or what goes with it, is mostly another in each round
    if call.role.name == _KEPT_IN_TRANSACTION and spot.info is not None and _is_in_transaction(spot.info):
        return Confidence.LOW
    if call.role.name in ("*.save", "django.db.models.Model.save") and _own_save(context):
        return Confidence.LOW
    return Confidence.HIGH if call.certain and kind == "insert" else Confidence.MEDIUM


def _goes_on_with_row(spot: Spot, loop: Round) -> bool:
    """Whether the round goes on with a row that it wrote: `order = Order.objects.create(…); add_lines(order)`."""
    written = name_of(spot.node.func) if isinstance(spot.node, ir.Call) else ""
    body = list(within(*done_in(loop)))
    for one in body:
        value = one.value if isinstance(one, ir.Assign) else None
        value = value.value if isinstance(value, ir.Await | ir.Cast) else value
        if not isinstance(one, ir.Assign) or not isinstance(one.target, ir.Name) or not isinstance(value, ir.Call):
            continue
        wrote = value is spot.node or name_of(value.func) == written
        if wrote and any(isinstance(n, ir.Name) and n.id == one.target.id and n.start > one.end for n in body):
            return True
    return False


def _is_in_transaction(info: FunctionInfo) -> bool:
    """Whether a method runs in a transaction: it says so, or is a private one of a class whose methods do."""
    while info.outer is not None:
        info = info.outer
    if "db.transaction" in info.marks:
        return True
    private = "private" in info.node.modifiers and info.owner is not None
    several = info.owner.methods.values() if private and info.owner is not None else ()
    return any("db.transaction" in one.marks for methods in several for one in methods)


def _own_save(context: CodeContext) -> bool:
    """Whether models of the program do something of their own when they are saved, which writing in bulk leaves out."""
    return any(
        "save" in one.methods and any("Model" in base for base in one.bases or ())
        for one in context.program.classes.values()
    )


def _does_more(spot: Spot, loop: Round) -> bool:
    """Whether other methods of the item run in the round: an object that looks after itself is saved one by one."""
    held = spot.node.func.value if isinstance(spot.node, ir.Call) and isinstance(spot.node.func, ir.Attr) else None
    if not isinstance(held, ir.Name) or not isinstance(loop.node, ir.For):
        return False
    return any(
        isinstance(one, ir.Call)
        and one is not spot.node
        and isinstance(one.func, ir.Attr)
        and isinstance(one.func.value, ir.Name)
        and one.func.value.id == held.id
        for one in within(*loop.node.body)
    )
