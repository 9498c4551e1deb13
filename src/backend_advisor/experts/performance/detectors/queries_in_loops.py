"""Statements that run once for each row: reading (PERF201) and writing (PERF203), directly or through helpers."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of, names_in
from backend_advisor.experts.performance.detectors.commits import commits_per_row
from backend_advisor.experts.performance.detectors.entities import entity_touches
from backend_advisor.experts.performance.detectors.few_items import is_few_by_name
from backend_advisor.experts.performance.detectors.how_many import (
    is_over_rows,
)
from backend_advisor.experts.performance.detectors.loops import Round, by_name, many
from backend_advisor.experts.performance.detectors.method_references import is_far_statement, references
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.promised_relations import promised_touches
from backend_advisor.experts.performance.detectors.python_relations import PassedRelations
from backend_advisor.experts.performance.detectors.relations import Relations
from backend_advisor.experts.performance.detectors.rounds import (
    IN_TURN,
    is_after_failure,
    is_for_one_item,
    is_given,
    is_in_background,
    is_list_of_request,
    is_little,
    is_small_in_java,
    nobody_waits,
    saves_each,
)
from backend_advisor.experts.performance.detectors.row_mappers import queries_of_row_mappers
from backend_advisor.experts.performance.detectors.row_savers import is_row_saved, only_writes
from backend_advisor.experts.performance.detectors.serialisers import (
    nested_relations,
    queries_per_item,
    read_by_methods,
)
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.sure_writes import UNIT_OF_WORK, sureness_of_write
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, handed_over, survey
from backend_advisor.experts.performance.detectors.unseen_relations import unseen_touches
from backend_advisor.experts.performance.detectors.waiting import function_around, is_waited_for, writes_each
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_QUERIES = ("db.query",)
_ORDER = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
_KEEPS = re.compile(r"(?i)cached|from_?cache|get_?or_?(?:save|create|load|fetch|compute)|memo")
_BUILDS = re.compile(
    r"(?:(?:or|and)?[wW]here|(?:or|and)?[hH]aving|(?:left|right|inner|cross)?[jJ]oin|union)(?:$|[A-Z])"
)
_SELDOM = re.compile(
    r"(?i)_*(?:delete|remove|destroy|purge|migrate|import|export|seed|sync|reset|backup|restore|setup|init)"
)
_OF_THIS = frozenset(
    {"keys", "entries", "values", "map", "filter", "flatMap", "from", "split", "concat", "slice", "sort"}
)
_BUILDERS = ("knex.", "kysely.")
_SENDS = frozenset({"then", "catch", "finally", "all", "allSettled", "race", "any", "execute", "asCallback", "stream"})
_QUEUES = frozenset({"task", "db_task", "background", "job"})
_MOST = 20
_NEAR = 2
"""Calls down to the query from which on it is the way (a check of rights, a setting) rather than the work."""
_KEEPS_WORK = frozenset({"db.commit", "orm.save"})
_FAR = frozenset({"http.request", "mail.send", "queue.publish", "process.run"})


@detects_in_code("PERF201")
def query_in_a_loop(context: CodeContext) -> Iterator[Match]:
    """A query that the loop's item decides, so that n items cost n round trips."""
    return _most_telling(_once_a_loop(_queries_in_loops(context)))


