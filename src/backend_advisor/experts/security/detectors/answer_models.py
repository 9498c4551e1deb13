"""Classes that describe an answer and have a field for a stored password (part of SEC405)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import within
from backend_advisor.experts.security.detectors.words import PASSWORD_FIELD, dotted

_USERS = re.compile(
    r"^django\.contrib\.auth\.(?:models\.(?:User|AbstractUser|AbstractBaseUser)|base_user\.AbstractBaseUser)$"
)
_SERIALISERS = re.compile(r"^rest_framework\.serializers\.\w*ModelSerializer$")
_HIDDEN = re.compile(rb"write_only|\bexclude\b|to_representation|\.pop\(|load_only|Field\([^)]*exclude\s*=\s*True")


def models_with_password(program: Program) -> Iterator[tuple[Unit, ir.Node, str, str]]:
    """Where an answer's class is named, the route or class that does, and the field."""
    if program.language != "python":
        return
    for info in program.functions():
        if not is_test(info.unit.path):
            yield from _declared(program, info)
    for owner in program.classes.values():
        if not is_test(owner.unit.path) and any(_SERIALISERS.match(base) for base in program.foreign_bases(owner)):
            yield from _of_all_fields(program, owner)


def _declared(program: Program, info: FunctionInfo) -> Iterator[tuple[Unit, ir.Node, str, str]]:
    """`@app.post("/users", response_model=UserOut)`."""
    for note in info.node.decorators:
        for key, value in note.keywords if isinstance(note, ir.Call) else ():
            if key == "response_model":
                for part in within(value):
                    field = _password_of(program, part.id) if isinstance(part, ir.Name) else ""
                    if field:
                        yield info.unit, value, info.node.name, field


def _password_of(program: Program, name: str) -> str:
    """The field for a password of the one class of this name."""
    found = program.by_short_name.get(name, ())
    if len(found) != 1:
        return ""
    for one in program.ancestry(found[0]):
        if _HIDDEN.search(one.unit.module.source, one.node.start, one.node.end):
            return ""
    names = (field.name for one in program.ancestry(found[0]) for field in one.node.fields)
    return next((field for field in names if PASSWORD_FIELD.match(field)), "")


def _of_all_fields(program: Program, owner: ClassInfo) -> Iterator[tuple[Unit, ir.Node, str, str]]:
    """A serialiser of users with `fields = "__all__"`, whose password is not write-only."""
    meta = next((one for one in owner.node.classes if one.name == "Meta"), None)
    stated = {field.name: field.value for field in meta.fields} if meta is not None else {}
    fields, model = stated.get("fields"), stated.get("model")
    if not (isinstance(fields, ir.Const) and fields.value == "__all__" and model is not None):
        return
    hidden = _HIDDEN.search(owner.unit.module.source, owner.node.start, owner.node.end)
    if hidden is None and _is_user(program, owner.unit, model):
        yield owner.unit, fields, owner.node.name, "password"


def _is_user(program: Program, unit: Unit, model: ir.Expr) -> bool:
    """Whether a model is Django's user, or a class of the program that is made of it."""
    if isinstance(model, ir.Call):
        return dotted(model.func).endswith("get_user_model")
    if not isinstance(model, ir.Name):
        return False
    statement = unit.imports.get(model.id)
    if statement is not None and _USERS.match(f"{statement.module}.{statement.name}"):
        return True
    known = program.by_short_name.get(model.id, ())
    return len(known) == 1 and any(_USERS.match(base) for base in program.foreign_bases(known[0]))
