"""Fields of a program's own models that a validator of the model has looked at before a handler reads them."""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.patterns import cleared_by_match
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.run import Run
from backend_advisor.code.taints import ALL, NO_TAINTS
from backend_advisor.code.tree import in_body, within
from backend_advisor.code.types import NO_TEXT, behind, is_enum
from backend_advisor.code.values import Value, cleaned, doubtful, types_of

_VALIDATORS = frozenset({"field_validator", "validator"})
_TYPED = re.compile(
    r"^(?:Is(?!Optional$|Defined$|Object$|NotEmpty$|Empty$|In$|Array$|Instance$)\w+|Matches|Length|MinLength|MaxLength|Min|Max|"
    r"Contains|ToBoolean|ParseInt)$"
)
"""Decorators of class-validator that let only text, numbers and the like through."""
_EXACT = re.compile(
    r"^Is(?:UUID|Int|Number|NumberString|Boolean|BooleanString|Enum|MongoId|Alpha|Alphanumeric|Hexadecimal|Hash|Date|Port|"
    r"Positive|Negative|ULID|ISO31661Alpha[23]|ISO4217CurrencyCode)$"
)
"""Those that let nothing through of which a path, an address or a statement could be made."""
_LOST = 2
_SCHEMES = frozenset({"http", "https", "http:", "https:", "http://", "https://", "ftp://", "ws://", "wss://"})
_DEPTH = 4
_DOCUMENTS = frozenset(
    [
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "Any",
        "object",
        "Json",
        "JsonValue",
        "TypedDict",
        "OrderedDict",
        "T",
        "",
    ]
)
"""Types that let a document of the client through."""


_plain: "WeakKeyDictionary[Program, dict[ClassInfo, bool]]" = WeakKeyDictionary()


def with_checked_fields(run: Run, value: Value) -> Value:
    """A model that a client fills, the fields that its validators can refuse being less surely what the client sent."""
    checked: list[str] = []
    fields: list[str] = []
    for kind in types_of(value) if value.taints else ():
        info = run.machine.program.classes.get(kind)
        for owner in run.machine.program.ancestry(info) if info is not None else ():
            fields += owner.fields
            _run_validators(run, owner, value)
            checked += [name for several in owner.methods.values() for one in several for name in _refuses(one)]
    if not checked or value.fields is not None:
        return value
    whole = Value(value.taints)
    each = {**dict.fromkeys(fields, whole), **dict.fromkeys(checked, doubtful(whole, _LOST))}
    return value.but(taints=NO_TAINTS, rest=whole, fields=each)


def _run_validators(run: Run, owner: ClassInfo, value: Value) -> None:
    """Let the validators of a client's model look at what the client sent: `@field_validator("name")`."""
    functions = run.machine.functions
    for method in (one for several in owner.methods.values() for one in several):
        if any(isinstance(note, ir.Call) and _last_name(note.func) in _VALIDATORS for note in method.node.decorators):
            ref = FunctionRef(method, run.machine.closure_of(method), Value(refs=(owner,)))
            functions.invoke(run, ref, [Value(value.taints)], {}, None)


def without_documents(run: Run, value: Value) -> Value:
    """A model of Pydantic that a client fills: where its fields can be neither mappings nor anything, and no others are
    kept, no operator of a query gets in, also when the model is made a mapping again."""
    models = [run.machine.program.classes.get(kind) for kind in types_of(value)] if value.taints else []
    if not models or not all(one is not None and _is_plain(run, one, _DEPTH) for one in models):
        return value
    return cleaned(value, (*NO_TEXT, "nosql.code"))  # no name of theirs is `$where`


def _is_plain(run: Run, model: ClassInfo, depth: int) -> bool:
    known = _plain.setdefault(run.machine.program, {})
    if model not in known:
        known[model] = False  # for a model that holds itself
        known[model] = _has_plain_fields(run, model, depth)
    return known[model]


