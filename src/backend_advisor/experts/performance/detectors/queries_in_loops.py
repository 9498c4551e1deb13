"""Statements that run once for each row: reading (PERF201) and writing (PERF203), directly or through helpers."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import names_in, within
from backend_advisor.experts.performance.detectors.entities import entity_touches
from backend_advisor.experts.performance.detectors.few_items import is_few_by_name
from backend_advisor.experts.performance.detectors.how_many import (
    ends_when_found,
    is_over_rows,
    is_part_of_object,
    makes_what_is_missing,
)
from backend_advisor.experts.performance.detectors.loops import Round, by_name, many
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.relations import Relations
from backend_advisor.experts.performance.detectors.serialisers import nested_relations, queries_per_item
from backend_advisor.experts.performance.detectors.statements import kind_of, statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, keeps_in_step, name_of, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.experts.performance.detectors.unseen_relations import unseen_touches
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_QUERIES = ("db.query",)
_ORDER = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
_UNIT_OF_WORK = re.compile(
    r"^(?:javax|jakarta)\.persistence\.EntityManager\.|^org\.hibernate\.|^sqlalchemy\.\S*[sS]ession\.(?:add|delete|merge)$"
)
"""Writes that are kept until the flush, which sends them in batches."""
_KEPT_IN_TRANSACTION = "org.springframework.data.repository.Repository.save"
"""A write that is kept until the flush where a transaction is open, and makes one of its own elsewhere."""
_SAVES = re.compile(
    r"^(?:save|persist|merge|update|insert|upsert|store|delete|remove|apply|create|promote)(?:$|_|[A-Z])"
)
_RUNS = frozenset({"execute", "run", "handle", "call", "invoke"})
_KEEPS = re.compile(r"(?i)cached|from_?cache|get_?or_?(?:save|create|load|fetch|compute)|memo")
_BACKGROUND = re.compile(
    r"(?:Reconciler|Listener|Subscriber|Observer|Initiali[sz]er|Updater|Scheduler|Migrator|Watcher|Bootstrap\w*|Cleaner)$"
)
_HEAVY = re.compile(
    r"(?i)^(?:open|urlopen|fetch|send(?:_?\w+)?|upload_?\w*|download_?\w*|convert_?\w*|check_call|spawn|sleep)$"
)
_IN_TURN = re.compile(
    r"(?i)(?:^|/)(?:bg_?)?(?:tasks|jobs|workers?|scheduled|scheduler|cron|celery)/"
    r"(?:.*/)?(?!\w*(?:view|api|route|controller|resolver|service|serializer|model))[\w-]+\.\w+$"
    r"|(?:^|[/_-])(?:tasks?|jobs?|workers?|schedul\w+|cron\w*|celery)\.\w+$"
)
"""Files of work that runs when its turn comes: nobody waits for it."""
_BUILDS = re.compile(
    r"(?:(?:or|and)?[wW]here|(?:or|and)?[hH]aving|(?:left|right|inner|cross)?[jJ]oin|union)(?:$|[A-Z])"
)
_OR_CREATES = frozenset({"get_or_create", "update_or_create", "findOrCreate", "firstOrCreate", "updateOrCreate"})
"""They ask first, row by row, and no statement for many rows does the same."""
_SENT = re.compile(
    r"(?:_(?:in|dto|form|request|input|payload|body)|(?<=[a-z])(?:Dto|DTO|Form|Request|Input|Payload|Body))$"
)
"""What somebody sends is called so: `role_in`, `orderRequest`."""
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
        loop = many(spot)
        if loop is not None and not _runs_list(spot, loop) and not _is_for_one_item(spot, loop):
            told.add(spot.node.start)
            sure = Confidence.HIGH if spot.call.certain else Confidence.MEDIUM
            yield _match(context, spot, loop, Confidence.LOW if _is_little(spot, loop) else sure)
    for spot in seen.derived:
        loop = None if is_by_hand(spot.unit, spot.info) else many(spot)
        if loop is not None:
            yield _match(context, spot, loop, Confidence.LOW if _is_little(spot, loop) else Confidence.HIGH)
    yield from _through_helpers(context, seen, told, "read")
    for match in _by_relation(context, seen):
        yield replace(match, confidence=Confidence.LOW) if _IN_TURN.search(match.location.artifact) else match


def _is_little(spot: Spot, loop: Round) -> bool:
    """Whether the loop is short, or its query the smaller part of it."""
    return (
        _nobody_waits(spot, loop)
        or is_part_of_object(loop, spot)
        or ends_when_found(loop, spot)
        or makes_what_is_missing(spot)
    )


def _nobody_waits(spot: Spot, loop: Round) -> bool:
    """Whether the query is the smaller part of a round, or the loop runs when its turn comes."""
    if keeps_in_step(spot.info):
        return True
    once = _does_heavier_work(loop) or _commits_each(loop) or _is_remembered_here(spot, loop) or _sets_up(spot)
    return once or _IN_TURN.search(spot.unit.path) is not None


def _is_remembered_here(spot: Spot, loop: Round) -> bool:
    """Whether the round asks only where a map has nothing yet: `if (byMonth.has(key)) { … } else { …query… }`."""
    for number, node in enumerate(spot.path):
        if not isinstance(node, ir.If) or not loop.node.start <= node.start < loop.node.end:
            continue
        test, branch = node.test, node.otherwise
        if isinstance(test, ir.Unary) and test.op == "not":
            test, branch = test.operand, node.then
        asks = isinstance(test, ir.Call) and name_of(test.func) in ("has", "containsKey")
        asks = asks or (isinstance(test, ir.Binary) and test.op == "in")
        if asks and any(one is spot.inner(number) for one in branch):
            return True
    return False


def _sets_up(spot: Spot) -> bool:
    """Whether a function is given what migrations run on: TypeORM's `QueryRunner`, which it does not make itself."""
    params = spot.info.node.params if spot.info is not None else []
    return any(param.type is not None and param.type.name.rpartition(".")[2] == "QueryRunner" for param in params)


