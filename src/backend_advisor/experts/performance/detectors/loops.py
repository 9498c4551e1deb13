"""The loops around a call: which of them go over rows, and what is another in each round."""

import re
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.tree import names_in, within
from backend_advisor.experts.performance.detectors.few_items import is_small
from backend_advisor.experts.performance.detectors.survey import COLLECTORS, OVER_ITEMS, Spot, handed_over

_ALWAYS_COLLECTIONS = frozenset({"forEach", "removeIf", "forEachOrdered"})
_STREAMS = frozenset({"stream", "parallelStream", "of", "asList", "range", "rangeClosed", "fromIterable", "boxed"})
_ONE = frozenset({"Mono", "Optional", "Uni", "Maybe", "Single"})
_PICKS_ONE = frozenset({"findFirst", "findAny", "max", "min", "reduce"})
"""What gives an Optional at the end of a stream."""
_AT_ONCE = frozenset(
    ["then", "catch", "finally", "limit", "Promise", "retry", "transaction", "$transaction", "withTransaction", "run",
     "tx", "supplyAsync", "runAsync", "submit", "execute", "timeout", "all", "resolve"]
)  # fmt: skip
_BATCH = re.compile(
    r"(?i)chunk|batch|page|partition|slice|window|offset|skip|cursor|attempt|retr(?:y|ies)|(?-i:(?<![a-z])[tT]ries|Tries)"
)
"""`entries` and `countries` are no tries."""
_BATCHES = re.compile(
    r"(?i)^(?:chunk|batch|partition)|(?:chunks|batches|partitions)$|(?<=[a-z])(?:Chunks|Batches|Partitions)"
)
_PAGES = re.compile(r"(?i)(?:^|_|(?<=[a-z]))pages?$|^(?:num|n|max|total|last)_?pages?")
_NEXT_PAGE = re.compile(r"(?:next|has_?next|is_?last|has_?more)_?(?:or_?last_?)?(?:Page|page|Slice|slice)\w*$")
"""What asks a page of rows for the next one."""
_NEXT = frozenset({"pop", "popleft", "poll", "shift", "fetchone", "next", "hasNext", "remove", "readline", "dequeue"})


@dataclass(slots=True)
class Round:
    """A loop over items: `over` is what it goes over, `names` are another in each round."""

    node: ir.Node
    over: ir.Expr | None
    names: frozenset[str]

    @property
    def place(self) -> ir.Node:
        """What a reader is shown of the loop: what it goes over, or its condition."""
        if self.over is not None:
            return self.over
        return self.node.test if isinstance(self.node, ir.While) else self.node


def rounds(spot: Spot) -> list[Round]:
    """The loops over items around a call, outermost first; none when it runs at most once in the innermost."""
    found: list[Round] = []
    for number in range(len(spot.path) - 1, -1, -1):
        node = spot.path[number]
        inner = spot.inner(number)
        if isinstance(node, ir.Lambda):
            holder = spot.path[number - 1] if number else None
            within_collector = _in_collector(spot, number)
            if within_collector is not None:
                found.append(within_collector)
                continue
            called = _callback(holder, node, spot.unit.language) if isinstance(holder, ir.Call) else None
            called = called or _by_variable(holder, node, spot)
            if called is None:
                if not isinstance(holder, ir.Call) or _name(holder.func) not in _AT_ONCE:
                    break
            else:
                found.append(called)
        elif isinstance(node, ir.For):
            if inner is not node.iterable and inner not in node.otherwise:
                found.append(Round(node, node.iterable, _varying(names_in(node.target), node.body)))
        elif isinstance(node, ir.While):
            if inner not in node.otherwise:
                found.append(Round(node, None, _varying(_of_while(node), [*node.body, *node.update])))
        elif isinstance(node, ir.Comprehension) and inner is not node.clauses[0][1]:
            targets = {name for target, _, _ in node.clauses for name in names_in(target)}
            found.append(Round(node, node.clauses[0][1], frozenset(targets)))
    return found[::-1]


def many(spot: Spot) -> Round | None:
    """The innermost loop over an unknown number of items in which the call differs each time; None for other calls."""
    if _ends_loop(spot):
        return None
    used = _used(spot.node)
    for one in reversed(rounds(spot)):
        if _in_batches(one):
            return None
        if used & one.names and not is_small(one, spot):
            return one
    return None


def goes_over_items(one: Round, spot: Spot) -> bool:
    """Whether a loop goes over an unknown number of items, one by one."""
    return not _in_batches(one) and not is_small(one, spot)


def by_name(spot: Spot) -> Round | None:
    """The loop that `items.map(load)` is, over an unknown number of items."""
    node = spot.node
    over = _over(node, spot.unit.language) if isinstance(node, ir.Call) else None
    if over is None:
        return None
    found = Round(node, over, frozenset())
    return None if _in_batches(found) or is_small(found, spot) else found