def _queries_in_loops(context: CodeContext) -> Iterator[Match]:
    seen = survey(context)
    told: set[int] = set()
    for spot in seen.of(*_QUERIES):
        if spot.call is None or kind_of(spot.call) != "read" or is_by_hand(spot.unit, spot.info):
            continue
        if _is_only_built(spot, spot.call):
            continue
        loop = many(spot)
        if loop is not None and not _runs_list(spot, loop) and not is_for_one_item(spot, loop):
            told.add(spot.node.start)
            sure = Confidence.HIGH if spot.call.certain else Confidence.MEDIUM
            little = is_little(spot, loop) or is_small_in_java(spot, loop) or _is_beside(context, seen, spot, loop)
            # Beside a write in each round the reading is the smaller part.
            little = little or (spot.unit.language == "java" and saves_each(loop))
            # A list that the program put together is mostly short, and what is done seldom need not be quick.
            read = is_over_rows(loop, spot, seen) or is_given(spot, loop) or _is_of_caller(spot, loop)
            little = little or (_is_script(spot) and (not read or _is_seldom(spot)))
            yield _match(context, spot, loop, Confidence.LOW if little else sure)
    for spot in seen.derived:
        loop = None if is_by_hand(spot.unit, spot.info) else many(spot)
        if loop is not None:
            little = is_little(spot, loop) or is_small_in_java(spot, loop)
            yield _match(context, spot, loop, Confidence.LOW if little else Confidence.HIGH)
    yield from _through_helpers(context, seen, told, "read")
    for one in references(context, seen, "read"):
        yield _match(context, one.spot, one.loop, one.confidence)
    for spot, given, asked in queries_of_row_mappers(context.program, seen):
        if not isinstance(spot.node, ir.Expr):
            continue
        loop = Round(spot.node, spot.node, frozenset())
        place = context.location(asked.unit, asked.node)
        yield _match(context, replace(spot, node=given), loop, Confidence.MEDIUM, ((place, "step_query"),))
    for match in _by_relation(context, seen):
        yield replace(match, confidence=Confidence.LOW) if IN_TURN.search(match.location.artifact) else match


@detects_in_code("PERF203")
def statement_per_row(context: CodeContext) -> Iterator[Match]:
    """A row written by a statement of its own in each round of a loop."""
    return _most_telling(_once_a_loop(_statements_in_loops(context)))


def _most_telling(found: Iterator[Match]) -> Iterator[Match]:
    """The surest matches, as many as a reviewer takes up in a repository."""
    return worst_first_told(((match.confidence is Confidence.HIGH, match) for match in found), _MOST)


def _once_a_loop(found: Iterator[Match]) -> Iterator[Match]:
    """The surest match of each loop; what else is asked in the same loop is mended with it, and is only noted."""
    told: set[object] = set()
    for match in sorted(found, key=lambda one: _ORDER.index(one.confidence or Confidence.HIGH)):
        over = match.steps[0][0] if match.steps else match.location
        lazy = any(key == "step_lazy" for _, key in match.steps)
        # Relations are loaded together where the query stands, however many loops go over its rows.
        loop = (over.artifact, match.values["items"] if lazy else over.span)
        known = loop in told or (over.artifact, over.span) in told
        yield match if not known else replace(match, confidence=Confidence.LOW)
        told.add(loop)


def _statements_in_loops(context: CodeContext) -> Iterator[Match]:
    seen = survey(context)
    told: set[int] = set()
    for spot in seen.of("db.query", "db.write"):
        if spot.call is None or is_by_hand(spot.unit, spot.info):
            continue
        kind = kind_of(spot.call)
        if kind not in ("insert", "write"):
            continue
        loop = many(spot)
        if loop is not None:
            told.add(spot.node.start)
            sure = sureness_of_write(context, spot, loop, kind)
            little = is_little(spot, loop) or is_list_of_request(spot, loop) or not is_waited_for(context, spot.info)
            # What the program put together itself is mostly short; rows that were read may be many.
            little = little or (_is_script(spot) and not is_over_rows(loop, spot, seen))
            little = little or is_after_failure(spot, loop)
            yield _match(context, spot, loop, Confidence.LOW if little else sure)
    yield from _through_helpers(context, seen, told, "insert")
    for one in references(context, seen, "insert"):
        yield _match(context, one.spot, one.loop, one.confidence)
    for spot, loop in commits_per_row(seen):
        yield _match(context, spot, loop, Confidence.MEDIUM)


