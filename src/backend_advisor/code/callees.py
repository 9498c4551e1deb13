"""What names mean outside of the interpreter: classes and functions of the program; and which function of a Python
program a call means, by what the code says of its receiver: `OrderCard.of(order)`,
`OrderRow(order)`, `picks.add(order)` after `picks = PickList()`, `self.orders.page()` of a field that is injected."""

from collections.abc import Iterator, Sequence

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, name_of

_WRAPS = frozenset({"Annotated", "Optional", "Union", "ClassVar", "Final"})
_MADE_BY = "__init__"
_FOLLOWED = 3


def class_named(program: Program, unit: Unit, name: str) -> ClassInfo | None:
    """The class of the program that a name means in a file."""
    found = unit.classes.get(name)
    if found is not None:
        return found
    statement = unit.imports.get(name)
    if statement is not None:
        located = program.locate(statement, unit)
        if located is not None and located.classes.get(statement.name or name) is not None:
            return located.classes[statement.name or name]
    several = program.by_short_name.get(name, ())
    here = [one for one in several if one.unit is unit]
    return several[0] if len(several) == 1 else here[0] if len(here) == 1 else None


def function_named(program: Program, unit: Unit, expression: ir.Expr, info: FunctionInfo | None) -> FunctionInfo | None:
    """The function of the program that `name`, `this.name` or `self.name` means, in Java also `mapper::name`."""
    if isinstance(expression, ir.Attr):
        owner = info.owner if info is not None else None
        if isinstance(expression, ir.Reference) and isinstance(expression.value, ir.Name) and info is not None:
            owner = _holder(program, unit, expression.value.id, info)
            found = program.method(owner, expression.name) if owner is not None else []
            return found[0] if found else None
        if owner is None or not isinstance(expression.value, ir.Name) or expression.value.id not in ("this", "self"):
            return None
        found = program.method(owner, expression.name)
        return found[0] if found else None
    if not isinstance(expression, ir.Name):
        return None
    statement = unit.imports.get(expression.id)
    name = expression.id
    if statement is not None:
        located = program.locate(statement, unit)
        if located is None:
            return None
        unit, name = located, statement.name or name
    return next((one for one in unit.functions if one.node.name == name and one.owner is None), None)


def _holder(program: Program, unit: Unit, name: str, info: FunctionInfo) -> ClassInfo | None:
    """The class of what stands before a method reference: `this`, a parameter, a field, or the class itself."""
    if name == "this":
        return info.owner
    at: FunctionInfo | None = info
    while at is not None:
        for param in at.node.params:
            if param.name == name:
                return class_named(program, unit, param.type.name) if param.type is not None else None
        at = at.outer
    stated = info.owner.fields.get(name) if info.owner is not None else None
    if stated is not None:
        return class_named(program, unit, stated.type.name) if stated.type is not None else None
    return class_named(program, unit, name) if name[:1].isupper() else None


def callee_of(program: Program, info: FunctionInfo, func: ir.Expr) -> FunctionInfo | None:
    """The function of the program that is called; for a class its constructor."""
    found = function_named(program, info.unit, func, info)
    if found is not None:
        return found
    if isinstance(func, ir.Name):
        made = _own_class(info, func) or class_named(program, info.unit, func.id)
        return _method(program, made, _MADE_BY)
    if not isinstance(func, ir.Attr):
        return None
    holder = func.value
    stated = _own_class(info, holder) or (
        class_named(program, info.unit, holder.id) if isinstance(holder, ir.Name) else None
    )
    return _method(program, stated or class_of(program, info, holder), func.name)


def class_of(program: Program, info: FunctionInfo, holder: ir.Expr, depth: int = _FOLLOWED) -> ClassInfo | None:
    """The class of the program that an object is of, where the code states it or makes the object in view."""
    if not depth:
        return None
    if isinstance(holder, ir.Call):
        made = class_named(program, info.unit, name_of(holder.func)) if isinstance(holder.func, ir.Name) else None
        callee = function_named(program, info.unit, holder.func, info) if made is None else None
        return made or (of_type(program, callee, callee.node.returns) if callee is not None else None)
    if isinstance(holder, ir.Attr) and isinstance(holder.value, ir.Name) and holder.value.id == "self":
        return _of_field(program, info, holder.name, depth)
    return _of_variable(program, info, holder.id, depth) if isinstance(holder, ir.Name) else None


