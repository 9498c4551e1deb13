"""Values read from the database, changed in code and written back: of two at once, one change is lost (QUA138)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.quality.detectors.arithmetic import Reading, as_field, locals_of, reading_of
from backend_advisor.experts.quality.detectors.one_at_a_time import callers_of, is_guarded
from backend_advisor.experts.quality.detectors.records import is_versioned, records_in, versioned_classes
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_SAVES = frozenset(
    ["save", "asave", "saveAndFlush", "saveAll", "update", "merge", "persist", "put", "upsert", "updateById", "aupdate"]
)
_SAVES_ALL = frozenset({"commit", "flush", "begin", "saveChanges"})
_WRITES = re.compile(
    r"^(?:a?update\w*|findOneAndUpdate|findByIdAndUpdate|find_one_and_update|execute|query|\$executeRaw)$"
)
_COUNTED = frozenset(
    ["stock", "stocks", "quantity", "qty", "balance", "amount", "point", "points", "credit", "credits", "seat", "seats",
     "remaining", "remain", "available", "inventory", "count", "counter", "cnt", "views", "likes", "used", "usage",
     "votes", "hits", "total", "sold", "capacity", "budget", "deposit", "reserved", "tokens", "mileage", "cash",
     "money", "wallet", "uses", "redeemed", "redemptions"]
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class _Change:
    """Where a field of a record gets a value that was computed from its own; `writes` when the place itself writes."""

    node: ir.Node
    reading: Reading
    writes: bool = False


@detects_in_code("QUA138")
def lost_update(context: CodeContext) -> Iterator[Match]:
    """Stock, balances and counters that a function reads, changes and writes back with nothing to stop another."""
    methods = _changing_methods(context)
    versioned = versioned_classes(context.program)
    callers: dict[int, list[FunctionInfo]] | None = None
    for info in context.program.functions():
        if is_apart(info.unit):
            continue
        candidates = list(_candidates(info, methods))
        if not candidates or is_guarded(info):
            continue
        records = records_in(context, info)
        callers = callers if callers is not None else callers_of(context)
        for change in candidates:
            record = records.get(change.reading.record) or _given_record(info, change)
            if record is None or record.start > change.node.start:
                continue
            if isinstance(record, ir.Assign) and is_versioned(record, versioned):
                continue
            written = change.node if change.writes else _written(info, change)
            if written is None or any(is_guarded(caller) for caller in callers.get(id(info), ())):
                continue
            yield Match(
                location=context.location(info.unit, change.node),
                values={"field": change.reading.field, "function": function_name(info)},
                confidence=_confidence(change.reading.field),
                steps=(
                    (context.location(info.unit, record), "step_read"),
                    (context.location(info.unit, written), "step_write"),
                ),
            )
            break


def _given_record(info: FunctionInfo, change: _Change) -> ir.Param | None:
    """A parameter that is the record itself: it is written back under the key that stands in it,
    `update({ where: { id: share.id }, data: { views: share.views + 1 } })`."""
    record = next((one for one in info.node.params if one.name == change.reading.record), None)
    if record is None or not change.writes or not isinstance(change.node, ir.Call):
        return None
    for part in within(*change.node.args):
        for key, value in part.pairs if isinstance(part, ir.Mapping) else ():
            named = key.value if isinstance(key, ir.Const) else name_of(key)
            if named == "where" and any(
                isinstance(one, ir.Attr) and isinstance(one.value, ir.Name) and one.value.id == record.name
                for one in within(value)
            ):
                return record
    return None


def _confidence(field: str) -> Confidence:
    words = {word.lower() for word in _WORDS.findall(field)}
    return Confidence.MEDIUM if words & _COUNTED else Confidence.LOW


def _candidates(info: FunctionInfo, methods: Mapping[str, str]) -> Iterator[_Change]:
    """Every place of a function where a field is given a value computed from itself."""
    made: dict[str, ir.Expr] | None = None
    for node in in_body(info.node):
        if isinstance(node, ir.Assign | ir.AssignExpr):
            target = as_field(node.target)
            if target is None or node.value is None:
                continue
            if node.op is not None:
                if node.op in ("+", "-") and not isinstance(node.value, ir.Text | ir.Sequence) and not _is_text(node):
                    yield _Change(node, target)
                continue
            made = made if made is not None else locals_of(info.node)
            if reading_of(node.value, made) == target:
                yield _Change(node, target)
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr):
            made = made if made is not None else locals_of(info.node)
            yield from _by_call(node, node.func, made, methods)


def _is_text(node: ir.Assign | ir.AssignExpr) -> bool:
    return isinstance(node.value, ir.Const) and isinstance(node.value.value, str | bytes)


def _by_call(
    node: ir.Call, func: ir.Attr, made: Mapping[str, ir.Expr], methods: Mapping[str, str]
) -> Iterator[_Change]:
    """`stock.setQuantity(stock.getQuantity() - 1)`, `stock.decrease(1)`, `update({ stock: item.stock - 1 })`."""
    if func.name.startswith("set") and len(node.args) == 1 and isinstance(func.value, ir.Name):
        target = Reading(func.value.id, func.name[3:4].lower() + func.name[4:])
        if reading_of(node.args[0], made) == target:
            yield _Change(node, target)
    elif func.name in methods and isinstance(func.value, ir.Name):
        yield _Change(node, Reading(func.value.id, methods[func.name]))
    elif _WRITES.match(func.name):
        reading = _written_back(node, made)
        if reading is not None:
            yield _Change(node, reading, writes=True)


def _written_back(call: ir.Call, made: Mapping[str, ir.Expr]) -> Reading | None:
    """The field that a writing call sets to a value computed from what was read of it, with no condition on it."""
    pairs = [*call.keywords]
    statement = ""
    asked: set[str] = set()
    for part in within(*call.args):
        if isinstance(part, ir.Mapping):
            for key, value in part.pairs:
                name = key.value if isinstance(key, ir.Const) else name_of(key)
                if isinstance(name, str):
                    pairs.append((name, value))
                    asked.update([name] if reading_of(value, made) is None else [])
        elif isinstance(part, ir.Const) and isinstance(part.value, str) and "=" in part.value:
            statement = part.value
    for name, value in pairs:
        reading = reading_of(value, made)
        if reading is not None and _same(reading.field, name) and name not in asked:
            return reading
    return _bound(call, statement, made)


def _bound(call: ir.Call, statement: str, made: Mapping[str, ir.Expr]) -> Reading | None:
    """The same where the value is bound in a statement: `UPDATE products SET stock = $1 WHERE id = $2`."""
    assigned, condition = (*re.split(r"(?i)\swhere\s", statement, maxsplit=1), "")[:2]
    if not re.match(r"\s*UPDATE\b", assigned, re.IGNORECASE):
        return None
    for value in (
        one for argument in call.args for one in (argument.items if isinstance(argument, ir.Sequence) else [argument])
    ):
        reading = reading_of(value, made)
        if reading is None:
            continue
        column = re.escape(re.sub(r"(?<=[a-z])([A-Z])", r"_\1", reading.field))
        if re.search(rf"(?i)\b{column}\"?\s*=\s*(?:\$\d|\?|%s|:\w|%\()", assigned) and not re.search(
            rf"(?i)\b(?:{column}|version)\b", condition
        ):
            return reading
    return None


def _same(field: str, name: str) -> bool:
    return field.replace("_", "").lower() == name.replace("_", "").lower()


def _written(info: FunctionInfo, change: _Change) -> ir.Node | None:
    """What writes the changed record back."""
    name = change.reading.record
    for node in in_body(info.node):
        if node.start < change.node.end or not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr):
            continue
        holders = (node.func.value, *node.args)
        if node.func.name in _SAVES_ALL or (
            node.func.name in _SAVES and any(isinstance(one, ir.Name) and one.id == name for one in holders)
        ):
            return node
    return change.node if info.unit.language == "java" and _is_transactional(info) else None


def _is_transactional(info: FunctionInfo) -> bool:
    """Whether Spring writes the changed entity at the end of the method."""
    notes = [*info.node.decorators, *(info.owner.node.decorators if info.owner is not None else ())]
    return any(name_of(note) == "Transactional" for note in notes)


def _changing_methods(context: CodeContext) -> dict[str, str]:
    """Methods of stored classes that change a number of theirs: `decrease` of `Stock`, and the field each changes."""
    found: dict[str, str] = {}
    for owner in context.program.classes.values():
        if not {name_of(note) for note in owner.node.decorators} & {"Entity", "Document", "Table"}:
            continue
        for name, several in owner.methods.items():
            fields = {field for info in several if not is_guarded(info) for field in _own_changes(info)}
            if len(fields) == 1 and not name.startswith(("set", "get")):
                found[name] = fields.pop()
    return found


def _own_changes(info: FunctionInfo) -> Iterator[str]:
    for node in in_body(info.node):
        if not isinstance(node, ir.Assign) or node.value is None:
            continue
        field = _own_field(info, node.target)
        if field and (node.op in ("+", "-") or (node.op is None and _reads_own(info, node.value, field))):
            yield field


def _own_field(info: FunctionInfo, target: ir.Expr) -> str:
    if isinstance(target, ir.Attr) and name_of(target.value) in ("this", "self"):
        return target.name
    known = info.owner.fields if info.owner is not None and info.unit.language == "java" else {}
    return target.id if isinstance(target, ir.Name) and target.id in known else ""


def _reads_own(info: FunctionInfo, value: ir.Expr, field: str) -> bool:
    made = {
        node.target.id: node.value
        for node in in_body(info.node)
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None
    }
    value = made.get(value.id, value) if isinstance(value, ir.Name) else value
    return isinstance(value, ir.Binary | ir.Call) and any(
        _own_field(info, part) == field for part in within(value) if isinstance(part, ir.Attr | ir.Name)
    )