def _has_plain_fields(run: Run, model: ClassInfo, depth: int) -> bool:
    program = run.machine.program
    family = program.ancestry(model)
    if not depth or not any(
        base.endswith((".BaseModel", ".SQLModel", ".Struct")) for base in program.foreign_bases(model)
    ):
        return False
    stated = [field for owner in family for field in owner.node.fields if field.name != "model_config"]
    kept = [owner.fields.get("model_config") for owner in family]
    if any(
        isinstance(one, ir.Const) and one.value == "allow" for field in kept if field for one in within(field.value)
    ):
        return False
    if any("extra" in config.fields for owner in family if (config := owner.classes.get("Config")) is not None):
        return False
    return all(field.type is not None and _holds_no_document(run, field.type, depth) for field in stated)


def _holds_no_document(run: Run, stated: ir.Type, depth: int) -> bool:
    run, stated = behind(run, stated)
    short = stated.name.rsplit(".", 1)[-1]
    if short in _DOCUMENTS or not depth:
        return False
    parts = stated.args if short not in ("Literal", "ClassVar") else []
    nested = run.machine.program.by_short_name.get(short, ())
    if any(not is_enum(run, one) and not _is_plain(run, one, depth - 1) for one in nested):
        return False
    return all(_holds_no_document(run, part, depth - 1) for part in parts)


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
                settled = cleaned(whole, (*NO_TEXT, *_narrowed(run, one))) if typed else whole
                each.setdefault(name, settled)
                found = found or typed
            # `extends Paged(10)`: what a function makes has validators of its own, by habit.
            foreign = foreign or any(isinstance(base, ir.Call) for base in owner.node.bases)
    if not found:
        return value
    return value.but(taints=NO_TAINTS, rest=cleaned(whole, NO_TEXT) if foreign else whole, fields=each)


def _narrowed(run: Run, field: ir.Field) -> tuple[str, ...]:
    """What the validators of a field leave no way to harm: `@IsUUID()`, `@Matches(/^[a-z]+$/)`."""
    cleared: list[str] = []
    for note in field.decorators:
        name = _last_name(note.func if isinstance(note, ir.Call) else note)
        if _EXACT.match(name):
            cleared.append(ALL)
        elif name == "Matches" and isinstance(note, ir.Call) and note.args:
            given = run.evaluate(note.args[0], {})
            pattern = (given.fields or {}).get("(pattern)", given).consts
            if pattern and len(pattern) == 1 and isinstance(pattern[0], str):
                cleared += cleared_by_match(pattern[0])
    return tuple(cleared)


def _refuses(method: FunctionInfo) -> Iterator[str]:
    """The fields that a validator is for: `@field_validator("locale")` over a method that raises."""
    for note in method.node.decorators:
        if not isinstance(note, ir.Call) or _last_name(note.func) not in _VALIDATORS:
            continue
        if any(isinstance(node, ir.Throw | ir.Assert) for node in in_body(method.node)) and not _asks_little(method):
            yield from (one.value for one in note.args if isinstance(one, ir.Const) and isinstance(one.value, str))


def _asks_little(method: FunctionInfo) -> bool:
    """Whether a validator only asks for a scheme, a length or that there is something: any host passes it."""
    body = list(in_body(method.node))
    tests = [one.test for one in body if isinstance(one, ir.If | ir.Assert | ir.Conditional)]
    changed = any(isinstance(one, ir.Try | ir.For | ir.While) for one in body)
    return bool(tests) and not changed and all(map(_is_little, tests))


def _is_little(test: ir.Expr) -> bool:
    if isinstance(test, ir.Unary) and test.op == "not":
        return _is_little(test.operand)
    if isinstance(test, ir.Logic):
        return all(map(_is_little, test.operands))
    if isinstance(test, ir.Binary):
        return any(_is_part(one) for one in (test.left, test.right))
    if isinstance(test, ir.Call) and _last_name(test.func) == "startswith" and len(test.args) == 1:
        given = test.args[0].items if isinstance(test.args[0], ir.Sequence) else test.args
        return all(isinstance(one, ir.Const) and str(one.value).lower() in _SCHEMES for one in given)
    return isinstance(test, ir.Name)


def _is_part(side: ir.Expr) -> bool:
    """`len(value)`, `urlparse(value).scheme`, `None`: what is compared says nothing of the host or the text."""
    if isinstance(side, ir.Call):
        return _last_name(side.func) == "len"
    return (isinstance(side, ir.Attr) and side.name == "scheme") or (isinstance(side, ir.Const) and side.value is None)


def _last_name(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")
