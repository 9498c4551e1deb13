"""Services that the program lists itself, asked one after the other in a loop (PERF207)."""

from collections.abc import Callable, Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext

_ROUNDS = ir.For | ir.While | ir.Lambda | ir.Comprehension
_COLLECTS = frozenset({"push", "append", "add", "set", "unshift"})


def one_by_one(context: CodeContext, seen: Survey, is_read: Callable[[Spot, str], bool]) -> Iterator[Match]:
    """`for carrier in CARRIERS: quotes.append(await quote(carrier))`: the rounds only keep what each gives."""
    told: set[int] = set()
    for spot in [*seen.of("http.request"), *seen.reaches]:
        loop = spot.path[-1] if spot.path else None
        loop = next((one for one in reversed(spot.path) if isinstance(one, _ROUNDS)), loop)
        if not isinstance(loop, ir.For | ir.Comprehension) or id(loop) in told or loop.is_async:
            continue
        reaches_far = spot.reach is None or "http.request" in spot.reach.acts
        if not reaches_far or is_by_hand(spot.unit, spot.info) or not is_read(spot, context.program.language):
            continue
        if isinstance(loop, ir.Comprehension):
            target, over, _ = loop.clauses[0]
            only = isinstance(loop.element, ir.Await) and loop.element.value is spot.node and len(loop.clauses) == 1
        else:
            target, over, only = loop.target, loop.iterable, _only_keeps(loop, spot)
        items = _listed(over, spot.unit)
        # Each of several objects asks a service of its own: `carrier.quote(parcel)`.
        each = spot.unit.language == "python" and _is_called_on(spot, target)
        if only and (len(items) > 1 or each) and names_in(spot.node) & names_in(target):
            told.add(id(loop))
            place = context.location(spot.unit, spot.node)
            yield Match(
                location=place,
                values={"count": len(items) or "n", "first": short(context.text(spot.unit, spot.node))},
                steps=((place, "step_await"),),
            )


def _is_called_on(spot: Spot, target: ir.Expr) -> bool:
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    held = func.value if isinstance(func, ir.Attr) else None
    return isinstance(held, ir.Name) and isinstance(target, ir.Name) and held.id == target.id


def _listed(over: ir.Expr, unit: Unit) -> list[ir.Expr]:
    """The items of a list or table of constants that stands in the loop or at the top level of the file."""
    if isinstance(over, ir.Call) and isinstance(over.func, ir.Attr) and over.func.name in ("items", "values"):
        over = over.func.value
    if isinstance(over, ir.Name):
        made = [
            one.value
            for one in within(*unit.module.body)
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == over.id
        ]
        over = made[0] if len(made) == 1 and made[0] is not None else over
    if isinstance(over, ir.Cast):
        over = over.value
    if isinstance(over, ir.Mapping):
        return [value for _, value in over.pairs if isinstance(value, ir.Const)]
    items = over.items if isinstance(over, ir.Sequence) else []
    return items if all(isinstance(one, ir.Const | ir.Mapping | ir.Attr) for one in items) else []


def _only_keeps(loop: ir.For, spot: Spot) -> bool:
    """Whether a round does nothing but to wait and to keep what came, which the next round does not look at."""
    waiting = [one for one in within(*loop.body) if isinstance(one, ir.Await)]
    if len(waiting) != 1 or waiting[0].value is not spot.node or not 1 <= len(loop.body) <= 2:
        return False
    if any(isinstance(one, ir.Return | ir.Break | ir.Throw | ir.If | ir.Try) for one in within(*loop.body)):
        return False
    last = loop.body[-1]
    if isinstance(last, ir.Assign):
        return isinstance(last.target, ir.Index) and not names_in(last.target.value) & names_in(spot.node)
    call = last.value if isinstance(last, ir.Do) else None
    return (
        isinstance(call, ir.Call)
        and isinstance(call.func, ir.Attr)
        and name_of(call.func) in _COLLECTS
        and not names_in(call.func.value) & names_in(spot.node)
    )