def _commits_each(loop: Round) -> bool:
    """Whether each round is a transaction of its own, so that one item that fails leaves the others alone."""
    return any(
        isinstance(one, ir.With) and any(name_of(item) in ("atomic", "transaction", "begin") for item, _ in one.items)
        for one in _body(loop)
    )


def _is_for_one_item(spot: Spot, loop: Round) -> bool:
    """`if name == "bundle":` around the query: it runs for one of the items."""
    targets = names_in(loop.node.target) if isinstance(loop.node, ir.For) else loop.names
    return any(
        isinstance(node, ir.If)
        and isinstance(node.test, ir.Binary)
        and node.test.op in ("==", "===")
        and isinstance(node.test.left, ir.Name)
        and node.test.left.id in targets
        and isinstance(node.test.right, ir.Const)
        and any(spot.node in within(one) for one in node.then)
        for node in spot.path
    )


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
            sure = _sureness_of_write(context, spot, loop, kind)
            little = _is_little(spot, loop) or _is_list_of_request(spot, loop)
            yield _match(context, spot, loop, Confidence.LOW if little else sure)
    yield from _through_helpers(context, seen, told, "insert")


def _sureness_of_write(context: CodeContext, spot: Spot, loop: Round, kind: str) -> Confidence:
    """How sure it is that the rows can be written together."""
    call = spot.call
    if call is None or _UNIT_OF_WORK.match(call.role.name) or (kind == "write" and _does_more(spot, loop)):
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
    body = list(within(*_body(loop)))
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
        if there is None or start in told or kind_of(there) != wanted or "cached" in reach.callee.marks:
            continue
        if wanted == "insert" and _FAR & reach.acts.keys():
            continue
        loop = many(spot)
        if loop is None or _remembered(reach.callee.node) or _is_queued(reach.callee.node):
            continue
        place = context.location(there.unit, there.node)
        near = _is_near(seen, reach.callee, path, start, _NEAR if wanted == "read" else 1)
        slow = near and not _is_in_background(spot) and not _saves_each(loop) and not _nobody_waits(spot, loop)
        confidence = Confidence.MEDIUM if slow else Confidence.LOW
        if wanted == "read" and _KEEPS_WORK & reach.acts.keys():
            confidence = Confidence.LOW  # each round writes something: its reading is the smaller part
        if not is_over_rows(loop, spot, seen) and not (_is_given(spot, loop) and there.info is reach.callee):
            confidence = Confidence.LOW  # what a helper does besides, and for how many, is seldom plain
        if _is_list_of_request(spot, loop) or (wanted == "insert" and _UNIT_OF_WORK.match(there.role.name)):
            confidence = Confidence.LOW
        yield _match(context, spot, loop, confidence, ((place, "step_query"),))

    for spot in seen.callbacks:
        yield from _by_name(context, seen, spot, wanted)


def _body(loop: Round) -> list[ir.Stmt]:
    """What is done in each round, also where it is a function that is given: `items.map(async (item) => …)`."""
    if isinstance(loop.node, ir.For | ir.While):
        return loop.node.body
    given = loop.node.args[0] if isinstance(loop.node, ir.Call) and loop.node.args else None
    return given.function.body if isinstance(given, ir.Lambda) else []


