"""Whole records that a handler sends although it has just read a password of them (part of SEC405)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Program
from backend_advisor.code.searching import Guarded
from backend_advisor.code.tree import everything, of_kind
from backend_advisor.experts.security.detectors.facts import Facts, Route

_PASSWORD = re.compile(
    r"^(?:user_?)?(?:pass_?word|passwd|pwd)(?:_?(?:hash|digest))?$|^hashed_?password$|^get_?password(?:_?hash)?$",
    re.IGNORECASE,
)
_HIDES = Guarded(
    rb"JsonIgnore|WRITE_ONLY|JsonView|@Exclude\b|@Expose\b|ClassSerializerInterceptor|toJSON|defaultScope|toObject\s*:",
    b"jsonignore", b"write_only", b"jsonview", b"@exclude", b"@expose", b"classserializerinterceptor", b"tojson",
    b"defaultscope", b"toobject",
)  # fmt: skip
"""What leaves a field out wherever an object is sent."""
_READS = re.compile(r"(?i)^(?:find|get|first|one|select|query|load|read|fetch|create|scalar|lookup|or_?else)")
_ANSWERS = frozenset({"http.respond", "serialize.json"})
_LEAVES_OUT = frozenset({"select", "omit", "attributes"})


def hides_fields(program: Program) -> bool:
    """Whether the program leaves fields out of what it sends by a statement elsewhere."""
    return _HIDES.is_in_any(program.sources())


def whole_records(facts: Facts, route: Route) -> Iterator[tuple[ir.Node, str]]:
    """The place where a record with a password is answered as a whole, and the field."""
    info = route.info
    if info.unit.language == "python" and (info.node.returns is not None or _has_model(info.node)):
        return
    held = _held(info.node)
    if not held:
        return
    for answer in _answers(facts, route):
        for node in _whole(answer):
            if node.id in held:
                yield node, f"{node.id}.{held[node.id]}"
                return


def _held(function: ir.Function) -> dict[str, str]:
    """The variables that hold a record read here, and the password that is read of them or stored with them."""
    read: dict[str, str] = {}
    for node in of_kind(function, ir.Assign):
        if not isinstance(node.target, ir.Name) or node.value is None:
            continue
        value: ir.Expr = node.value
        while isinstance(value, ir.Await | ir.Cast):
            value = value.value
        called = value.func if isinstance(value, ir.Call) else None
        if isinstance(called, ir.Attr) and _READS.match(called.name) and not _chooses(value):
            read[node.target.id] = _stored(value)
    if not read:
        return read
    for attribute in (*of_kind(function, ir.Attr), *of_kind(function, ir.Reference)):
        holder = attribute.value
        if isinstance(holder, ir.Name) and read.get(holder.id) == "" and _PASSWORD.match(attribute.name):
            read[holder.id] = re.sub(r"^get(?:_p|P)", "p", attribute.name)
    clearing = (*of_kind(function, ir.Assign), *of_kind(function, ir.Unary), *of_kind(function, ir.Call))
    cleared = {one for node in clearing for one in _cleared(node)}
    return {name: field for name, field in read.items() if field and name not in cleared}


def _chooses(call: ir.Expr) -> bool:
    """Whether the query says which fields it gives."""
    names = {
        part.func.name for part in everything(call) if isinstance(part, ir.Call) and isinstance(part.func, ir.Attr)
    }
    keys = {
        key.value
        for part in everything(call)
        if isinstance(part, ir.Mapping)
        for key, _ in part.pairs
        if isinstance(key, ir.Const)
    }
    return bool(_LEAVES_OUT & (names | keys))


def _stored(call: ir.Expr) -> str:
    """The password among the fields that a record is made with."""
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or not call.func.name.startswith("create"):
        return ""
    for part in everything(call.args):
        for key, _ in part.pairs if isinstance(part, ir.Mapping) else ():
            word = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
            if isinstance(word, str) and _PASSWORD.match(word):
                return word
    return ""


def _cleared(node: ir.Node) -> Iterator[str]:
    """`user.password = undefined`, `delete user.password`, `user.setPassword(null)`."""
    target: ir.Node | None = None
    if isinstance(node, ir.Assign):
        target = node.target
    elif isinstance(node, ir.Unary) and node.op == "delete":
        target = node.operand
    elif (
        isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and re.match(r"(?i)set_?password", node.func.name)
    ):
        yield getattr(node.func.value, "id", "")
    if isinstance(target, ir.Attr) and _PASSWORD.match(target.name) and isinstance(target.value, ir.Name):
        yield target.value.id


def _answers(facts: Facts, route: Route) -> Iterator[ir.Expr]:
    for call in facts.calls.get(id(route.info), ()):
        if _ANSWERS & set(call.role.does) and isinstance(call.node, ir.Call):
            yield from call.node.args
    if route.unit.language != "javascript" or route.info.owner is not None:
        for node in of_kind(route.info.node, ir.Return):
            if node.value is not None:
                yield node.value


def _whole(answer: ir.Expr) -> Iterator[ir.Name]:
    """The names that are sent as they are: `user`, `{ token, user }`, `{ ...user }`, `ResponseEntity.ok(user)`."""
    if isinstance(answer, ir.Name):
        yield answer
    elif isinstance(answer, ir.Mapping):
        for _, value in answer.pairs:
            yield from _whole(value)
    elif isinstance(answer, ir.Sequence):
        for item in answer.items:
            yield from _whole(item)
    elif isinstance(answer, ir.Call) and isinstance(answer.func, ir.Attr) and answer.func.name in ("ok", "body"):
        for item in answer.args:
            yield from _whole(item)


def _has_model(function: ir.Function) -> bool:
    """Whether a decorator states what is answered (`response_model`)."""
    return any(
        key.startswith("response_")
        for note in function.decorators
        if isinstance(note, ir.Call)
        for key, _ in note.keywords
    )
