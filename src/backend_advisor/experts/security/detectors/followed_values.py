"""What a function or a getter of the program gives, as a comparison reads it: `bearer(request)`, `this.tokens.api`."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import of_kind

_SELVES = frozenset({"this", "self"})
_LONGEST = 8
"""Statements of a function that only hands something out."""


def given_by_own(side: ir.Expr, program: Program, info: FunctionInfo) -> Iterator[tuple[FunctionInfo, ir.Expr]]:
    """What the short function or getter returns that an expression asks, and what its variables hold."""
    while isinstance(side, ir.Await | ir.Cast):
        side = side.value
    for called in _asked(side, program, info):
        if len(called.node.body) > _LONGEST:
            continue
        for node in of_kind(called.node, ir.Return):
            if node.value is not None:
                yield from ((called, one) for one in _ways(node.value))
        for made in of_kind(called.node, ir.Assign):
            if made.value is not None:
                yield from ((called, one) for one in _ways(made.value))


def _ways(value: ir.Expr) -> Iterator[ir.Expr]:
    """`header || ""`, `found ? header : ""`: the value and each that it may be."""
    yield value
    if isinstance(value, ir.Logic):
        yield from value.operands
    elif isinstance(value, ir.Conditional):
        yield from (value.then, value.otherwise)


def _asked(side: ir.Expr, program: Program, info: FunctionInfo) -> list[FunctionInfo]:
    func = side.func if isinstance(side, ir.Call) else side
    if isinstance(func, ir.Name):
        for statement in info.unit.module.body:
            held = statement.value if isinstance(statement, ir.Assign) else None
            if isinstance(held, ir.Lambda) and getattr(statement.target, "id", "") == func.id:  # type: ignore[attr-defined]
                return [one for one in info.unit.functions if one.node is held.function]
        return [one for one in info.unit.functions if one.node.name == func.id and one.owner is None][:1]
    if not isinstance(func, ir.Attr):
        return []
    owner = _class_of(func.value, program, info)
    return list(program.method(owner, func.name))[:1] if owner is not None else []


def _class_of(holder: ir.Expr, program: Program, info: FunctionInfo) -> ClassInfo | None:
    """The class of `this`, and of a field that states its type or is made at once."""
    if isinstance(holder, ir.Name):
        return info.owner if holder.id in _SELVES else None
    if not isinstance(holder, ir.Attr) or not isinstance(holder.value, ir.Name) or holder.value.id not in _SELVES:
        return None
    field = info.owner.fields.get(holder.name) if info.owner is not None else None
    constructors = info.owner.methods.get("constructor", ()) if info.owner is not None else ()
    stated = [one.type for method in constructors for one in method.node.params if one.name == holder.name]
    names = [kind.name for kind in (field.type if field is not None else None, *stated) if kind is not None]
    made = [field.value] if field is not None else []
    for method in constructors:
        made += [
            one.value
            for one in of_kind(method.node, ir.Assign)
            if isinstance(one.target, ir.Attr) and one.target.name == holder.name
        ]
    names += [one.func.id for one in made if isinstance(one, ir.Call) and one.new and isinstance(one.func, ir.Name)]
    found = [one for name in names for one in program.by_short_name.get(name, ())]
    return found[0] if len(found) == 1 or (found and all(one is found[0] for one in found)) else None
