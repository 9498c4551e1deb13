"""The calls on a migration's way up, each with its arguments by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.tree import children, everything, name_of
from backend_advisor.experts.database.migration_code.frameworks import CallForm, Framework

Arguments = Mapping[str, ir.Expr]
_DATABASE_SIDE = "SeparateDatabaseAndState"


@dataclass(frozen=True, slots=True)
class Change:
    """A call that changes the database, with its arguments by name; it stands from `start` to `end`.

    `complete` is false where more arguments are given than can be read.
    """

    form: CallForm
    arguments: Arguments
    start: int
    end: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Within:
    """What names mean at a place: whose calls change the database, and whose change one table."""

    receivers: frozenset[str]
    tables: Mapping[str, ir.Expr] = field(default_factory=dict)


def changes_up(module: ir.Module, framework: Framework, *, asked: bool = False) -> Iterator[Change]:
    """The changes that a migration makes on its way up, in order of place.

    A piece of a question may hold the calls alone, without the function around them.
    """
    if framework.models:
        yield from _operations(module, framework, asked=asked)
        return
    ways = sorted(_ways_up(module, framework.up), key=lambda one: one.start)
    for way in ways:
        receivers = framework.receivers | {param.name for param in way.params}
        for statement in way.body:
            yield from _walked(statement, framework, _Within(receivers))
    if asked and not ways:
        for statement in module.body:
            if not isinstance(statement, ir.Define):
                yield from _walked(statement, framework, _Within(framework.receivers))


def _ways_up(module: ir.Module, name: str) -> Iterator[ir.Function]:
    for node in everything(module.body):
        if isinstance(node, ir.Function) and node.name == name:
            yield node
        elif isinstance(node, ir.Assign) and _is_called(node.target, name):
            yield from _given(node.value, name)
        elif isinstance(node, ir.Mapping):
            for key, value in node.pairs:
                if isinstance(key, ir.Const) and key.value == name:
                    yield from _given(value, name)


def _given(value: ir.Expr | None, name: str) -> Iterator[ir.Function]:
    """A function that is given a name; one that has the name itself is met by itself."""
    if isinstance(value, ir.Lambda) and value.function.name != name:
        yield value.function


def _is_called(target: ir.Expr, name: str) -> bool:
    """Whether an assignment is to `up`, to `exports.up` or to `module.exports.up`."""
    return name_of(target).rpartition(".")[2] == name


def _operations(module: ir.Module, framework: Framework, *, asked: bool) -> Iterator[Change]:
    for node in everything(module.body):
        is_listed = isinstance(node, ir.Field) and node.name == framework.up
        is_piece = asked and isinstance(node, ir.Assign) and _is_called(node.target, framework.up)
        if (is_listed or is_piece) and isinstance(node, (ir.Field, ir.Assign)) and isinstance(node.value, ir.Sequence):
            for item in node.value.items:
                yield from _operation(item, framework)
    if asked:
        for statement in module.body:
            if isinstance(statement, ir.Do):
                yield from _operation(statement.value, framework)


def _operation(item: ir.Expr, framework: Framework) -> Iterator[Change]:
    if not isinstance(item, ir.Call):
        return
    form = framework.calls.get(name_of(item.func))
    if form is not None:
        yield _change(item, form, form.arguments, framework, item.start)
    elif name_of(item.func) == _DATABASE_SIDE:
        # What tables its models have is not known; the SQL in it names them itself.
        inside = dict(item.keywords).get("database_operations", item.args[0] if item.args else None)
        for one in inside.items if isinstance(inside, ir.Sequence) else ():
            if isinstance(one, ir.Call) and name_of(one.func) == "RunSQL":
                yield from _operation(one, framework)


def _walked(node: ir.Node, framework: Framework, within: _Within) -> Iterator[Change]:
    if isinstance(node, ir.Define):
        return
    if isinstance(node, ir.Call):
        yield from _chain(node, framework, within)
        return
    if isinstance(node, ir.With):
        within = _opened(node, framework, within)
    elif isinstance(node, ir.Lambda):
        for statement in node.function.body:
            yield from _walked(statement, framework, within)
        return
    for part in children(node):
        yield from _walked(part, framework, within)


def _opened(node: ir.With, framework: Framework, within: _Within) -> _Within:
    """What names mean inside `with op.batch_alter_table("orders") as batch`."""
    tables = dict(within.tables)
    for item, target in node.items:
        if isinstance(item, ir.Call) and isinstance(target, ir.Name) and name_of(item.func) in framework.scopes:
            arguments, complete = _bound(item, framework.scopes[name_of(item.func)], framework)
            if complete and "table" in arguments:
                tables[target.id] = arguments["table"]
    return _Within(within.receivers - tables.keys(), tables)


def _chain(call: ir.Call, framework: Framework, within: _Within) -> Iterator[Change]:
    root, links = _links(call)
    if isinstance(root, ir.Name) and root.id in within.tables and links:
        yield from _of_table(links, within.tables[root.id], framework)
    elif isinstance(root, ir.Name) and root.id in within.receivers:
        for number, (name, link) in enumerate(links):
            form = framework.calls.get(name)
            if form is not None and name not in framework.columns:
                start = link.start if number == 0 else link.func.end - len(name)
                yield _change(link, form, form.arguments, framework, start)
            yield from _arguments(link, framework, within, name)
        return
    elif root is not None and not isinstance(root, ir.Name):
        yield from _walked(root, framework, within)
    for _, link in links:
        yield from _arguments(link, framework, within, "")


def _arguments(link: ir.Call, framework: Framework, within: _Within, name: str) -> Iterator[Change]:
    """What the functions that are given to a call change."""
    for argument in [*link.args, *(value for _, value in link.keywords)]:
        inside = within
        if isinstance(argument, ir.Lambda) and name:
            inside = _called_back(argument, link, name, framework, within)
        yield from _walked(argument, framework, inside)


def _called_back(given: ir.Lambda, link: ir.Call, name: str, framework: Framework, within: _Within) -> _Within:
    """What the parameters mean of a function that is given to a call: a table in a scope's, a transaction in others."""
    parameters = frozenset(param.name for param in given.function.params)
    if name not in framework.scopes:
        made = name in framework.calls
        return within if made else _Within(within.receivers | parameters, within.tables)
    arguments, _ = _bound(link, framework.scopes[name], framework)
    table = arguments.get("table")
    tables = dict(within.tables) | (dict.fromkeys(parameters, table) if table is not None else {})
    return _Within(within.receivers - parameters, tables)


