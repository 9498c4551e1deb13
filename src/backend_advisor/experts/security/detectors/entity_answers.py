"""Handlers of Java whose answer is a stored record with a password that nothing hides (part of SEC405)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import class_named
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import name_of
from backend_advisor.experts.security.detectors.words import PASSWORD_FIELD

_MAPPED = frozenset({"GetMapping", "PostMapping", "PutMapping", "PatchMapping", "DeleteMapping", "RequestMapping"})
_WRAPS = frozenset(
    {"ResponseEntity", "List", "Set", "Collection", "Iterable", "Page", "Slice", "Optional", "Mono", "Flux"}
)
_STORED = frozenset({"Entity", "Document"})
_GETTERS = frozenset({"Data", "Getter", "Value"})
"""Annotations of Lombok that make a getter for each field."""


def entities_answered(program: Program) -> Iterator[tuple[Unit, ir.Node, str, str]]:
    """The handler that answers a record, its name, and the field for the password."""
    if program.language != "java" or any(b"addMixIn" in source for source in program.sources()):
        return
    known: dict[int, str] = {}
    for unit in program.units.values():
        if b"RestController" not in unit.module.source and b"ResponseBody" not in unit.module.source:
            continue
        if is_test(unit.path):
            continue
        for info in unit.functions:
            record = _answered(program, info)
            if record is None:
                continue
            if id(record) not in known:
                known[id(record)] = _shown_password(record)
            if known[id(record)]:
                yield unit, info.node, info.name, f"{record.node.name}.{known[id(record)]}"


def _answered(program: Program, info: FunctionInfo) -> ClassInfo | None:
    """The stored record that a handler gives, alone or as a list."""
    kind = info.node.returns
    if kind is None or info.owner is None or not any(name_of(note) in _MAPPED for note in info.node.decorators):
        return None
    notes = {name_of(note) for note in (*info.owner.node.decorators, *info.node.decorators)}
    if not notes & {"RestController", "ResponseBody"}:
        return None
    while kind.name.rpartition(".")[2] in _WRAPS and len(kind.args) == 1:
        kind = kind.args[0]
    record = class_named(program, info.unit, kind.name)
    stored = record is not None and any(name_of(note) in _STORED for note in record.node.decorators)
    return record if stored else None


def _shown_password(record: ClassInfo) -> str:
    """The field for a password that Jackson writes: one with a getter, in a class that hides nothing."""
    source = record.unit.module.source[record.node.start : record.node.end]
    if b"JsonIgnore" in source or b"WRITE_ONLY" in source or b"JsonView" in source or b"JsonAutoDetect" in source:
        return ""
    made = any(name_of(note) in _GETTERS for note in record.node.decorators)
    for field in record.node.fields:
        getter = f"get{field.name[:1].upper()}{field.name[1:]}"
        if PASSWORD_FIELD.match(field.name) and (made or getter in record.methods):
            return field.name
    return ""
