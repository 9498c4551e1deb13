"""Records of Python that take every field which a client sends: through models that allow more fields than they state,
through `setattr` in a loop, and through `update(**changes)` (part of SEC217)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.callees import arguments, callee_of, class_named, of_type
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_DUMPS = frozenset({"model_dump", "dict"})
_WRITES = frozenset({"update", "aupdate", "values", "create", "acreate", "update_or_create", "get_or_create"})
_OF_ORM = frozenset({"objects", "filter", "query", "where", "filter_by", "insert", "update", "select", "get_queryset"})
_BODIES = frozenset({"get_json", "json"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_COLUMNS = re.compile(
    r"^(?:_meta|__table__|__mapper__|columns|concrete_fields|get_fields|column_attrs|__dict__|__fields__)$"
)
_LOOKS = frozenset({"hasattr", "isinstance", "startswith", "getattr"})
_FOLLOWED = 3
_ENDS_ROUND = ir.Continue | ir.Throw | ir.Return | ir.Break


@dataclass(frozen=True, slots=True)
class _Given:
    """The variable of a function that holds what a client sent, and the place where it comes in."""

    info: FunctionInfo
    name: str
    origin: ir.Node
    text: str


@detects_in_code("SEC217")
def every_field_is_set(context: CodeContext) -> Iterator[Match]:
    """All fields that a client sends are set on a record."""
    program = context.program
    if program.language != "python":
        return
    told: set[int] = set()
    for info in program.functions():
        if is_test(info.unit.path) or not _is_handler(context, info):
            continue
        for given in _given(program, info):
            for where, node in _sinks(program, given, _FOLLOWED):
                if id(node) in told:
                    continue
                told.add(id(node))
                yield Match(
                    location=context.location(where.unit, node),
                    values={"call": context.text(where.unit, node).partition("(")[0], "source": given.text},
                    confidence=Confidence.MEDIUM,
                    steps=(
                        (context.location(info.unit, given.origin), "step_source"),
                        (context.location(where.unit, node), "step_sink"),
                    ),
                )


def _is_handler(context: CodeContext, info: FunctionInfo) -> bool:
    handler = context.seen.handlers.get(id(info))
    return "http.handler" in info.marks or (handler is not None and "http.handler" in handler.marks)


def _given(program: Program, info: FunctionInfo) -> Iterator[_Given]:
    """What a handler gets whole: dumps of models that allow more fields, parsed bodies, parameters that are dicts."""
    open_models = {one.name for one in info.node.params if _is_open(program, of_type(program, info, one.type))}
    for node in in_body(info.node):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None:
            if (text := _whole(node.value, open_models)) is not None:
                yield _Given(info, node.target.id, node, text)
        elif isinstance(node, ir.Call):
            callee = None
            for value in (*node.args, *(one for _, one in node.keywords)):
                text = _whole(value, open_models)
                if text is None:
                    continue
                callee = callee or callee_of(program, info, node.func)
                for name, one in arguments(node, callee) if callee is not None else ():
                    if one is value and callee is not None:
                        yield _Given(callee, name, value, text)
    for param in info.node.params:
        kind = param.type.name.rpartition(".")[2] if param.type is not None else ""
        if kind in _MAPPINGS and not isinstance(param.default, ir.Call) and _is_body(param):
            yield _Given(info, param.name, param, param.name)


def _is_body(param: ir.Param) -> bool:
    return param.default is None and not (param.type is not None and param.type.metadata)


def _whole(value: ir.Expr, open_models: set[str]) -> str | None:
    """What an expression takes whole from a request; None when it does not."""
    while isinstance(value, ir.Await | ir.Cast) or _is_copy(value):
        value = value.value if isinstance(value, ir.Await | ir.Cast) else value.args[0]  # type: ignore[attr-defined]
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr):
        holder = value.func.value
        if value.func.name in _DUMPS and isinstance(holder, ir.Name) and holder.id in open_models:
            return holder.id if all(key != "include" for key, _ in value.keywords) else None
        if value.func.name in _BODIES and name_of(holder) == "request":
            return f"request.{value.func.name}()"
        return "request.data" if value.func.name == "copy" and _is_data(holder) else None
    return "request.data" if _is_data(value) else None


def _is_copy(value: ir.Expr) -> bool:
    return (
        isinstance(value, ir.Call)
        and isinstance(value.func, ir.Name)
        and value.func.id == "dict"
        and len(value.args) == 1
    )


def _is_data(value: ir.Expr) -> bool:
    return isinstance(value, ir.Attr) and value.name in ("data", "json") and name_of(value.value) == "request"


def _is_open(program: Program, model: ClassInfo | None) -> bool:
    """Whether a model of Pydantic keeps fields that it does not state: `ConfigDict(extra="allow")`."""
    for one in program.ancestry(model) if model is not None else ():
        stated = one.fields.get("model_config")
        config = one.classes.get("Config")
        said: list[ir.Expr | None] = []
        if stated is not None and isinstance(stated.value, ir.Call):
            said = [value for key, value in stated.value.keywords if key == "extra"]
        elif stated is not None and isinstance(stated.value, ir.Mapping):
            said = [value for key, value in stated.value.pairs if isinstance(key, ir.Const) and key.value == "extra"]
        elif config is not None and "extra" in config.fields:
            said = [config.fields["extra"].value]
        if said:
            return any((isinstance(one, ir.Const) and one.value == "allow") or name_of(one) == "allow" for one in said)
    return False


def _sinks(program: Program, given: _Given, depth: int) -> Iterator[tuple[FunctionInfo, ir.Node]]:
    """Where all that a variable holds is set on a record: in the function, or in those that are given it."""
    info, held = given.info, {given.name}
    for node in in_body(info.node):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None:
            if _keeps_all(info, node.value, held):
                held.add(node.target.id)
            elif node.start != given.origin.start:
                held.discard(node.target.id)
        elif isinstance(node, ir.For):
            yield from ((info, one) for one in _set_in(info, node, held))
        elif isinstance(node, ir.Call):
            if _writes(program, info, node, held):
                yield info, node
            elif depth:
                passed = [*node.args, *(value for _, value in node.keywords)]
                if any(isinstance(one, ir.Name) and one.id in held for one in passed):
                    callee = callee_of(program, info, node.func)
                    for param, value in arguments(node, callee) if callee is not None and callee is not info else ():
                        if callee is not None and isinstance(value, ir.Name) and value.id in held:
                            inner = _Given(callee, param, given.origin, given.text)
                            yield from _sinks(program, inner, depth - 1)


def _keeps_all(info: FunctionInfo, value: ir.Expr, held: set[str]) -> bool:
    """`dict(changes)`, `{**changes}`, `{key: value for key, value in changes.items() if key in columns}`."""
    if isinstance(value, ir.Name):
        return value.id in held
    if _is_copy(value) or (
        isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name == "copy"
    ):
        return bool(names_in(value) & held)
    if isinstance(value, ir.Mapping):
        return any(key is None and isinstance(one, ir.Name) and one.id in held for key, one in value.pairs)
    if isinstance(value, ir.Comprehension) and value.kind == "dict" and len(value.clauses) == 1:
        target, over, conditions = value.clauses[0]
        keys = names_in(target)
        same = isinstance(value.key, ir.Name) and value.key.id in keys
        return same and _goes_over(over, held) and not _is_chosen(info, conditions, keys)
    return False


def _goes_over(over: ir.Expr, held: set[str]) -> bool:
    """`changes.items()`, `changes`."""
    if (
        isinstance(over, ir.Call)
        and isinstance(over.func, ir.Attr)
        and over.func.name in ("items", "keys")
        and not over.args
    ):
        over = over.func.value
    return isinstance(over, ir.Name) and over.id in held


def _is_chosen(info: FunctionInfo, tests: list[ir.Expr] | list[ir.Node], keys: set[str]) -> bool:
    """Whether a list of the program's own says which keys are taken; the columns of the record are no such list, and
    neither is what leaves a few out."""
    return any(_chooses(info, one, keys) for test in tests for one in within(test))


def _chooses(info: FunctionInfo, one: ir.Node, keys: set[str]) -> bool:
    if isinstance(one, ir.Binary):
        return one.op == "in" and bool(names_in(one.left) & keys) and not _is_of_columns(info, one.right)
    # A function of the program may check the key.
    return isinstance(one, ir.Call) and name_of(one.func) not in _LOOKS and bool(names_in(*one.args) & keys)


def _is_of_columns(info: FunctionInfo, listed: ir.Expr) -> bool:
    """Whether a list is that of all columns: `Profile._meta.get_fields()`, `User.__table__.columns`."""
    made = [listed]
    if isinstance(listed, ir.Name):
        bodies = (*in_body(info.node), *info.unit.module.body)
        made += [
            one.value for one in bodies if isinstance(one, ir.Assign) and name_of(one.target) == listed.id and one.value
        ]
    return any(isinstance(part, ir.Attr) and _COLUMNS.match(part.name) for one in made for part in within(one))


def _set_in(info: FunctionInfo, loop: ir.For, held: set[str]) -> Iterator[ir.Node]:
    """`for name, value in changes.items(): setattr(user, name, value)`."""
    if not _goes_over(loop.iterable, held):
        return
    keys = names_in(loop.target)
    tests: list[ir.Node] = [one.test for one in within(*loop.body) if isinstance(one, ir.If)]
    for node in within(*loop.body):
        if isinstance(node, ir.Call) and name_of(node.func) == "setattr" and len(node.args) > 1:
            chosen = node.args[1]
            if isinstance(chosen, ir.Name) and chosen.id in keys and not _is_guarded(info, loop, tests, keys):
                yield node


def _is_guarded(info: FunctionInfo, loop: ir.For, tests: list[ir.Node], keys: set[str]) -> bool:
    """Whether the loop takes listed keys only: `if name in EDITABLE`, `if name not in EDITABLE: continue`."""
    if _is_chosen(info, tests, keys):
        return True
    for one in within(*loop.body):
        ends = isinstance(one, ir.If) and bool(one.then) and isinstance(one.then[-1], _ENDS_ROUND)
        if ends and any(_leaves_out(info, part, keys) for part in within(one.test)):  # type: ignore[attr-defined]
            return True
    return False


def _leaves_out(info: FunctionInfo, part: ir.Node, keys: set[str]) -> bool:
    named = isinstance(part, ir.Binary) and part.op == "not in" and bool(names_in(part.left) & keys)
    return named and not _is_of_columns(info, part.right)  # type: ignore[attr-defined]


def _writes(program: Program, info: FunctionInfo, call: ir.Call, held: set[str]) -> bool:
    """`Order(**changes)`, `orders.filter(…).update(**changes)`, `order.__dict__.update(changes)`."""
    unpacked = any(key == "**" and isinstance(value, ir.Name) and value.id in held for key, value in call.keywords)
    given = unpacked or any(isinstance(one, ir.Name) and one.id in held for one in call.args)
    if not given:
        return False
    func = call.func
    if isinstance(func, ir.Name):
        made = class_named(program, info.unit, func.id) if unpacked else None
        return made is not None and _is_record(program, made)
    if not isinstance(func, ir.Attr) or func.name not in _WRITES:
        return False
    chain = {name_of(one.func if isinstance(one, ir.Call) else one) for one in within(func.value)}
    if "__dict__" in chain or "vars" in chain:
        return True
    return bool(chain & _OF_ORM) and (unpacked or func.name in ("update", "values"))


def _is_record(program: Program, made: ClassInfo) -> bool:
    """Whether objects of a class are kept in a database."""
    family = program.ancestry(made)
    if any("__tablename__" in one.fields for one in family):
        return True
    return any(base.endswith((".Model", "DeclarativeBase")) for base in program.foreign_bases(made))