def _through_helpers(context: CodeContext, seen: Survey, told: set[int], wanted: str) -> Iterator[Match]:
    """Calls in loops of functions that run the statement, when it is not in a loop there too."""
    for spot in seen.reaches:
        reach = spot.reach
        if reach is None or "db.query" not in reach.acts or is_by_hand(spot.unit, spot.info) or _builds(spot):
            continue
        if wanted == "read" and "db.write" in reach.acts:
            continue
        path, start = (
            reach.acts.get("db.write", reach.acts["db.query"]) if wanted == "insert" else reach.acts["db.query"]
        )
        there = _query_at(seen, path, start)
        if (
            there is None
            or start in told
            or "cached" in reach.callee.marks
            or not _is_wanted(there, wanted, spot, seen)
        ):
            continue
        built = not reach.callee.node.is_async and _is_only_built(spot, there)
        if built or is_far_statement(context.program, there, reach.callee):
            continue
        if wanted == "insert" and _FAR & reach.acts.keys():
            continue
        loop = many(spot)
        if loop is None or _remembered(reach.callee.node) or _is_queued(reach.callee.node):
            continue
        place = context.location(there.unit, there.node)
        near = _is_near(seen, reach.callee, path, start, _NEAR if wanted == "read" else 1)
        slow = near and not is_in_background(spot) and not saves_each(loop) and not nobody_waits(spot, loop)
        slow = slow and is_waited_for(context, spot.info) and not _is_answered_elsewhere(seen, spot)
        confidence = Confidence.MEDIUM if slow else Confidence.LOW
        if wanted == "read" and _KEEPS_WORK & reach.acts.keys():
            confidence = Confidence.LOW  # each round writes something: its reading is the smaller part
        if not is_over_rows(loop, spot, seen) and not (is_given(spot, loop) and there.info is reach.callee):
            confidence = Confidence.LOW  # what a helper does besides, and for how many, is seldom plain
        if (
            is_list_of_request(spot, loop)
            or is_small_in_java(spot, loop)
            or (wanted == "insert" and UNIT_OF_WORK.match(there.role.name))
        ):
            confidence = Confidence.LOW
        if wanted == "read" and _is_script(spot) and not is_given(spot, loop):
            confidence = Confidence.LOW  # each item mostly has a table, a tree or a check of its own
        yield _match(context, spot, loop, confidence, ((place, "step_query"),))

    for spot in seen.callbacks:
        yield from _by_name(context, seen, spot, wanted)


def _is_wanted(there: CallSeen, wanted: str, spot: Spot, seen: Survey) -> bool:
    if kind_of(there) == wanted:
        return True
    callee = spot.reach.callee if spot.reach is not None else None
    around = spot.info
    while around is not None and around.owner is None and around.outer is not None:
        around = around.outer  # a lambda belongs to the class that it is written in
    changes = callee is not None and around is not None and callee.owner is around.owner
    changes = changes and callee is not None and only_writes(there, callee, seen)
    return wanted == "insert" and (changes or is_row_saved(there, spot, seen))


def _is_beside(context: CodeContext, seen: Survey, spot: Spot, loop: Round) -> bool:
    """Whether a loop of Python runs while no client waits, or writes in each round besides."""
    if spot.unit.language != "python":
        return False
    return not is_waited_for(context, spot.info) or writes_each(seen, spot.info, loop.node)


def _builds(spot: Spot) -> bool:
    """`query.whereIn("id", subquery)`: a part of a statement that is sent later."""
    called = spot.node.func if isinstance(spot.node, ir.Call) else None
    return isinstance(called, ir.Attr) and _BUILDS.match(called.name) is not None


def _is_of_caller(spot: Spot, loop: Round) -> bool:
    """`for (let i = 0; i < orders.length; i++)` over what the function was given, or what another one gives."""
    if isinstance(loop.over, ir.Call) and name_of(loop.over.func) not in _OF_THIS:
        return True
    given = {param.name for param in spot.info.node.params} if spot.info is not None else set()
    return isinstance(loop.node, ir.While) and bool(names_in(loop.node.test) & given)


