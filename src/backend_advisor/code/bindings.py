"""Fields that a class of Java does not let Jackson set from what a client sends."""

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.run import Run
from backend_advisor.code.values import Value, types_of

_CLOSED = frozenset({"JsonIgnore", "JsonIgnoreProperties", "JsonBackReference"})
_OWN = frozenset({"Id", "EmbeddedId", "Version"})
"""Annotations of what a database sets, which says nothing of the other fields."""


def closes_fields(run: Run, value: Value) -> bool:
    """Whether a class says itself which of its fields a client may not set: `@JsonProperty(access = READ_ONLY)`."""
    if run.language != "java":
        return False
    found = [info for kind in types_of(value) if (info := run.machine.program.classes.get(kind)) is not None]
    return bool(found) and all(_closes(run, info) for info in found)


def _closes(run: Run, info: ClassInfo) -> bool:
    for owner in run.machine.program.ancestry(info):
        if any(_name(note) == "JsonIgnoreProperties" and _names_some(note) for note in owner.node.decorators):
            return True
        for field in owner.node.fields:
            notes = {_name(note): note for note in field.decorators}
            if not notes.keys() & _OWN and any(map(_is_closed, notes.items())):
                return True
    return False


def _is_closed(note: tuple[str, ir.Expr]) -> bool:
    name, written = note
    if name == "JsonProperty" and isinstance(written, ir.Call):
        return any(key == "access" and _name(value) == "READ_ONLY" for key, value in written.keywords)
    return name in _CLOSED


def _names_some(note: ir.Expr) -> bool:
    """`@JsonIgnoreProperties({"role"})`; with `ignoreUnknown` alone it closes nothing."""
    return isinstance(note, ir.Call) and (bool(note.args) or any(key == "value" for key, _ in note.keywords))


def _name(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Call):
        return _name(expression.func)
    return getattr(expression, "id", "") or getattr(expression, "name", "")
