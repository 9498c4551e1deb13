"""What a round of a loop does beside its statement: whether it is short, waited for, or for one item only."""

import re

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.how_many import (
    ends_when_found,
    is_named_for_keys,
    is_part_of_object,
    makes_what_is_missing,
)
from backend_advisor.experts.performance.detectors.loops import Round
from backend_advisor.experts.performance.detectors.surroundings import keeps_in_step
from backend_advisor.experts.performance.detectors.survey import Spot

_SAVES = re.compile(
    r"^(?:save|persist|merge|update|insert|upsert|store|delete|remove|apply|create|promote)(?:$|_|[A-Z])"
)
_RUNS = frozenset({"execute", "run", "handle", "call", "invoke"})
_BACKGROUND = re.compile(
    r"(?:Reconciler|Listener|Subscriber|Observer|Initiali[sz]er|Updater|Scheduler|Migrator|Watcher|Bootstrap\w*|Cleaner)$"
)
_HEAVY = re.compile(
    r"(?i)^(?:open|urlopen|fetch|send(?:_?\w+)?|upload_?\w*|download_?\w*|convert_?\w*|check_call|spawn|sleep)$"
)
IN_TURN = re.compile(
    r"(?i)(?:^|/)(?:bg_?)?(?:tasks|jobs|workers?|scheduled|scheduler|cron|celery)/"
    r"(?:.*/)?(?!\w*(?:view|api|route|controller|resolver|service|serializer|model))[\w-]+\.\w+$"
    r"|(?:^|[/_-])(?:tasks?|jobs?|workers?|schedul\w+|cron\w*|celery)\.\w+$"
)
"""Files of work that runs when its turn comes: nobody waits for it."""
_KEPT = re.compile(r"(?i)cache|memo|remember|known")
_BATCH = re.compile(r"(?i)batch|bulk|execute_?many|(?:save|insert|create|update)_?(?:all|many)")
_CONDITIONS = re.compile(r"(?:Param|Filter|Criterion|Criteria|Condition|Sort(?:By|Order)?|OrderBy)$")
"""What a search is narrowed by is called so."""
_SENT = re.compile(
    r"(?:_(?:in|dto|form|request|input|payload|body)|(?<=[a-z])(?:Dto|DTO|Form|Request|Input|Payload|Body))$"
)
"""What somebody sends is called so: `role_in`, `orderRequest`."""


def is_little(spot: Spot, loop: Round) -> bool:
    """Whether the loop is short, or its query the smaller part of it."""
    return (
        nobody_waits(spot, loop)
        or is_part_of_object(loop, spot)
        or ends_when_found(loop, spot)
        or makes_what_is_missing(spot)
    )


def nobody_waits(spot: Spot, loop: Round) -> bool:
    """Whether the query is the smaller part of a round, or the loop runs when its turn comes."""
    if keeps_in_step(spot.info):
        return True
    once = _does_heavier_work(loop) or _commits_each(loop) or _is_remembered_here(spot, loop) or _sets_up(spot)
    return once or IN_TURN.search(spot.unit.path) is not None


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
        if isinstance(test, ir.Binary) and test.op == "not in":
            asks, branch = True, node.then
        elif isinstance(test, ir.Binary) and test.op in ("is", "==", "===") and _is_nothing(test.right):
            test, branch = test.left, node.then  # `kept = known.get(key)`, `if kept is None: kept = …query…`
        if isinstance(test, ir.Name) and branch is node.then:
            asks = _is_from_map(test.id, loop)
        if asks and any(one is spot.inner(number) for one in branch):
            return True
    return False


def _is_nothing(side: ir.Expr) -> bool:
    return isinstance(side, ir.Const) and side.value is None


def _is_from_map(name: str, loop: Round) -> bool:
    """Whether the round looks something up in a map first, by a name: `kept = known.get(key)`."""
    return any(
        isinstance(one, ir.Assign)
        and isinstance(one.target, ir.Name)
        and one.target.id == name
        and isinstance(one.value, ir.Call)
        and (_gets(one.value) or _KEPT.search(name_of(one.value.func)) is not None)
        for one in within(*done_in(loop))
    )


def _gets(call: ir.Call) -> bool:
    return isinstance(call.func, ir.Attr) and call.func.name == "get" and isinstance(call.func.value, ir.Name)


def is_after_failure(spot: Spot, loop: Round) -> bool:
    """Whether the loop stands where a batch has failed, to find the row that it failed for."""
    return any(
        isinstance(node, ir.Try)
        and any(_holds(one, loop.node) for one in node.handlers)
        and any(isinstance(one, ir.Call) and _BATCH.search(name_of(one.func)) for one in within(*node.body))
        for node in spot.path
    )


def _holds(handler: ir.Handler, node: ir.Node) -> bool:
    return handler.start <= node.start and node.end <= handler.end