def _of_table(links: list[tuple[str, ir.Call]], table: ir.Expr, framework: Framework) -> Iterator[Change]:
    """A change inside a scope; the calls that follow it on the same object say more of it."""
    name, first = links[0]
    kind = framework.columns.get(name)
    form = framework.calls.get(name) or (framework.calls.get("column") if kind is not None else None)
    if form is None:
        return
    found = _change(first, form, form.inside, framework, first.start)
    arguments = dict(found.arguments)
    if form.of_table:
        arguments["table"] = table
    if kind is not None:
        arguments["type"] = ir.Const(first.start, first.start, kind)
    for later, link in links[1:]:
        arguments[later] = link.args[0] if link.args else ir.Const(link.start, link.end, value=True)
    yield Change(form, arguments, found.start, links[-1][1].end, found.complete)


def _links(call: ir.Call) -> tuple[ir.Node | None, list[tuple[str, ir.Call]]]:
    """What a chain of calls begins with, and its calls by name in their order."""
    links: list[tuple[str, ir.Call]] = []
    node: ir.Node = call
    while True:
        if isinstance(node, ir.Call):
            links.append((name_of(node.func), node))
            if isinstance(node.func, ir.Name):
                return node.func, links[::-1]
            if not isinstance(node.func, ir.Attr):
                return node.func, links[::-1]
            node = node.func.value
        elif isinstance(node, (ir.Attr, ir.Cast, ir.Await)):
            node = node.value
        else:
            return node, links[::-1]


def _change(call: ir.Call, form: CallForm, names: tuple[str, ...], framework: Framework, start: int) -> Change:
    arguments, complete = _bound(call, names, framework)
    return Change(form, arguments, start, call.end, complete)


def _bound(call: ir.Call, names: tuple[str, ...], framework: Framework) -> tuple[dict[str, ir.Expr], bool]:
    """A call's arguments by name, and whether all of them can be read."""
    if any(isinstance(argument, ir.Spread) for argument in call.args):
        return {}, False
    bound = dict(zip(names, call.args, strict=False))
    bound |= {framework.names.get(name, name): value for name, value in call.keywords if name != "**"}
    return bound, all(name != "**" for name, _ in call.keywords)