def of_type(program: Program, info: FunctionInfo, kind: ir.Type | None) -> ClassInfo | None:
    """The class that a type means: `Orders`, `Annotated[Orders, Depends(orders)]`, `Orders | None`."""
    if kind is None:
        return None
    inner = kind.args if kind.name.rpartition(".")[2] in _WRAPS else [kind]
    for one in inner:
        found = class_named(program, info.unit, one.name)
        if found is not None:
            return found
    alias = _alias(program, info, kind.name)
    return class_named(program, info.unit, name_of(alias)) if alias is not None else None


def parameters(callee: FunctionInfo) -> list[str]:
    """The names that a caller's arguments go to: without `self` or `cls`."""
    own = [one.name for one in callee.node.params]
    return own[1:] if callee.owner is not None and not callee.is_static else own


def arguments(call: ir.Call, callee: FunctionInfo) -> Iterator[tuple[str, ir.Expr]]:
    """Which parameter is given which expression."""
    names = parameters(callee)
    yield from zip(names, call.args, strict=False)
    yield from ((key, value) for key, value in call.keywords if key in names)


def fields_holding(callee: FunctionInfo, param: str) -> Sequence[str]:
    """The fields in which a constructor keeps a parameter."""
    return [
        one.target.name
        for one in in_body(callee.node)
        if isinstance(one, ir.Assign)
        and isinstance(one.target, ir.Attr)
        and name_of(one.target.value) == "self"
        and isinstance(one.value, ir.Name)
        and one.value.id == param
    ]


def _own_class(info: FunctionInfo, holder: ir.Expr) -> ClassInfo | None:
    """`cls` in a class method, `self` in the others."""
    if info.owner is None or not info.node.params or info.is_static or not isinstance(holder, ir.Name):
        return None
    return info.owner if holder.id == info.node.params[0].name and holder.id in ("self", "cls") else None


def _method(program: Program, owner: ClassInfo | None, name: str) -> FunctionInfo | None:
    return next(iter(program.method(owner, name)), None) if owner is not None else None


def _of_variable(program: Program, info: FunctionInfo, name: str, depth: int) -> ClassInfo | None:
    param = next((one for one in info.node.params if one.name == name), None)
    if param is not None:
        return of_type(program, info, param.type)
    here = [one for one in in_body(info.node) if isinstance(one, ir.Assign) and name_of(one.target) == name]
    made = here or [one for one in info.unit.module.body if isinstance(one, ir.Assign) and name_of(one.target) == name]
    if len(made) != 1 or made[0].value is None or not isinstance(made[0].target, ir.Name):
        return None
    return class_of(program, info, made[0].value, depth - 1)


def _of_field(program: Program, info: FunctionInfo, name: str, depth: int) -> ClassInfo | None:
    if info.owner is None:
        return None
    for owner in program.ancestry(info.owner):
        stated = owner.fields.get(name)
        if stated is not None:
            found = of_type(program, info, stated.type)
            if found is None and stated.value is not None and isinstance(stated.value, ir.Call):
                found = class_of(program, info, stated.value, depth - 1)
            if found is not None:
                return found
        for maker in owner.methods.get(_MADE_BY, ()):
            for one in in_body(maker.node):
                if isinstance(one, ir.Assign) and isinstance(one.target, ir.Attr) and one.target.name == name:
                    found = of_type(program, maker, one.type)
                    given = one.value
                    if found is None and given is not None and not _is_field_of_self(given):
                        found = class_of(program, maker, given, depth - 1)
                    if found is not None:
                        return found
    return None


def _is_field_of_self(given: ir.Expr) -> bool:
    return isinstance(given, ir.Attr) and name_of(given.value) == "self"


def _alias(program: Program, info: FunctionInfo, name: str) -> ir.Expr | None:
    """The class behind a name for an annotated type: `Source = Annotated[Orders, Depends(orders)]`."""
    unit = info.unit
    statement = unit.imports.get(name)
    if statement is not None:
        located = program.locate(statement, unit)
        if located is None:
            return None
        unit, name = located, statement.name or name
    for one in unit.module.body:
        if isinstance(one, ir.Assign) and name_of(one.target) == name and isinstance(one.value, ir.Index):
            key = one.value.key
            if name_of(one.value.value) in _WRAPS and isinstance(key, ir.Sequence) and key.items:
                return key.items[0]
    return None