def _builds(spot: Spot) -> bool:
    """`query.whereIn("id", subquery)`: a part of a statement that is sent later."""
    called = spot.node.func if isinstance(spot.node, ir.Call) else None
    return isinstance(called, ir.Attr) and _BUILDS.match(called.name) is not None


def _does_heavier_work(loop: Round) -> bool:
    """Whether each round also opens files or calls another service, beside which a query is the smaller part."""
    body = _body(loop)
    return any(isinstance(one, ir.Call) and _HEAVY.match(name_of(one.func)) for one in within(*body))


def _is_list_of_request(spot: Spot, loop: Round) -> bool:
    """`for one in given.filters`: a list within what somebody sends, which is as long as a person fills it in."""
    over = loop.over
    params = spot.info.node.params if spot.info is not None else []
    return (
        isinstance(over, ir.Attr)
        and isinstance(over.value, ir.Name)
        and (
            any(param.name == over.value.id and param.name not in ("self", "cls", "this") for param in params)
            or _SENT.search(over.value.id) is not None
        )
    )


def _is_given(spot: Spot, loop: Round) -> bool:
    """Whether a loop goes over what the function is given as it is."""
    params = spot.info.node.params if spot.info is not None else []
    return isinstance(loop.over, ir.Name) and any(param.name == loop.over.id for param in params)


def _saves_each(loop: Round) -> bool:
    """Whether the round saves its item too: then reading it is the smaller part."""
    return any(isinstance(one, ir.Call) and _SAVES.match(_does(one)) for one in within(*_body(loop)))


def _does(call: ir.Call) -> str:
    """What a call is named for; `this.applyChange.execute(…)` says it before the last name."""
    name = name_of(call.func)
    holder = call.func.value if name in _RUNS and isinstance(call.func, ir.Attr) else None
    return name_of(holder) if isinstance(holder, ir.Name | ir.Attr) else name


def _is_in_background(spot: Spot) -> bool:
    """Whether nobody waits for the loop: it follows events or keeps things in step, at its own pace."""
    names = [re.sub(r"\.\w+$", "", spot.unit.path)]
    at = spot.info
    while at is not None:
        names += [at.owner.node.name] if at.owner is not None else []
        at = at.outer
    return any(_BACKGROUND.search(name) for name in names)


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
    called = function_named(context.program, spot.unit, spot.node.args[0], spot.info)
    for inner in seen.inside.get(id(called), ()) if called is not None and not _remembered(called.node) else ():
        there = inner.call if inner.call is not None and "db.query" in inner.call.role.does else None
        if inner.reach is not None and "db.query" in inner.reach.acts:
            there = _query_at(seen, *inner.reach.acts["db.query"])
        if there is not None and kind_of(there) == wanted:
            place = context.location(there.unit, there.node)
            sure = Confidence.LOW if _works(seen, called) else Confidence.MEDIUM
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
    for touch in relations.touches():
        if is_few_by_name(touch.over):
            continue
        over = context.location(touch.unit, touch.over)
        place = context.location(touch.unit, touch.node)
        yield Match(
            location=place,
            values={
                "call": short(context.text(touch.unit, touch.node)),
                "items": short(context.text(touch.unit, touch.over)),
            },
            confidence=Confidence.MEDIUM,
            steps=((over, "step_loop"), (place, "step_lazy")),
        )
    for found in (*entity_touches(context.program, seen, relations), *unseen_touches(context.program, seen)):
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
    for view, query, field, serialiser in nested_relations(context.program, relations):
        if isinstance(query.value, ir.Call) and name_of(query.value.func) == "none":
            continue  # the view brings its rows by itself
        yield Match(
            location=context.location(view.unit, query.value or query),
            values={"call": f"{serialiser}.{field}", "items": short(context.text(view.unit, query.value or query))},
            confidence=Confidence.MEDIUM,
        )


def _runs_list(spot: Spot, loop: Round) -> bool:
    """`for statement in statements: cursor.execute(statement)`: the items are the statements."""
    targets = names_in(loop.node.target) if isinstance(loop.node, ir.For) else loop.names
    first = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    return isinstance(first, ir.Name) and first.id in targets and "text" in (spot.call.role.named if spot.call else {})


def _query_at(seen: Survey, path: str, start: int) -> CallSeen | None:
    return next(
        (call for call in seen.at.get((path, start), ()) if {"db.query", "db.write"} & set(call.role.does)), None
    )


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
