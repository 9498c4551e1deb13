"""What names of a file mean outside of the interpreter: qualified names, classes and functions of the program."""

from backend_advisor.code import ir
from backend_advisor.code.callees import class_named, function_named
from backend_advisor.code.program import Program, Unit

__all__ = ["candidates", "class_named", "function_named", "qualified", "stands_for"]


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


def stands_for(program: Program, unit: Unit, name: str) -> str:
    """The framework's type that a class outside of the program most likely is."""
    statement = unit.imports.get(name)
    return program.roles.stands_for(f"{statement.module}.{name}" if statement is not None else name)
