"""Sums and differences that are computed from a field of a record."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.tree import in_body

_SUMS = frozenset({"+", "-"})
_SUM_METHODS = frozenset({"add", "subtract", "plus", "minus", "sub"})
_NUMBERS = frozenset({"Number", "parseInt", "parseFloat", "int", "float", "Decimal", "str", "String", "max", "min"})
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A field of what a variable holds."""

    record: str
    field: str


def locals_of(function: ir.Function) -> dict[str, ir.Expr]:
    """What variables that are bound once are bound to."""
    found: dict[str, ir.Expr] = {}
    again: set[str] = set()
    for node in in_body(function):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None:
            if node.target.id in found or node.op is not None:
                again.add(node.target.id)
            found[node.target.id] = node.value
    return {name: value for name, value in found.items() if name not in again}


def as_field(place: ir.Expr | None) -> Reading | None:
    """`item.stock`, `row["stock"]`, `item.getStock()`, `result.rows[0].stock` as a field of a variable."""
    if isinstance(place, ir.Cast | ir.Await):
        return as_field(place.value)
    if isinstance(place, ir.Call):
        return _got(place)
    field = place.name if isinstance(place, ir.Attr) else _key(place) if isinstance(place, ir.Index) else ""
    if not field or not isinstance(place, ir.Attr | ir.Index):
        return None
    holder = place.value
    while isinstance(holder, ir.Index) or (isinstance(holder, ir.Attr) and holder.name == "rows"):
        holder = holder.value
    return Reading(holder.id, field) if isinstance(holder, ir.Name) and holder.id not in ("self", "this") else None


def reading_of(value: ir.Expr | None, made: Mapping[str, ir.Expr], depth: int = 0) -> Reading | None:
    """The field of a record from which a value is computed by adding or subtracting."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, ir.Name):
        return reading_of(made.get(value.id), made, depth + 1)
    if isinstance(value, ir.Cast | ir.Await):
        return reading_of(value.value, made, depth + 1)
    if isinstance(value, ir.Binary) and value.op in _SUMS:
        if any(isinstance(one, ir.Text | ir.Const) and _is_text(one) for one in (value.left, value.right)):
            return None
        return _first(value.left, made, depth) or _first(value.right, made, depth)
    if isinstance(value, ir.Call):
        name = value.func.name if isinstance(value.func, ir.Attr) else getattr(value.func, "id", "")
        if name in _SUM_METHODS and isinstance(value.func, ir.Attr):
            return _first(value.func.value, made, depth)
        if name in _NUMBERS:
            return next((found for one in value.args if (found := reading_of(one, made, depth + 1))), None)
    return None


def _first(operand: ir.Expr, made: Mapping[str, ir.Expr], depth: int) -> Reading | None:
    while isinstance(operand, ir.Call) and getattr(operand.func, "id", "") in _NUMBERS and operand.args:
        operand = operand.args[0]
    if isinstance(operand, ir.Logic):  # `item.stock or 0`, `item.stock ?? 0`
        operand = operand.operands[0]
    if isinstance(operand, ir.Name):
        behind = made.get(operand.id)
        return as_field(behind) if isinstance(behind, ir.Attr | ir.Index | ir.Call) else None
    return as_field(operand) or reading_of(operand, made, depth + 1)


def _is_text(node: ir.Text | ir.Const) -> bool:
    return isinstance(node, ir.Text) or isinstance(node.value, str | bytes)


def _key(place: ir.Index) -> str:
    return place.key.value if isinstance(place.key, ir.Const) and isinstance(place.key.value, str) else ""


def _got(call: ir.Call) -> Reading | None:
    if call.args or not isinstance(call.func, ir.Attr) or not isinstance(call.func.value, ir.Name):
        return None
    name = call.func.name
    if not name.startswith("get") or len(name) < len("getX"):
        return None
    return Reading(call.func.value.id, name[3].lower() + name[4:])
