"""Serializers and forms of Django that let a client write every field, privileges among them (part of SEC217)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, Program
from backend_advisor.code.tree import in_whole, within
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_OF_MODEL = re.compile(r"^(?:rest_framework|django)\..*\.?(?:ModelSerializer|HyperlinkedModelSerializer|ModelForm)$")
_PRIVILEGE = re.compile(
    r"(?i)^(?:is_?(?:admin\w*|staff|super_?user|moderator|root|verified|approved|trusted)|(?:user_?)?roles?|"
    r"(?:user_?)?permissions|access_?level|(?:\w+_)?(?:balance|credits?|credit_?limit)|verified|approved)$"
)
"""What a person may not decide of the own record: rights, money, and whether somebody has checked it."""
_WRITES = re.compile(
    r"^(?:rest_framework|django)\..*(?:ModelViewSet|CreateAPIView|UpdateAPIView|(?:ListCreate|RetrieveUpdate\w*)APIView|"
    r"(?:Create|Update)ModelMixin|CreateView|UpdateView)$"
)
_ANYBODY = frozenset({"IsAuthenticated", "IsAuthenticatedOrReadOnly", "AllowAny"})
_WRITING = frozenset({"post", "put", "patch"})
_CHOOSES_FIELDS = frozenset(
    {"__init__", "get_fields", "get_extra_kwargs", "to_internal_value", "create", "update", "save", "clean", "validate"}
)
_HANDS_ON = frozenset({"create", "update"})
_USERS = re.compile(r"^django\.contrib\.auth\..*Abstract(?:Base)?User$")
_OF_USERS = ("is_staff", "is_superuser")
_CHOOSES = frozenset(
    {"get_serializer_class", "get_serializer", "get_form_class", "get_form", "get_permissions", "test_func", "dispatch"}
)


@dataclass(frozen=True, slots=True)
class _Open:
    """A serializer or form without a list of fields: where it says so, and the privileges that it lets be written."""

    info: ClassInfo
    node: ir.Node
    privileges: tuple[str, ...]


@detects_in_code("SEC217")
def privileges_are_writable(context: CodeContext) -> Iterator[Match]:
    """All fields of a model, some of which no client may set, can be written through a view for all who sign in."""
    program = context.program
    if program.language != "python":
        return
    found = {one.info.node.name: one for one in _open(program)}
    if not found:
        return
    used = _used(program, set(found))
    for name, one in found.items():
        if name in used:
            yield Match(
                location=context.location(one.info.unit, one.node),
                values={"call": f"{name} ({', '.join(one.privileges)})", "source": "request.data"},
            )


def _open(program: Program) -> Iterator[_Open]:
    for info in program.classes.values():
        meta = info.classes.get("Meta")
        if meta is None or is_test(info.unit.path) or not any(map(_OF_MODEL.match, program.foreign_bases(info))):
            continue
        node = _without_list(meta)
        family = program.ancestry(info)
        if node is None or any(_chooses(one) for one in family):
            continue
        privileges = sorted(_privileges(program, meta) - _closed(meta) - _closed_by_itself(family))
        if privileges:
            yield _Open(info, node, tuple(privileges[:3]))


def _chooses(info: ClassInfo) -> bool:
    """Whether a class decides in code what is written; to hand on all that was checked decides nothing."""
    return any(
        name not in _HANDS_ON or not _hands_on(method.node)
        for name in _CHOOSES_FIELDS & info.methods.keys()
        for method in info.methods[name]
    )


def _hands_on(function: ir.Function) -> bool:
    """`super().update(instance, validated_data)`, with no word of a privilege."""
    given = function.params[-1].name if function.params else ""
    if any(isinstance(one, ir.Const) and _PRIVILEGE.match(str(one.value)) for one in in_whole(function)):
        return False
    return any(
        isinstance(one, ir.Call)
        and dotted(one.func) == f"super.{function.name}"
        and any(getattr(argument, "id", "") == given for argument in one.args)
        for one in in_whole(function)
    )


def _without_list(meta: ClassInfo) -> ir.Node | None:
    """Where a Meta says `fields = "__all__"`, or names only what it leaves out."""
    fields, left_out = _value(meta, "fields"), _value(meta, "exclude")
    if (isinstance(fields, ir.Const) and fields.value == "__all__") or getattr(fields, "name", "") == "ALL_FIELDS":
        return fields
    return left_out if fields is None else None


def _value(info: ClassInfo, name: str) -> ir.Expr | None:
    return info.fields[name].value if name in info.fields else None


def _privileges(program: Program, meta: ClassInfo) -> set[str]:
    """The privileged fields of the model in view that can be written at all."""
    named = _value(meta, "model")
    word = getattr(named, "id", "") or getattr(named, "name", "")
    models = program.by_short_name.get(word, ())
    if not models and _is_user_of_django(named, word, meta):
        own = [one for one in program.classes.values() if any(map(_USERS.search, program.foreign_bases(one)))]
        if not own:
            return set(_OF_USERS)
        models = own[:1] if len(own) == 1 else ()
    if len(models) != 1:
        return set()
    inherited = any(base.endswith(".AbstractUser") for base in program.foreign_bases(models[0]))
    return (set(_OF_USERS) if inherited else set()) | {
        name
        for one in program.ancestry(models[0])
        for name, stated in one.fields.items()
        if _PRIVILEGE.match(name) and isinstance(stated.value, ir.Call) and not _says(stated.value, "editable", False)
    }


def _is_user_of_django(named: ir.Expr | None, word: str, meta: ClassInfo) -> bool:
    """`get_user_model()`, a name for it, or the model that Django brings."""
    statement = meta.unit.imports.get(word)
    if statement is not None:
        return statement.module == "django.contrib.auth.models" and statement.name == "User"
    given = [
        one.value
        for one in meta.unit.module.body
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == word
    ]
    return any(isinstance(one, ir.Call) and dotted(one).endswith("get_user_model") for one in (named, *given))


def _says(call: ir.Call, key: str, value: object) -> bool:
    return any(name == key and isinstance(one, ir.Const) and one.value is value for name, one in call.keywords)


def _closed(meta: ClassInfo) -> set[str]:
    """What a Meta leaves out or lets only be read."""
    closed = {
        one.value
        for name in ("read_only_fields", "exclude")
        for one in within(_value(meta, name))
        if isinstance(one, ir.Const) and isinstance(one.value, str)
    }
    options = _value(meta, "extra_kwargs")
    for key, value in options.pairs if isinstance(options, ir.Mapping) else ():
        if isinstance(key, ir.Const) and isinstance(value, ir.Mapping):
            said = {one.value: held for one, held in value.pairs if isinstance(one, ir.Const)}
            if getattr(said.get("read_only"), "value", None) is True:
                closed.add(str(key.value))
    return closed


def _closed_by_itself(family: list[ClassInfo]) -> set[str]:
    """The fields that a serializer states itself as read only, or checks in a method of their own."""
    stated = {name for one in family for name in one.fields if name != "Meta"}
    checked = {re.sub(r"^(?:validate|clean)_", "", name) for one in family for name in one.methods}
    return stated | checked


def _used(program: Program, wanted: set[str]) -> set[str]:
    """Those of some serializers and forms that a view without a right of its own fills from a request."""
    used: set[str] = set()
    for info in program.classes.values():
        if is_test(info.unit.path) or not _is_for_all(program, info):
            continue
        family = program.ancestry(info)
        if any(map(_WRITES.match, program.foreign_bases(info))) and _takes_writes(family):
            for field in ("serializer_class", "form_class"):
                named = next((one.fields[field].value for one in family if field in one.fields), None)
                used.add(getattr(named, "id", ""))
        for name in _WRITING & info.methods.keys():
            for method in info.methods[name]:
                used |= set(_filled(method.node, wanted))
    for function in program.functions():
        if function.owner is None and not is_test(function.unit.path) and _is_open_function(function.node):
            used |= set(_filled(function.node, wanted))
    return used & wanted


def _is_for_all(program: Program, info: ClassInfo) -> bool:
    """Whether a view states that being signed in, or nothing, is enough."""
    family = program.ancestry(info)
    if any(_CHOOSES & one.methods.keys() for one in family):
        return False
    if any(base.endswith(".LoginRequiredMixin") for base in program.foreign_bases(info)):
        return not any(
            re.search(r"(?i)permission|passestest|staff|superuser|admin", base) for base in program.foreign_bases(info)
        )
    stated = next(
        (one.fields["permission_classes"].value for one in family if "permission_classes" in one.fields), None
    )
    return _are_anybody(stated)


def _are_anybody(stated: ir.Expr | None) -> bool:
    words = {getattr(one, "id", "") or getattr(one, "name", "") for one in within(stated)}
    classes = {word for word in words if word[:1].isupper()}
    return bool(classes) and classes <= _ANYBODY


def _takes_writes(family: list[ClassInfo]) -> bool:
    stated = next((one.fields["http_method_names"].value for one in family if "http_method_names" in one.fields), None)
    said = {one.value for one in within(stated) if isinstance(one, ir.Const)}
    return stated is None or not said or bool(said & _WRITING)


def _is_open_function(function: ir.Function) -> bool:
    """Whether a function asks only that one is signed in: `@permission_classes([IsAuthenticated])`."""
    notes = [note for note in function.decorators if isinstance(note, ir.Call)]
    return any(
        getattr(note.func, "id", "") == "permission_classes" and _are_anybody(note.args[0])
        for note in notes
        if note.args
    )


def _filled(function: ir.Function, wanted: set[str]) -> Iterator[str]:
    """The serializers that a function fills with what was sent: `MemberSerializer(member, data=request.data)`."""
    for node in in_whole(function):
        name = getattr(node.func, "id", "") if isinstance(node, ir.Call) else ""
        if isinstance(node, ir.Call) and name in wanted and any(key == "data" for key, _ in node.keywords):
            yield name
