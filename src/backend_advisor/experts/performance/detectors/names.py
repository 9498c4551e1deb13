"""What names of a file mean outside of the interpreter: qualified names, classes and functions of the program."""

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit


def qualified(unit: Unit, expression: ir.Expr | None) -> str | None:
    """The qualified name of what an import brings: `models.ForeignKey` is `django.db.models.ForeignKey`."""
    if isinstance(expression, ir.Call):
        expression = expression.func
    if isinstance(expression, ir.Attr):
        holder = qualified(unit, expression.value)
        return f"{holder}.{expression.name}" if holder else None
    if not isinstance(expression, ir.Name):
        return None
    statement = unit.imports.get(expression.id)
    if statement is not None:
        module = statement.module.removeprefix("node:")
        return module if statement.name in (None, "default", "*") else f"{module}.{statement.name}"
    return None


def candidates(unit: Unit, expression: ir.Expr | None) -> list[str]:
    """The qualified names that an expression may have, those of star imports among them."""
    known = qualified(unit, expression)
    if known is not None:
        return [known]
    target = expression.func if isinstance(expression, ir.Call) else expression
    if isinstance(target, ir.Name):
        return [f"{star.module}.{target.id}" for star in unit.stars] + [target.id]
    return []


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


def stands_for(program: Program, unit: Unit, name: str) -> str:
    """The framework's type that a class outside of the program most likely is."""
    statement = unit.imports.get(name)
    return program.roles.stands_for(f"{statement.module}.{name}" if statement is not None else name)


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
