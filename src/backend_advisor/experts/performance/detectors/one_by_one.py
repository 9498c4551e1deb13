"""Services that the program lists itself, asked one after the other in a loop (PERF207)."""

from collections.abc import Callable, Iterator

from backend_advisor.code import ir
from backend_advisor.code.constructed import expressions_given
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.seen import Reach
from backend_advisor.code.tree import name_of, names_in, of_kind, own, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext

_FOLLOWED = 4
_WRITTEN = (ir.Const, ir.Mapping, ir.Attr, ir.Sequence, ir.Name, ir.Call)
_GOES_OVER = frozenset({"map", "filter", "entries", "values", "items", "keys", "slice"})
_OF_TABLES = frozenset({"entries", "values"})
_ROUNDS = ir.For | ir.While | ir.Lambda | ir.Comprehension
_COLLECTS = frozenset({"push", "append", "add", "set", "unshift"})


def one_by_one(context: CodeContext, seen: Survey, is_read: Callable[[Spot, str], bool]) -> Iterator[Match]:
    """`for carrier in CARRIERS: quotes.append(await quote(carrier))`: the rounds only keep what each gives."""
    told: set[int] = set()
    for spot in [*seen.of("http.request"), *seen.reaches, *_of_items(context, seen)]:
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
        items = _listed(over, spot.unit, context, spot)
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


def _of_items(context: CodeContext, seen: Survey) -> Iterator[Spot]:
    """`for (const carrier of this.carriers) await carrier.ask(parcel)`, where one class of the program has `ask`."""
    if context.program.language not in ("javascript", "typescript"):
        return
    for info in context.program.functions():
        for loop in of_kind(info.node, ir.For) if info.node.is_async else ():
            for waiting in (one for one in within(*loop.body) if isinstance(one, ir.Await)):
                call = _sent(waiting.value)
                func = call.func if isinstance(call, ir.Call) else None
                item = func.value if isinstance(func, ir.Attr) else None
                if not isinstance(item, ir.Name) or getattr(loop.target, "id", "") != item.id:
                    continue
                if id(call) in seen.reached or id(call) in seen.spots:
                    continue
                called = _only_method(context.program, name_of(func))
                acts = _acts(seen, called) if called is not None else {}
                if called is not None and "http.request" in acts:
                    reach = Reach(info.unit, info, call, called, acts, (loop,))
                    yield Spot(info.unit, info, call, (info.node, loop, waiting), reach=reach)


def _only_method(program: Program, name: str) -> FunctionInfo | None:
    found = [one for owner in program.classes.values() for one in owner.methods.get(name, ()) if one.node.body]
    return found[0] if len(found) == 1 else None


def _acts(seen: Survey, info: FunctionInfo) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for spot in seen.inside.get(id(info), ()):
        acts = spot.call.role.does if spot.call is not None else spot.reach.acts if spot.reach is not None else ()
        found |= dict.fromkeys(acts, (spot.unit.path, spot.node.start))
    return found


def _is_called_on(spot: Spot, target: ir.Expr) -> bool:
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    held = func.value if isinstance(func, ir.Attr) else None
    return isinstance(held, ir.Name) and isinstance(target, ir.Name) and held.id == target.id


def _listed(
    over: ir.Expr, unit: Unit, context: CodeContext, spot: Spot | None = None, depth: int = _FOLLOWED
) -> list[ir.Expr]:
    """The items of a list that the program writes out: in the loop, at the top level of the file, or where it makes the
    object that keeps it."""
    while isinstance(over, ir.Cast | ir.Await):
        over = over.value
    if depth and isinstance(over, ir.Name):
        made = [
            one.value
            for one in within(*unit.module.body)
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == over.id
        ]
        if not made:
            return _imported(over, unit, context, depth - 1)
        return _listed(made[0], unit, context, spot, depth - 1) if len(made) == 1 and made[0] is not None else []
    if depth and isinstance(over, ir.Call) and isinstance(over.func, ir.Attr):
        inner = over.args[0] if over.func.name in _OF_TABLES and over.args else over.func.value
        known = over.func.name in _GOES_OVER or over.func.name in _OF_TABLES
        return _listed(inner, unit, context, spot, depth - 1) if known else []
    if depth and isinstance(over, ir.Attr):
        return _of_field(over, unit, context, spot, depth - 1)
    if isinstance(over, ir.Mapping):
        return [value for _, value in over.pairs] if all(isinstance(key, ir.Const) for key, _ in over.pairs) else []
    items = over.items if isinstance(over, ir.Sequence) else []
    return items if all(isinstance(one, _WRITTEN) for one in items) else []


def _imported(name: ir.Name, unit: Unit, context: CodeContext, depth: int) -> list[ir.Expr]:
    """The list of another file: `import { carriers } from "./carriers"`."""
    statement = unit.imports.get(name.id)
    there = context.program.locate(statement, unit) if statement is not None and statement.name else None
    if there is None or there is unit or statement is None or not statement.name:
        return []
    return _listed(ir.Name(0, 0, statement.name), there, context, None, depth)


def _of_field(over: ir.Attr, unit: Unit, context: CodeContext, spot: Spot | None, depth: int) -> list[ir.Expr]:
    """`this.carriers`, which the class has from the start or is given where it is made."""
    owner = spot.info.owner if spot is not None and spot.info is not None else None
    if owner is None or not isinstance(over.value, ir.Name) or over.value.id not in ("this", "self"):
        return []
    field = owner.fields.get(over.name)
    if field is not None and field.value is not None:
        return _listed(field.value, unit, context, spot, depth)
    given = expressions_given(context.program, owner, over.name)
    found = [_listed(one, there, context, None, depth) for there, one in given if one is not None]
    return found[0] if found and all(found) else []


def _only_keeps(loop: ir.For, spot: Spot) -> bool:
    """Whether a round does nothing but to wait and to keep what came, which the next round does not look at."""
    body = loop.body
    if len(body) == 1 and isinstance(body[0], ir.Try) and not body[0].final and _goes_on(body[0]):
        body = body[0].body
    waiting = [one for one in within(*body) if isinstance(one, ir.Await)]
    if len(waiting) != 1 or _sent(waiting[0].value) is not spot.node or not 1 <= len(body) <= 2:
        return False
    last = body[-1]
    if isinstance(last, ir.If) and len(body) == 2 and len(last.then) == 1 and not last.otherwise:
        last = last.then[0]  # `if (quote) quotes.push(quote)`
    inner = [*body[:-1], last]
    if any(isinstance(one, ir.Return | ir.Break | ir.Throw | ir.If | ir.Try) for one in own(*inner)):
        return False
    if isinstance(last, ir.Assign):
        return isinstance(last.target, ir.Index) and not names_in(last.target.value) & names_in(spot.node)
    call = last.value if isinstance(last, ir.Do) else None
    return (
        isinstance(call, ir.Call)
        and isinstance(call.func, ir.Attr)
        and name_of(call.func) in _COLLECTS
        and not names_in(call.func.value) & names_in(spot.node)
    )


def _goes_on(attempt: ir.Try) -> bool:
    """Whether a failure of one round leaves the others alone."""
    return all(
        not isinstance(one, ir.Return | ir.Break | ir.Throw)
        for handler in attempt.handlers
        for one in within(*handler.body)
    )


def _sent(value: ir.Expr) -> ir.Expr:
    """What is waited for, without what is done about a failure: `carrier.ask(parcel).catch(() => null)`."""
    while isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name in ("catch", "then"):
        value = value.func.value
    return value
