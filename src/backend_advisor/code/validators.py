"""Fields of a program's own models that a validator of the model has looked at before a handler reads them."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.run import Run
from backend_advisor.code.taints import NO_TAINTS
from backend_advisor.code.tree import in_body
from backend_advisor.code.types import NO_TEXT
from backend_advisor.code.values import Value, cleaned, doubtful, types_of

_VALIDATORS = frozenset({"field_validator", "validator"})
_TYPED = re.compile(
    r"^(?:Is(?!Optional$|Defined$|Object$|NotEmpty$|Empty$|In$|Array$|Instance$)\w+|Matches|Length|MinLength|MaxLength|Min|Max|"
    r"Contains|ToBoolean|ParseInt)$"
)
"""Decorators of class-validator that let only text, numbers and the like through."""
_LOST = 2


def with_checked_fields(run: Run, value: Value) -> Value:
    """A model that a client fills, the fields that its validators can refuse being less surely what the client sent."""
    checked: list[str] = []
    fields: list[str] = []
    for kind in types_of(value) if value.taints else ():
        info = run.machine.program.classes.get(kind)
        for owner in run.machine.program.ancestry(info) if info is not None else ():
            fields += owner.fields
            checked += [name for several in owner.methods.values() for one in several for name in _refuses(one)]
    if not checked or value.fields is not None:
        return value
    whole = Value(value.taints)
    each = {**dict.fromkeys(fields, whole), **dict.fromkeys(checked, doubtful(whole, _LOST))}
    return value.but(taints=NO_TAINTS, rest=whole, fields=each)


def with_typed_fields(run: Run, value: Value) -> Value:
    """An object of TypeScript that a client fills, where validators of its class let only plain values into fields."""
    whole = Value(value.taints)
    each: dict[str | int, Value] = {}
    found = foreign = False
    for kind in types_of(value) if value.taints and value.fields is None else ():
        info = run.machine.program.classes.get(kind)
        for owner in run.machine.program.ancestry(info) if info is not None else ():
            for name, one in owner.fields.items():
                notes = [_last_name(note.func if isinstance(note, ir.Call) else note) for note in one.decorators]
                typed = any(_TYPED.match(note) for note in notes)
                each.setdefault(name, cleaned(whole, NO_TEXT) if typed else whole)
                found = found or typed
            # `extends Paged(10)`: what a function makes has validators of its own, by habit.
            foreign = foreign or any(isinstance(base, ir.Call) for base in owner.node.bases)
    if not found:
        return value
    return value.but(taints=NO_TAINTS, rest=cleaned(whole, NO_TEXT) if foreign else whole, fields=each)


def _refuses(method: FunctionInfo) -> Iterator[str]:
    """The fields that a validator is for: `@field_validator("locale")` over a method that raises."""
    for note in method.node.decorators:
        if not isinstance(note, ir.Call) or _last_name(note.func) not in _VALIDATORS:
            continue
        if any(isinstance(node, ir.Throw | ir.Assert) for node in in_body(method.node)):
            yield from (one.value for one in note.args if isinstance(one, ir.Const) and isinstance(one.value, str))


def _last_name(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")