def _is_seldom(spot: Spot) -> bool:
    at = spot.info
    while at is not None:
        if _SELDOM.match(at.node.name):
            return True
        at = at.outer
    return False


def _is_script(spot: Spot) -> bool:
    return spot.unit.language in ("javascript", "typescript")


def _is_only_built(spot: Spot, query: CallSeen) -> bool:
    """Whether a builder makes the text of a statement that nobody waits for: one that is awaited is sent."""
    if not query.role.name.startswith(_BUILDERS) or (spot.call is not None and spot.call.awaited):
        return False
    return not any(
        isinstance(node, ir.Await) or (isinstance(node, ir.Call) and name_of(node.func) in _SENDS) for node in spot.path
    )


def _is_answered_elsewhere(seen: Survey, spot: Spot) -> bool:
    """Whether a method stands for several, and one of them asks no database: which it is, the settings say."""
    several = [one.reach for one in seen.of_node(spot.node) if one.reach is not None]
    return spot.unit.language == "python" and any("db.query" not in one.acts for one in several)


def _is_near(seen: Survey, called: FunctionInfo, path: str, start: int, levels: int) -> bool:
    """Whether a function asks the database itself or through a few others; far away it is an accident of the way."""
    level, known = [called], {id(called)}
    for _ in range(levels):
        after: list[FunctionInfo] = []
        for info in level:
            for spot in seen.inside.get(id(info), ()):
                if spot.call is not None and spot.unit.path == path and spot.node.start == start:
                    return True
                further = spot.reach is not None and not _is_queued(spot.reach.callee.node)
                if further and spot.reach is not None and id(spot.reach.callee) not in known:
                    known.add(id(spot.reach.callee))
                    after.append(spot.reach.callee)
        level = after
    return False


def _by_name(context: CodeContext, seen: Survey, spot: Spot, wanted: str) -> Iterator[Match]:
    """`items.map(load)`, where `load` runs the statement."""
    loop = by_name(spot)
    if loop is None or not isinstance(spot.node, ir.Call) or is_by_hand(spot.unit, spot.info):
        return
    called = function_named(context.program, spot.unit, handed_over(spot.node), spot.info)
    if called is None or _remembered(called.node):
        return
    derived = next((one for one in seen.derived if one.info is called), None)
    if derived is not None and wanted == "read":
        sure = Confidence.LOW if is_small_in_java(spot, loop) or _works(seen, called) else Confidence.MEDIUM
        yield _match(context, spot, loop, sure, ((context.location(derived.unit, derived.node), "step_query"),))
        return
    for inner in seen.inside.get(id(called), ()):
        there = inner.call if inner.call is not None and "db.query" in inner.call.role.does else None
        if inner.reach is not None and "db.query" in inner.reach.acts:
            there = _query_at(seen, *inner.reach.acts["db.query"])
        writes = wanted == "insert" and there is not None and only_writes(there, called, seen)
        if there is not None and (kind_of(there) == wanted or writes):
            place = context.location(there.unit, there.node)
            sure = Confidence.LOW if _works(seen, called) and not writes else Confidence.MEDIUM
            yield _match(context, spot, loop, sure, ((place, "step_query"),))
            return


def _works(seen: Survey, called: FunctionInfo | None) -> bool:
    """Whether a function does more with its item than to look something up."""
    acts = {
        act
        for spot in seen.inside.get(id(called), ())
        for act in (*(spot.call.role.does if spot.call else ()), *(spot.reach.acts if spot.reach else ()))
    }
    return bool(acts & (_KEEPS_WORK | _FAR | {"db.write", "db.transaction"}))