def _callback(call: ir.Call, given: ir.Lambda, language: str) -> Round | None:
    over = _over(call, language)
    if over is None or call.args[0] is not given:
        return None
    names = {name for param in given.function.params for name in (param.name, *names_in(param.pattern))}
    return Round(call, over, _varying(names, given.function.body))


def _in_collector(spot: Spot, number: int) -> Round | None:
    """`items.stream().collect(Collectors.toMap(Item::id, item -> load(item)))`: the function is run for each item."""
    collector, collects = (spot.path[number - 1], spot.path[number - 2]) if number > 1 else (None, None)
    if not isinstance(collector, ir.Call) or _name(collector.func) not in COLLECTORS:
        return None
    if not isinstance(collects, ir.Call) or _name(collects.func) != "collect" or not isinstance(collects.func, ir.Attr):
        return None
    given = spot.path[number]
    over = collects.func.value
    if not isinstance(given, ir.Lambda) or not _chain(over) & _STREAMS or _chain(over) & _ONE:
        return None
    names = {param.name for param in given.function.params}
    return Round(collects, over, _varying(names, given.function.body))


def _by_variable(holder: ir.Node | None, given: ir.Lambda, spot: Spot) -> Round | None:
    """`Predicate<String> known = sku -> …; skus.stream().filter(known.negate())`."""
    if not isinstance(holder, ir.Assign) or not isinstance(holder.target, ir.Name) or spot.unit.language != "java":
        return None
    for call in within(*spot.path[:1]):
        if isinstance(call, ir.Call) and len(call.args) == 1 and _name(handed_over(call)) == holder.target.id:
            over = _over(call, spot.unit.language)
            if over is not None:
                names = {param.name for param in given.function.params}
                return Round(call, over, _varying(names, given.function.body))
    return None


def _over(call: ir.Call, language: str) -> ir.Expr | None:
    """What a call runs a function on, item by item."""
    func = call.func
    if isinstance(func, ir.Name) and func.id in ("map", "filter") and len(call.args) > 1:
        return call.args[1]
    collects = language == "java" and isinstance(func, ir.Attr) and func.name == "collect"
    if not isinstance(func, ir.Attr) or not (func.name in OVER_ITEMS or collects) or not call.args:
        return None
    if func.name in _ALWAYS_COLLECTIONS or language == "python":
        return func.value
    # Java's Optional and reactive types have `map` too; there a stream tells a collection.
    if language == "java":
        if isinstance(func.value, ir.Call) and _name(func.value.func) in _PICKS_ONE:
            return None
        return func.value if _chain(func.value) & _STREAMS and not _chain(func.value) & _ONE else None
    calls = {one.func.name for one in within(func.value) if isinstance(one, ir.Call) and isinstance(one.func, ir.Attr)}
    return None if "pipe" in calls else func.value


def _chain(expression: ir.Expr) -> set[str]:
    """The names of the calls that a value is made with one after the other, and what they begin with."""
    found: set[str] = set()
    while isinstance(expression, ir.Call | ir.Attr):
        if isinstance(expression, ir.Call):
            expression = expression.func
            continue
        found.add(expression.name)
        expression = expression.value
    return found | ({expression.id} if isinstance(expression, ir.Name) else set())


def _of_while(node: ir.While) -> set[str]:
    """What a `while` or a C-style `for` changes from round to round before its body says more."""
    names: set[str] = set()
    for part in within(node.test):
        if isinstance(part, ir.AssignExpr):
            names |= names_in(part.target)
        elif isinstance(part, ir.Call) and isinstance(part.func, ir.Attr) and part.func.name in _NEXT:
            names |= names_in(part.func.value)
    for statement in node.update:
        for part in within(statement):
            if isinstance(part, ir.Assign | ir.AssignExpr):
                names |= names_in(part.target)
    for statement in node.body:
        if isinstance(statement, ir.Assign) and statement.value is not None:
            value = statement.value.value if isinstance(statement.value, ir.Await) else statement.value
            if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr):
                forever = isinstance(node.test, ir.Const)
                if value.func.name == "fetchone" or (not forever and value.func.name in _NEXT):
                    names |= names_in(statement.target)
    return names


def _varying(names: set[str], body: list[ir.Stmt]) -> frozenset[str]:
    """The names that differ from round to round: the loop's own and what is made from them."""
    found = set(names)
    if not found:
        return frozenset()
    nodes = list(within(*body))
    for _ in range(2):
        for node in nodes:
            if isinstance(node, ir.Assign | ir.AssignExpr) and node.value is not None:
                if found & names_in(node.value) and not isinstance(node.target, ir.Index):
                    found |= names_in(node.target)
            elif isinstance(node, ir.For) and found & names_in(node.iterable):
                found |= names_in(node.target)
            elif isinstance(node, ir.Do) and isinstance(node.value, ir.Call):
                call = node.value
                if isinstance(call.func, ir.Attr) and call.func.name.startswith("set") and found & names_in(*call.args):
                    found |= names_in(call.func.value)
    return frozenset(found)


