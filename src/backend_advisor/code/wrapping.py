"""Handlers made around another function: `wrap(fn)` gives `(req, res, next) => fn(req, res, next).catch(next)`."""

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import FunctionInfo

_MOST = 4


def wrapped(ref: FunctionRef) -> list[FunctionRef]:
    """The functions that a handler hands its own arguments on to, as far as it was given them when it was made."""
    around = getattr(ref.closure, "inner", None)
    if ref.info.outer is None or not around:
        return []
    found: list[FunctionRef] = []
    for name in _handed_on(ref.info):
        value = around.get(name)
        if value is not None:
            found += [one for one in value.refs if isinstance(one, FunctionRef) and one.info is not ref.info]
    return found[:_MOST]


@lru_cache(maxsize=4096)
def _handed_on(info: FunctionInfo) -> tuple[str, ...]:
    """The parameters of the enclosing function that are called with this function's first parameter."""
    outer = info.outer
    if outer is None or not info.node.params or outer.node is info.node:
        return ()
    names = {param.name for param in outer.node.params}
    first = info.node.params[0].name
    found: dict[str, None] = {}
    for call in _calls(info.node.body):
        func = call.func
        if isinstance(func, ir.Attr) and func.name in ("call", "apply"):
            func = func.value
        if isinstance(func, ir.Name) and func.id in names and any(_is(argument, first) for argument in call.args):
            found[func.id] = None
    return tuple(found)


def _is(argument: ir.Expr, name: str) -> bool:
    if isinstance(argument, ir.Spread):
        argument = argument.value
    return isinstance(argument, ir.Name) and argument.id == name


def _calls(body: list[ir.Stmt]) -> Iterator[ir.Call]:
    left: list[object] = list(body)
    while left:
        one = left.pop()
        if isinstance(one, ir.Call):
            yield one
        if isinstance(one, list | tuple):
            left += one
        elif isinstance(one, ir.Node):
            left += [getattr(one, field.name) for field in fields(one)]