def _by_relation(context: CodeContext, seen: Survey) -> Iterator[Match]:
    """Relations that are loaded when a loop or a serialiser touches them."""
    relations = Relations(context, seen)
    touched: set[int] = set()
    for touch in relations.touches():
        touched.add(id(touch.node))
        if is_few_by_name(touch.over):
            continue
        over = context.location(touch.unit, touch.over)
        place = context.location(touch.unit, touch.node)
        info = function_around(touch.unit, touch.node)
        beside = touch.unit.language == "python" and (
            not is_waited_for(context, info) or writes_each(seen, info, touch.around)
        )
        yield Match(
            location=place,
            values={
                "call": short(context.text(touch.unit, touch.node)),
                "items": short(context.text(touch.unit, touch.over)),
            },
            confidence=Confidence.LOW if beside else Confidence.MEDIUM,
            steps=((over, "step_loop"), (place, "step_lazy")),
        )
    passed = PassedRelations(context, seen, relations)
    for found in (
        *entity_touches(context.program, seen, relations),
        *unseen_touches(context.program, seen),
        *promised_touches(context.program),
        *passed.touches(touched),
        *read_by_methods(context.program, passed),
    ):
        if is_few_by_name(found.query):
            continue
        yield Match(
            location=context.location(found.info.unit, found.node),
            values={
                "call": short(context.text(found.info.unit, found.node)),
                "items": short(context.text(found.info.unit, found.query)),
            },
            confidence=found.confidence,
            steps=(
                (context.location(found.info.unit, found.query), "step_loop"),
                (context.location(found.loads_in.unit, found.loads), "step_lazy"),
            ),
        )
    for spot, item in queries_per_item(context.program, seen):
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": _called(context, spot), "items": item.name},
            confidence=Confidence.MEDIUM,
        )
    for shown, field in nested_relations(context.program, passed):
        yield Match(
            location=context.location(shown.view.unit, shown.query),
            values={
                "call": f"{shown.serialiser.node.name}.{field}",
                "items": short(context.text(shown.view.unit, shown.query)),
            },
            confidence=Confidence.MEDIUM,
        )


def _runs_list(spot: Spot, loop: Round) -> bool:
    """`for statement in statements: cursor.execute(statement)`: the items are the statements."""
    targets = names_in(loop.node.target) if isinstance(loop.node, ir.For) else loop.names
    first = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    return isinstance(first, ir.Name) and first.id in targets and "text" in (spot.call.role.named if spot.call else {})


def _query_at(seen: Survey, path: str, start: int) -> CallSeen | None:
    found = [call for call in seen.at.get((path, start), ()) if {"db.query", "db.write"} & set(call.role.does)]
    # A chain begins in one place: `db("orders").insert(…)` is what its end makes of it.
    return next((call for call in found if "db.write" in call.role.does), found[0] if found else None)


def _is_queued(function: ir.Function) -> bool:
    """Whether calling a function leaves it to a worker: `@task`."""
    return any(name_of(decorator) in _QUEUES for decorator in function.decorators)


def _remembered(function: ir.Function) -> bool:
    """Whether a decorator keeps the function's results."""
    if _KEEPS.search(function.name):
        return True
    names = [name_of(decorator).lower() for decorator in function.decorators]
    return any("cache" in name or "memo" in name for name in names)


def _match(
    context: CodeContext, spot: Spot, loop: Round, confidence: Confidence, more: tuple[tuple[Location, str], ...] = ()
) -> Match:
    over = loop.place
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": _called(context, spot), "items": short(context.text(spot.unit, over))},
        confidence=confidence,
        steps=(
            (context.location(spot.unit, over), "step_loop"),
            (context.location(spot.unit, spot.node), "step_call"),
            *more,
        ),
    )


def _called(context: CodeContext, spot: Spot) -> str:
    node = spot.node
    return (
        short(context.text(spot.unit, node.func)) if isinstance(node, ir.Call) else short(context.text(spot.unit, node))
    )
