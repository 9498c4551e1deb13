"""What stated types tell of values: parameters, fields and results with an annotation."""

from backend_advisor.code import ir
from backend_advisor.code.aliases import Alias
from backend_advisor.code.names import FunctionRef, unit_name
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.run import Run
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.values import NO_TYPES, UNKNOWN, Value, join_all

_DEEPEST = 40
"""Names of types behind names of types that are followed."""
_WRAPPERS = frozenset(
    [
        "Optional",
        "Promise",
        "Annotated",
        "Awaitable",
        "Mono",
        "CompletableFuture",
        "CompletionStage",
        "Awaited",
        "Readonly",
        "Partial",
        "Required",
        "Union",
        "Future",
        "Coroutine",
        "ObjectProvider",
        "Lazy",
        "Supplier",
        "Callable",
        "Provider",
        "Ref",
        "Final",
        "ClassVar",
        "Mapped",
        "NonNullable",
        "|",
        "Observable",
        "typing.Optional",
        "typing.Annotated",
        "typing.Union",
        "Uni",
        "Flux",
        "Loaded",
        "Relation",
    ]
)


_LISTS = frozenset(
    [
        "list",
        "List",
        "Sequence",
        "Iterable",
        "Set",
        "set",
        "frozenset",
        "Collection",
        "tuple",
        "Array",
        "ArrayList",
        "Iterator",
        "Generator",
        "AsyncIterator",
        "Page",
        "Slice",
        "Stream",
        "Queue",
        "Deque",
        "LinkedList",
        "HashSet",
        "typing.List",
        "QuerySet",
        "ReadonlyArray",
        "Vector",
    ]
)


_MAPS = frozenset(
    [
        "dict",
        "Dict",
        "Map",
        "HashMap",
        "Record",
        "Mapping",
        "LinkedHashMap",
        "TreeMap",
        "ConcurrentHashMap",
        "MultiValueMap",
    ]
)


NO_TEXT = ("nosql.query",)
"""What data can only harm as an object: frameworks refuse it where text is stated."""
_TEXT_TYPES = frozenset({"str", "String", "EmailStr"})
_HARMLESS = frozenset(
    [
        "int",
        "float",
        "bool",
        "complex",
        "Integer",
        "Long",
        "Short",
        "Byte",
        "Double",
        "Float",
        "Boolean",
        "long",
        "short",
        "byte",
        "double",
        "char",
        "Character",
        "boolean",
        "number",
        "bigint",
        "UUID",
        "uuid.UUID",
        "java.util.UUID",
        "datetime.datetime",
        "datetime.date",
        "datetime.timedelta",
        "decimal.Decimal",
        "java.lang.Integer",
        "java.lang.Long",
        "java.lang.Double",
        "java.lang.Boolean",
        "java.lang.Short",
        "java.lang.Float",
        "java.math.BigDecimal",
        "java.math.BigInteger",
        "java.time.LocalDate",
        "java.sql.Date",
        "java.sql.Timestamp",
        "java.time.LocalDateTime",
        "java.time.Instant",
        "java.time.LocalTime",
        "java.util.Date",
        "java.time.ZonedDateTime",
        "java.time.OffsetDateTime",
        "java.time.Duration",
        "pydantic.PositiveInt",
        "pydantic.NonNegativeInt",
        "pydantic.conint",
        "pydantic.UUID4",
    ]
)
_PIECES_OF_TEXT = frozenset({"byte", "char", "Byte", "Character"})
"""What is harmless alone, but not many of them."""
_CHECKS = frozenset({"AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator", "Predicate"})
"""What pydantic and annotated-types hang a check of a value on."""


def declared(run: Run, stated: ir.Type | None) -> frozenset[str]:
    """The qualified names of a stated type."""
    if stated is None:
        return NO_TYPES
    if stated.name in _WRAPPERS:
        found = NO_TYPES
        for part in stated.args[:3]:
            found |= declared(run, part)
        return found
    if stated.name in ("None", "null", "undefined", "any", "Any", "object", "var", "unknown", "void"):
        return NO_TYPES
    value = _named(run, stated.name)
    for ref in value.refs:
        if isinstance(ref, ClassInfo):
            return frozenset({ref.name})
        if isinstance(ref, Alias) and run.depth < _DEEPEST:
            return declared(_there(run, ref), ref.type)
    if value.name is None and value.types:
        return value.types
    # A class that only a star import might bring is most likely the program's own.
    roles, said = run.machine.roles, value.name or stated.name
    brought = "." in stated.name or stated.name in run.unit.imports or run.machine.knows(said)
    kind = roles.stands_for(said if brought else stated.name)
    return frozenset({said if kind == stated.name else kind})


def _named(run: Run, name: str) -> Value:
    first, _, rest = name.partition(".")
    value = run.closure.get(first) or unit_name(run, run.unit, first)
    for inner in rest.split(".") if rest else ():
        from backend_advisor.code.members import member  # members asks for declared types

        value = member(run, value, inner, None)
    return value


def behind(run: Run, stated: ir.Type) -> tuple[Run, ir.Type]:
    """The type that a name given to a type stands for, with the run that reads it in its own file."""
    while run.language == "python" and not stated.args and not stated.metadata and run.depth < _DEEPEST:
        found = next((ref for ref in _named(run, stated.name).refs if isinstance(ref, Alias)), None)
        if found is None:
            break
        run, stated = _there(run, found), found.type
    return run, stated


