"""Expressions that ask the database whether a row with certain values is there, and calls that insert one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, within
from backend_advisor.code.uniqueness import plain, singular

_DERIVED = re.compile(
    r"^(?:exists|find|get|count|read|select|query|is)(?:First|One|Top\d?|All|\w*)?By(?P<fields>[A-Z]\w*)$"
)
_NO_EQUALITY = re.compile(
    r"Or(?=[A-Z])|Between|Than|Like|Containing|Not|After|Before|(?<!\w)In$|StartingWith|Null|True|False|OrderBy"
)
_ENDING = re.compile(r"(?:IgnoreCase|AllIgnoreCase|Is|Equals)$")
_FINDS = frozenset(
    [
        "findOne",
        "findOneBy",
        "findFirst",
        "exist",
        "exists",
        "existsBy",
        "count",
        "countBy",
        "countDocuments",
        "find",
        "findBy",
    ]
)
_PYTHON = frozenset({"filter", "filter_by", "where", "get"})
_HOLDER = re.compile(r"(?i)(?:repository|repo|model|dao|mapper|store|manager)$")
_INSERTS = frozenset(
    ["save", "saveAndFlush", "persist", "insert", "insertOne", "create", "acreate", "add", "insert_one", "bulk_create"]
)
_IDS = frozenset({"id", "pk", "_id", "uuid"})
_ROWS = frozenset({"objects", "query", "_default_manager"})


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is asked: rows of which class (singular, plain) with which fields (plain) of their own."""

    model: str
    fields: tuple[str, ...]
    node: ir.Expr


def look_up_in(expression: ir.Expr, names: Mapping[str, str]) -> LookUp | None:
    """The look-up that an expression makes, `names` telling what the variables of the class and function are stated
    to be."""
    for node in within(expression):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr):
            found = (
                _derived(node, node.func, names) or _by_object(node, node.func, names) or _by_filter(node, node.func)
            )
            if found is not None and not _IDS & set(found.fields):
                return found
    return None


def model_of(holder: ir.Expr, names: Mapping[str, str]) -> str:
    """The class whose rows an object keeps, by its stated type or its name: `user` of `userRepository`."""
    if isinstance(holder, ir.Attr) and holder.name in _ROWS:
        holder = holder.value
    name = name_of(holder)
    return singular(_HOLDER.sub("", names.get(name, name)))


def inserted(call: ir.Call, names: Mapping[str, str], made: Mapping[str, ir.Expr]) -> str:
    """The class of which a call inserts a row; empty when it inserts none that is known."""
    if not isinstance(call.func, ir.Attr) or call.func.name not in _INSERTS:
        return ""
    holder = call.func.value
    for part in (*call.args[:1], holder):
        value = made.get(part.id, part) if isinstance(part, ir.Name) else part
        value = value.value if isinstance(value, ir.Await) else value
        if isinstance(value, ir.Call) and (value.new or name_of(value.func)[:1].isupper()):
            return singular(name_of(value.func).removesuffix("Builder"))
    return model_of(holder, names)


def _derived(call: ir.Call, func: ir.Attr, names: Mapping[str, str]) -> LookUp | None:
    """`users.existsByEmail(email)`: the fields stand in the name."""
    match = _DERIVED.match(func.name)
    if match is None or not call.args or _NO_EQUALITY.search(match["fields"]):
        return None
    fields = tuple(plain(_ENDING.sub("", one)) for one in re.split(r"And(?=[A-Z])", match["fields"]))
    return LookUp(model_of(func.value, names), fields, call)


def _by_object(call: ir.Call, func: ir.Attr, names: Mapping[str, str]) -> LookUp | None:
    """`User.findOne({ email })`, `users.findOne({ where: { email } })`."""
    if func.name not in _FINDS or not call.args or not isinstance(call.args[0], ir.Mapping):
        return None
    given = dict(_pairs(call.args[0]))
    inner = given.get("where", call.args[0])
    if not isinstance(inner, ir.Mapping) or any(isinstance(value, ir.Mapping) for _, value in _pairs(inner)):
        return None
    fields = tuple(plain(key) for key, _ in _pairs(inner))
    return LookUp(model_of(func.value, names), fields, call) if fields and len(fields) == len(inner.pairs) else None


def _pairs(mapping: ir.Mapping) -> Iterator[tuple[str, ir.Expr]]:
    for key, value in mapping.pairs:
        name = key.value if isinstance(key, ir.Const) else name_of(key)
        if isinstance(name, str) and name:
            yield name, value


def _by_filter(call: ir.Call, func: ir.Attr) -> LookUp | None:
    """`User.objects.filter(email=email)`, `db.query(User).filter(User.email == email)`, `select(User).where(…)`."""
    if func.name not in _PYTHON:
        return None
    fields = [name.removesuffix("__iexact").removesuffix("__exact") for name, _ in call.keywords]
    model = _class_before(func.value)
    for one in call.args:
        if not isinstance(one, ir.Binary) or one.op != "==" or not isinstance(one.left, ir.Attr):
            return None
        fields.append(one.left.name)
        model = model or name_of(one.left.value)
    if not model or not model[:1].isupper() or not fields or any("__" in name or name == "**" for name in fields):
        return None
    return LookUp(singular(model), tuple(map(plain, fields)), call)


def _class_before(holder: ir.Expr) -> str:
    if isinstance(holder, ir.Attr):
        return name_of(holder.value) if holder.name in _ROWS else ""
    if isinstance(holder, ir.Call) and name_of(holder.func) in ("query", "select") and holder.args:
        first = holder.args[0]
        return name_of(first.value) if isinstance(first, ir.Attr) else name_of(first)
    return ""
