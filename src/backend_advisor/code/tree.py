"""Walking the tree of a file: what stands directly in a node, and everything below some nodes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from itertools import chain
from operator import attrgetter
from sys import intern
from typing import Any, TypeVar, cast

from backend_advisor.code import ir

Kind = TypeVar("Kind", bound=ir.Node)

_PLAIN = frozenset(
    ["start", "end", "id", "name", "op", "kind", "declares", "doc", "modifiers", "header_end", "type", "types", "local",
     "walked", "walked_whole", "walked_kinds"]
)  # fmt: skip
"""Fields that hold no node, or the name of a type only."""

_DEFINITIONS = frozenset([ir.Define, ir.Class])
LEAVES = frozenset([ir.Name, ir.Const])
"""The kinds that hold no node: half of all nodes, so that it pays not to ask."""
_CLOSED = _DEFINITIONS | LEAVES


@cache
def _parts(kind: Any) -> Callable[[ir.Node], tuple[Any, ...]]:
    """Gives what the fields of a kind of node hold that can hold other nodes."""
    plain = _PLAIN - {"types"} if kind is ir.Handler else _PLAIN
    slots = [name for one in reversed(kind.__mro__) for name in getattr(one, "__slots__", ())]
    names = [name for name in slots if name not in plain]
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda node: (get(node),)


def _of_call(node: ir.Call) -> list[ir.Node]:
    found: list[ir.Node] = [node.func, *node.args]
    if node.keywords:
        found += [value for _, value in node.keywords]
    return found if node.body is None else [*found, node.body]


_QUICK: dict[Any, Callable[[Any], list[Any]]] = {
    ir.Attr: lambda node: [node.value],
    ir.Binary: lambda node: [node.left, node.right],
    ir.Call: _of_call,
    ir.Assign: lambda node: [node.target] if node.value is None else [node.target, node.value],
    ir.Do: lambda node: [node.value],
    ir.Index: lambda node: [node.value, node.key],
    ir.Return: lambda node: [] if node.value is None else [node.value],
    ir.If: lambda node: [node.test, *node.then, *node.otherwise],
    ir.Await: lambda node: [node.value],
    ir.Sequence: lambda node: [*node.items],
    ir.Mapping: lambda node: [part for pair in node.pairs for part in pair if part is not None],
    ir.Logic: lambda node: [*node.operands],
    ir.Text: lambda node: [*node.parts] if node.tag is None else [*node.parts, node.tag],
    ir.Lambda: lambda node: [node.function],
    ir.Define: lambda node: [node.definition],
    ir.Unary: lambda node: [node.operand],
}
"""What stands in the most frequent kinds of node."""


def children(node: ir.Node) -> list[ir.Node]:
    """What stands directly in a node, in order of place."""
    kind: Any = type(node)
    quick = _QUICK.get(kind)
    if quick is not None:
        return quick(node)
    found: list[ir.Node] = []
    for part in _parts(kind)(node):
        if type(part) is list:
            if part and isinstance(part[0], ir.Node):
                found += part
            elif part:
                _add(part, found)
        elif isinstance(part, ir.Node):
            found.append(part)
        elif type(part) is tuple:
            _add(part, found)
    return found


def _add(parts: list[Any] | tuple[Any, ...], found: list[ir.Node]) -> None:
    for part in parts:
        if isinstance(part, ir.Node):
            found.append(part)
        elif type(part) is list or type(part) is tuple:
            _add(part, found)


def everything(*starts: object) -> Iterator[ir.Node]:
    """Every node of some trees or lists of them, definitions inside included, in no particular order."""
    waiting: list[ir.Node] = []
    _add(starts, waiting)
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in LEAVES:
            waiting += children(node)


_OFFSETS = 1 << 16
_NOTHING: list[Any] = []
"""What every node holds that holds none of something; nobody changes a tree once it is made."""


@cache
def _offsets() -> tuple[int, ...]:
    return tuple(range(_OFFSETS))


@cache
def _lists(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that are lists."""
    return tuple(one.name for one in fields(kind) if str(one.type).startswith("list["))