def _there(run: Run, alias: Alias) -> Run:
    return Run(run.machine, alias.unit, None, {}, run.depth + 1)


def declared_value(run: Run, stated: ir.Type | None) -> Value:
    """Some value of a stated type; of a collection, its elements have theirs."""
    if stated is None:
        return UNKNOWN
    run, stated = behind(run, stated)
    if stated.name in _WRAPPERS and stated.args:
        return join_all(declared_value(run, part) for part in stated.args[:2] if part.name not in ("None", "null"))
    short = stated.name.rsplit(".", 1)[-1]
    types = declared(run, stated)
    if short in _LISTS and stated.args:
        inner = declared_value(run, stated.args[0])
        return Value(types=types, rest=inner if inner.types or inner.rest is not None else None)
    if short in _MAPS and len(stated.args) == 2:
        inner = declared_value(run, stated.args[1])
        return Value(types=types, rest=inner if inner.types or inner.rest is not None else None)
    return Value(types=types)


def is_harmless(run: Run, stated: ir.Type | None) -> bool:
    """Whether data of a stated type can carry no text: numbers, dates, identifiers, enumerations."""
    if stated is None:
        return False
    run, stated = behind(run, stated)
    if stated.name in _WRAPPERS or stated.name.rsplit(".", 1)[-1] in _LISTS:
        inner = [part for part in stated.args if part.name not in ("None", "null", "undefined")]
        if any(part.name in _PIECES_OF_TEXT for part in inner):
            return False
        return bool(inner) and all(is_harmless(run, part) for part in inner)
    if stated.name in ("Literal", "typing.Literal"):
        return True
    for name in declared(run, stated):
        if name in _HARMLESS or name.removeprefix("java.lang.") in _HARMLESS:
            continue
        info = run.machine.program.classes.get(name)
        if info is None or not is_enum(run, info):
            return False
    return bool(declared(run, stated))


def is_checked(run: Run, stated: ir.Type | None) -> bool:
    """Whether a stated type carries a check of what the text holds: `Annotated[str, AfterValidator(…)]`, a pattern."""
    if stated is None:
        return False
    run, stated = behind(run, stated)
    if any(_is_check(note) for note in stated.metadata):
        return True
    inner = [part for part in stated.args if part.name not in ("None", "null", "undefined")]
    wraps = stated.name in _WRAPPERS or stated.name.rsplit(".", 1)[-1] in _LISTS
    return wraps and bool(inner) and all(is_checked(run, part) for part in inner)


def _is_check(note: ir.Expr) -> bool:
    if not isinstance(note, ir.Call):
        return False
    name = note.func.id if isinstance(note.func, ir.Name) else getattr(note.func, "name", "")
    return name in _CHECKS or any(key in ("pattern", "regex") for key, _ in note.keywords)


def is_text(run: Run, stated: ir.Type | None) -> bool:
    """Whether a stated type lets only text through."""
    if stated is None:
        return False
    run, stated = behind(run, stated)
    if stated.name in _WRAPPERS:
        inner = [part for part in stated.args if part.name not in ("None", "null")]
        return bool(inner) and all(is_text(run, part) for part in inner)
    return stated.name.rsplit(".", 1)[-1] in _TEXT_TYPES


def is_enum(run: Run, info: ClassInfo) -> bool:
    """Whether a class is an enumeration."""
    if info.node.kind == "enum":
        return True
    return any(
        base.rsplit(".", 1)[-1] in ("Enum", "IntEnum", "StrEnum", "TextChoices")
        for base in run.machine.objects.bases(info)
    )


def _of_interface(run: Run, value: Value, stated: ir.Type) -> Value:
    """A lambda as an object of an interface of the program, whose default methods can be called on it."""
    found = [run.machine.program.classes.get(one) for one in declared(run, stated)]
    if not all(isinstance(ref, FunctionRef) for ref in value.refs):
        return value
    return value.but(types=frozenset(one.name for one in found if one is not None and one.node.kind == "interface"))


def is_kind_of(run: Run, kind: str, bases: frozenset[str]) -> bool:
    """Whether a type inherits from one of others, so that it tells more than they do."""
    info = run.machine.program.classes.get(kind)
    own = (kind,) if info is None else (kind, *run.machine.objects.bases(info))
    return any(not bases.isdisjoint(run.machine.roles.ancestry(one)) for one in own)


def typed(run: Run, value: Value, stated: ir.Type) -> Value:
    """A value whose type is stated."""
    if value.refs and run.language == "java":
        return _of_interface(run, value, stated)
    if value.refs or value.consts is not None:
        return value
    types = declared(run, stated)
    if not types or types <= value.types:
        return value
    known = {one for one in types if one in run.machine.program.classes or run.machine.knows(one)}
    if not known and value.types:
        return value
    if value.types and all(is_kind_of(run, one, types) for one in value.types):
        return value
    rest = value.rest
    if rest is None and value.fields is None:
        rest = declared_value(run, stated).rest
        if rest is not None and value.taints:
            rest = rest.but(taints=merge_taints(rest.taints, value.taints))
    return value.but(types=value.types | types, rest=rest)