def _sets_up(spot: Spot) -> bool:
    """Whether a function is given what migrations run on: TypeORM's `QueryRunner`, which it does not make itself."""
    params = spot.info.node.params if spot.info is not None else []
    return any(param.type is not None and param.type.name.rpartition(".")[2] == "QueryRunner" for param in params)


def _commits_each(loop: Round) -> bool:
    """Whether each round is a transaction of its own, so that one item that fails leaves the others alone."""
    return any(
        isinstance(one, ir.With) and any(name_of(item) in ("atomic", "transaction", "begin") for item, _ in one.items)
        for one in done_in(loop)
    )


def is_for_one_item(spot: Spot, loop: Round) -> bool:
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


def done_in(loop: Round) -> list[ir.Stmt]:
    """What is done in each round, also where it is a function that is given: `items.map(async (item) => …)`."""
    if isinstance(loop.node, ir.For | ir.While):
        return loop.node.body
    given = loop.node.args[0] if isinstance(loop.node, ir.Call) and loop.node.args else None
    return given.function.body if isinstance(given, ir.Lambda) else []


def _does_heavier_work(loop: Round) -> bool:
    """Whether each round also opens files or calls another service, beside which a query is the smaller part."""
    body = done_in(loop)
    return any(isinstance(one, ir.Call) and _HEAVY.match(name_of(one.func)) for one in within(*body))


def is_list_of_request(spot: Spot, loop: Round) -> bool:
    """`for one in given.filters`: a list within what somebody sends, which is as long as a person fills it in."""
    over = loop.over
    params = spot.info.node.params if spot.info is not None else []
    if isinstance(over, ir.Name):  # `def build(filters: list[FilterParam])`
        typed = [param.type for param in params if param.name == over.id and param.type is not None]
        return any(_CONDITIONS.search(one.name) for kind in typed for one in kind.args)
    return (
        isinstance(over, ir.Attr)
        and isinstance(over.value, ir.Name)
        and (
            any(param.name == over.value.id and param.name not in ("self", "cls", "this") for param in params)
            or _SENT.search(over.value.id) is not None
        )
    )


def is_given(spot: Spot, loop: Round) -> bool:
    """Whether a loop goes over what the function is given as it is."""
    params = spot.info.node.params if spot.info is not None else []
    return isinstance(loop.over, ir.Name) and any(param.name == loop.over.id for param in params)


def is_small_in_java(spot: Spot, loop: Round) -> bool:
    """Whether a loop of Java goes over keys that a person picked, down a tree, or asks in some of its rounds only."""
    if spot.unit.language != "java":
        return False
    over = loop.over
    while (
        isinstance(over, ir.Call) and isinstance(over.func, ir.Attr) and over.func.name in ("stream", "parallelStream")
    ):
        over = over.func.value
    params = spot.info.node.params if spot.info is not None else []
    given = isinstance(over, ir.Name) and any(param.name == over.id for param in params)
    if given and isinstance(over, ir.Name) and is_named_for_keys(over.id):
        return True
    return _is_tree_walk(spot, loop) or any(
        isinstance(node, ir.Logic) and node.op == "and" and spot.inner(number) is not node.operands[0]
        for number, node in enumerate(spot.path)
        if loop.node.start <= node.start < loop.node.end
    )


def _is_tree_walk(spot: Spot, loop: Round) -> bool:
    """`for node in nodes: walk(children_of(node))`: as deep as people nest things."""
    name = spot.info.node.name if spot.info is not None else ""
    return bool(name) and any(
        isinstance(one, ir.Call) and isinstance(one.func, ir.Name | ir.Attr) and name_of(one.func) == name
        for one in within(*done_in(loop))
        if not isinstance(getattr(one, "func", None), ir.Attr) or name_of(one.func.value) == "this"  # type: ignore[attr-defined]
    )


def saves_each(loop: Round) -> bool:
    """Whether the round saves its item too: then reading it is the smaller part."""
    return any(isinstance(one, ir.Call) and _SAVES.match(_does(one)) for one in within(*done_in(loop)))


def _does(call: ir.Call) -> str:
    """What a call is named for; `this.applyChange.execute(…)` says it before the last name."""
    name = name_of(call.func)
    holder = call.func.value if name in _RUNS and isinstance(call.func, ir.Attr) else None
    return name_of(holder) if isinstance(holder, ir.Name | ir.Attr) else name


def is_in_background(spot: Spot) -> bool:
    """Whether nobody waits for the loop: it follows events or keeps things in step, at its own pace."""
    names = [re.sub(r"\.\w+$", "", spot.unit.path)]
    at = spot.info
    while at is not None:
        names += [at.owner.node.name] if at.owner is not None else []
        at = at.outer
    return any(_BACKGROUND.search(name) for name in names)