def share_parts(module: ir.Module) -> None:
    """Let all nodes of all files hold the same numbers, texts and empty lists: they are a third of what a large tree
    takes in memory."""
    offsets = _offsets()
    beyond: dict[int, int] = {}
    for node in everything(module.body):
        start, end = node.start, node.end
        if end < _OFFSETS:
            node.start, node.end = offsets[start], offsets[end]
        else:
            node.start, node.end = beyond.setdefault(start, start), beyond.setdefault(end, end)
        kind: Any = type(node)
        if isinstance(node, ir.Const):
            if type(node.value) is str:
                node.value = intern(node.value)
        elif kind is not ir.Name:
            for name in _lists(kind):
                if not getattr(node, name):
                    setattr(node, name, _NOTHING)


def within(*roots: ir.Node | None) -> Iterator[ir.Node]:
    """The nodes and everything in them, in order of place; definitions of functions and classes are not entered."""
    waiting = [root for root in reversed(roots) if root is not None]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in _CLOSED:
            inside = children(node)
            inside.reverse()
            waiting += inside


def own(*roots: ir.Node | None) -> Iterator[ir.Node]:
    """As `within`, without the functions that are written inside (lambdas, callbacks)."""
    waiting = [root for root in reversed(roots) if root is not None]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in _DEFINITIONS and type(node) is not ir.Lambda:
            inside = children(node)
            inside.reverse()
            waiting += inside


def in_body(function: ir.Function) -> tuple[ir.Node, ...]:
    """`within` the body of a function; many rules ask, so it is walked once."""
    if function.walked is None:
        function.walked = tuple(within(*function.body))
    return function.walked


def in_whole(function: ir.Function) -> tuple[ir.Node, ...]:
    """`everything` of the body of a function, walked once."""
    if function.walked_whole is None:
        body = in_body(function)
        defined = [node for node in body if type(node) in _DEFINITIONS]
        function.walked_whole = body if not defined else (*body, *chain.from_iterable(map(_inside, defined)))
    return function.walked_whole


_ASKED = frozenset([ir.Assign, ir.Attr, ir.Call, ir.Index, ir.Name, ir.Reference, ir.Return, ir.Unary])
"""The kinds that several rules ask for."""


def of_kind(function: ir.Function, kind: type[Kind]) -> tuple[Kind, ...]:
    """The nodes of exactly one kind among `in_whole` a function: most rules ask for one or two kinds."""
    if function.walked_kinds is None:
        found: defaultdict[type[ir.Node], list[ir.Node]] = defaultdict(list)
        for node in in_whole(function):
            if type(node) in _ASKED:
                found[type(node)].append(node)
        function.walked_kinds = {asked: tuple(nodes) for asked, nodes in found.items()}
    if kind not in _ASKED:
        return tuple(node for node in in_whole(function) if type(node) is kind)
    return cast(tuple[Kind, ...], function.walked_kinds.get(kind, ()))


def _inside(node: ir.Node) -> Iterator[ir.Node]:
    """Everything in a definition, itself left out; what functions in it hold is walked once for all that ask."""
    for part in children(node):
        if isinstance(part, ir.Function):
            yield part
            yield from everything(part.params, part.decorators, part.returns)
            yield from in_whole(part)
        else:
            yield part
            yield from _inside(part)


def names_in(*roots: ir.Node | None) -> set[str]:
    """The names that are used in some expressions."""
    return {node.id for node in within(*roots) if isinstance(node, ir.Name)}


def name_of(expression: ir.Node | None) -> str:
    """The last name of an expression: `db` in `this.app.db` and in `get_db()`."""
    if isinstance(expression, ir.Name):
        return expression.id
    if isinstance(expression, ir.Attr):
        return expression.name
    if isinstance(expression, ir.Call):
        return name_of(expression.func)
    if isinstance(expression, ir.Await | ir.Cast | ir.Index):
        return name_of(expression.value)
    return ""
