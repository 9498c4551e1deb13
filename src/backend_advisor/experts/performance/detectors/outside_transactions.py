"""Queries of JavaScript that a function run in a transaction sends past it, on a second connection of the same pool
(part of PERF229): `ds.query(…)` inside `ds.transaction(async (manager) => …)`."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.searching import mentions
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_FOLLOWS = (
    b"usecls", b"@sequelize/core", b"asynclocalstorage", b"nestjs-cls", b"typeorm-transactional", b"cls-hooked",
    b"continuation-local-storage",
)  # fmt: skip
"""What hands an open transaction to every query below it, without an argument."""
_FRAMEWORKS = frozenset({"typeorm", "prisma", "knex", "sequelize", "sql-drivers"})
_LATER = frozenset(
    "setTimeout setImmediate nextTick queueMicrotask afterCommit on once emit add enqueue addJob".split()
)
_WITH_HOLDER = frozenset({"typeorm", "prisma", "knex"})
"""Where a query is sent by the object that holds the pool, or by the transaction."""
_HANDS_ON = frozenset({"this", "self"})


@detects_in_code("PERF229")
def second_connection_in_callback(context: CodeContext) -> Iterator[Match]:
    """A query of the pool itself, awaited by the function that a transaction runs."""
    if context.program.language not in ("javascript", "typescript"):
        return
    seen = survey(context)
    if not any(map(_callback, seen.calls.get("db.transaction", ()))):
        return
    if any(mentions(source, _FOLLOWS) for source in context.program.sources()):
        return
    told: set[int] = set()
    for spot in [*seen.of("db.query"), *seen.reaches]:
        opened = None if id(spot.node) in told or is_by_hand(spot.unit, spot.info) else _opened_around(seen, spot)
        if opened is None:
            continue
        given = _callback(opened)
        if given is None or not _is_awaited(spot, given) or _is_given(spot, given):
            continue
        sure = _past_it(spot, opened, given) if spot.reach is None else _by_helper(seen, spot, opened)
        if sure is not None and not _is_told_with_chain(spot, told):
            told.add(id(spot.node))
            yield _match(context, seen, spot, opened, sure)


def _callback(opened: Spot) -> ir.Lambda | None:
    """The function that a transaction runs, where it is given the transaction."""
    node = opened.node
    given = [one for one in node.args if isinstance(one, ir.Lambda)] if isinstance(node, ir.Call) else []
    return given[0] if given and given[0].function.params else None


def _opened_around(seen: Survey, spot: Spot) -> Spot | None:
    """The transaction whose function a call stands in; None also where the call runs later or elsewhere."""
    for number in range(len(spot.path) - 1, -1, -1):
        node = spot.path[number]
        if not isinstance(node, ir.Call):
            continue
        if name_of(node.func) in _LATER:
            return None
        found = seen.spots.get(id(node))
        inner = spot.inner(number)
        if found is not None and found.call is not None and "db.transaction" in found.call.role.does:
            return found if isinstance(inner, ir.Lambda) and found.call.role.framework in _FRAMEWORKS else None
    return None


def _is_awaited(spot: Spot, given: ir.Lambda) -> bool:
    """Whether the transaction waits for the call; what it only starts ends some time after it."""
    start = next((at for at, node in enumerate(spot.path) if node is given), -1)
    inner = spot.path[start + 1 :] if start >= 0 else ()
    return any(isinstance(one, ir.Await | ir.Return) for one in inner)


def _is_given(spot: Spot, given: ir.Lambda) -> bool:
    """Whether the transaction, or what is made of it, stands in the call or in what is chained on it."""
    known = {part for param in given.function.params for part in (param.name, *names_in(param.pattern))}
    for node in within(*given.function.body):
        if isinstance(node, ir.Assign) and node.value is not None and known & names_in(node.value):
            awaited = isinstance(node.value, ir.Await)  # a row that was read is not the transaction
            known |= set() if awaited else names_in(node.target)
    outer: ir.Node = spot.node
    for node in reversed(spot.path):
        if not isinstance(node, ir.Attr | ir.Call):
            break
        outer = node
    named = names_in(outer)
    return bool(known & named) or any(isinstance(one, ir.Spread) for one in within(outer))


def _past_it(spot: Spot, opened: Spot, given: ir.Lambda) -> Confidence | None:
    """How sure it is that a query asks the pool that the transaction was taken from."""
    call, begun = spot.call, opened.call
    if call is None or begun is None or call.role.framework != begun.role.framework:
        return None
    if call.role.framework == "sql-drivers" and call.role.name.partition(".")[0] != begun.role.name.partition(".")[0]:
        return None
    root, holder = _root(spot.node), _root(opened.node)
    if root is None:
        return None
    if root[0] in _made_in(given):  # a row saves itself where it is told to, and nowhere else
        saves = call.role.framework == "sequelize" and call.certain and "orm.save" in call.role.does
        return Confidence.MEDIUM if saves and isinstance(spot.node, ir.Call) and not spot.node.args else None
    if root == holder:
        return Confidence.HIGH if call.certain else Confidence.MEDIUM
    if call.role.framework == "sequelize":  # every model belongs to the one object of Sequelize
        options = (
            [one for one in spot.node.args if not isinstance(one, ir.Const)] if isinstance(spot.node, ir.Call) else []
        )
        plain = all(isinstance(one, ir.Mapping) for one in options[-1:])
        return Confidence.MEDIUM if call.certain and plain else None
    # A repository that the class is given asks the pool of its data source.
    if call.role.framework == "typeorm" and call.certain and root[0] in _HANDS_ON and "Repository" in call.role.name:
        return Confidence.MEDIUM
    return None


def _by_helper(seen: Survey, spot: Spot, opened: Spot) -> Confidence | None:
    """A function of the program that asks the database itself, and is given no transaction to do it in."""
    reach, begun = spot.reach, opened.call
    place = reach.acts.get("db.query") if reach is not None else None
    if reach is None or begun is None or place is None or "db.transaction" in reach.acts:
        return None
    there = next((one for one in seen.at.get(place, ()) if "db.query" in one.role.does), None)
    if there is None or there.info is not reach.callee or there.role.framework != begun.role.framework:
        return None
    if not isinstance(spot.node, ir.Call) or name_of(spot.node.func) != reach.callee.node.name:
        return None
    root = _root(there.node)
    params = {part for param in reach.callee.node.params for part in (param.name, *names_in(param.pattern))}
    if root is None or root[0] in params or not there.certain or root[0] in _assigned(reach.callee):
        return None
    return Confidence.MEDIUM if there.role.framework in _WITH_HOLDER else None


def _assigned(info: FunctionInfo) -> set[str]:
    return {name for node in within(*info.node.body) if isinstance(node, ir.Assign) for name in names_in(node.target)}


def _made_in(given: ir.Lambda) -> set[str]:
    """What the function of a transaction makes or is given itself."""
    found = {part for param in given.function.params for part in (param.name, *names_in(param.pattern))}
    for node in within(*given.function.body):
        if isinstance(node, ir.Assign):
            found |= names_in(node.target)
    return found - _HANDS_ON


def _root(node: ir.Node) -> tuple[str, ...] | None:
    """What a chain of calls begins with: `this.ds` of `this.ds.getRepository(Badge).count()`, `knex` of `knex("t")`."""
    names: list[str] = []
    at = node
    while isinstance(at, ir.Call | ir.Attr | ir.Await | ir.Cast | ir.Text):
        if isinstance(at, ir.Attr):
            names.append(at.name)
        if isinstance(at, ir.Text):
            if at.tag is None:
                return None
            at = at.tag  # prisma.$executeRaw`UPDATE …`
        else:
            at = at.func if isinstance(at, ir.Call) else at.value
    if not isinstance(at, ir.Name):
        return None
    return (at.id, names[-1]) if at.id in _HANDS_ON and names else (at.id,)


def _is_told_with_chain(spot: Spot, told: set[int]) -> bool:
    """Whether a call of the same chain was told: `knex("a").where(…).first()` is one query."""
    parts = [one for one in within(spot.node) if isinstance(one, ir.Call)]
    around = [one for one in spot.path if isinstance(one, ir.Call)]
    return any(id(one) in told for one in (*parts, *around))


def _match(context: CodeContext, seen: Survey, spot: Spot, opened: Spot, sure: Confidence) -> Match:
    steps = [
        (context.location(opened.unit, opened.node), "step_begin"),
        (context.location(spot.unit, spot.node), "step_call"),
    ]
    reach = spot.reach
    there = next((one for one in seen.at.get(reach.acts["db.query"], ())), None) if reach is not None else None
    if there is not None:
        steps.append((context.location(there.unit, there.node), "step_query"))
    around = opened.info.name if opened.info is not None else ""
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"function": around, "call": short(context.text(spot.unit, spot.node))},
        confidence=sure,
        steps=tuple(steps),
    )