def _used(node: ir.Node) -> set[str]:
    """The names that decide what a call does: its arguments and what it is called on."""
    if isinstance(node, ir.Call):
        receiver = node.func.value if isinstance(node.func, ir.Attr) else None
        return names_in(receiver, *node.args, *(value for _, value in node.keywords))
    return names_in(node)


def _ends_loop(spot: Spot) -> bool:
    """Whether the innermost loop is left after the call, or the call only runs when something went wrong."""
    kinds = (ir.For, ir.While, ir.Comprehension, ir.Lambda)
    start = max((number for number, node in enumerate(spot.path) if isinstance(node, kinds)), default=0)
    in_lambda = isinstance(spot.path[start], ir.Lambda) if spot.path else False
    for number in range(len(spot.path) - 1, start - 1, -1):
        node = spot.path[number]
        inner = spot.inner(number)
        if isinstance(node, ir.Handler) or (isinstance(node, ir.If) and _in(node.then, inner) and _remembers(node)):
            return True
        if in_lambda:
            continue
        body = _list_with(node, inner)
        later = body[_index(body, inner) :] if body is not None else []
        if isinstance(node, ir.Return | ir.Throw) or any(
            isinstance(one, ir.Return | ir.Throw | ir.Break) for one in later
        ):
            return True
    return False


def _in(body: list[ir.Stmt], inner: ir.Node) -> bool:
    return any(one is inner for one in body)


def _list_with(node: ir.Node, inner: ir.Node) -> list[ir.Stmt] | None:
    for name in ("body", "then", "otherwise", "final"):
        body = getattr(node, name, None)
        if isinstance(body, list) and any(one is inner for one in body):
            return body
    return None


def _index(body: list[ir.Stmt], inner: ir.Node) -> int:
    return next(number for number, one in enumerate(body) if one is inner)


def _remembers(node: ir.If) -> bool:
    """`if key not in known: known[key] = …`: each different key is asked for once."""
    asked = names_in(node.test)
    for part in within(*node.then):
        if isinstance(part, ir.Assign) and isinstance(part.target, ir.Index) and asked & names_in(part.target.value):
            return True
        if not isinstance(part, ir.Call) or not isinstance(part.func, ir.Attr):
            continue
        if part.func.name in ("set", "put", "add") and asked & names_in(part.func.value):
            return True
    return False


def _in_batches(one: Round) -> bool:
    """Whether the loop goes over batches, pages or attempts rather than rows."""
    if isinstance(one.node, ir.While) and _goes_on_by_batch(one.node):
        return True
    targets = _targets(one.node)
    if any(_BATCH.search(name) for name in targets):
        return True
    over = one.over
    if isinstance(over, ir.Call):
        name = _name(over.func)
        if _BATCH.search(name) or any(_BATCHES.search(one) for one in _chain(over)):
            return True
        if name == "range" and any(_PAGES.search(one) for one in names_in(*over.args)):
            return True
        return name == "range" and len(over.args) == 3 and not _is_one(over.args[2])
    return over is not None and _BATCHES.search(_name(over)) is not None


def _targets(loop: ir.Node) -> set[str]:
    """What an item of a loop is called."""
    if isinstance(loop, ir.For):
        return names_in(loop.target)
    if isinstance(loop, ir.While):
        return _of_while(loop)
    if isinstance(loop, ir.Comprehension):
        return names_in(*(target for target, _, _ in loop.clauses))
    given = loop.args[0] if isinstance(loop, ir.Call) and loop.args else None
    return {param.name for param in given.function.params} if isinstance(given, ir.Lambda) else set()


def _goes_on_by_batch(loop: ir.While) -> bool:
    """`i += size`, `while ((page = rows.nextPageable()) != null)`."""
    if any(isinstance(part, ir.Attr) and _NEXT_PAGE.match(part.name) for part in within(loop.test)):
        return True
    for statement in loop.update:
        if isinstance(statement, ir.Assign) and statement.op and not _is_one(statement.value):
            return True
        for part in within(statement):
            if isinstance(part, ir.AssignExpr) and part.op and not _is_one(part.value):
                return True
    return False


def _is_one(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Unary):
        value = value.operand
    return isinstance(value, ir.Const) and value.value == 1


def _name(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Name):
        return expression.id
    return expression.name if isinstance(expression, ir.Attr) else ""
