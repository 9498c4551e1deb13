"""Java's methods of interfaces that are statements: handed over by name, `ids.stream().map(orders::findById)`, and how
far from a loop they are called."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import within
from backend_advisor.experts.performance.detectors.loops import Round, by_name
from backend_advisor.experts.performance.detectors.rounds import is_list_of_request, is_little, is_small_in_java
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.sure_writes import sureness_of_write
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, asks_by_name, handed_over
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext


@dataclass(frozen=True, slots=True)
class Referenced:
    """A method of a repository or a mapper that is handed over to be run for each item."""

    spot: Spot
    loop: Round
    confidence: Confidence


def is_far_statement(program: Program, there: CallSeen, called: FunctionInfo) -> bool:
    """Whether a statement of an interface is run neither by the function itself that a loop calls, nor by another one
    of its class: layers below it, which of several ways leads there is an accident."""
    if there.role.name not in program.roles.decorators or there.info is called:
        return False
    return called.owner is None or there.info is None or there.info.owner is not called.owner


def _behind_name(given: ir.Expr, spot: Spot) -> ir.Expr:
    """What a variable holds that is handed over: `Predicate<String> known = items::existsBySku`."""
    if not isinstance(given, ir.Name):
        return given
    held = [
        one.value
        for one in within(*spot.path[:1])
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == given.id
    ]
    return held[0] if len(held) == 1 and isinstance(held[0], ir.Reference) else given


def references(context: CodeContext, seen: Survey, wanted: str) -> Iterator[Referenced]:
    """Every reference that reads (`wanted` is "read") or writes a row in each round."""
    for spot in seen.callbacks:
        given = _behind_name(handed_over(spot.node), spot) if isinstance(spot.node, ir.Call) else None
        loop = by_name(spot) if isinstance(given, ir.Reference) else None
        if loop is None or not isinstance(given, ir.Reference) or is_by_hand(spot.unit, spot.info):
            continue
        there = next(
            (one for one in seen.at.get((spot.unit.path, given.start), ()) if "db.query" in one.role.does), None
        )
        kind = (
            kind_of(there) if there is not None else "read" if asks_by_name(context.program, spot, given) else "other"
        )
        little = is_little(spot, loop)
        sure = Confidence.MEDIUM
        if wanted == "read" and kind == "read":
            little = little or is_small_in_java(spot, loop)
        elif wanted != "read" and there is not None and kind in ("insert", "write"):
            little = little or is_list_of_request(spot, loop)
            sure = sureness_of_write(context, replace(spot, call=there), loop, kind)
        else:
            continue
        low = little or sure is Confidence.LOW
        yield Referenced(replace(spot, node=given), loop, Confidence.LOW if low else Confidence.MEDIUM)
