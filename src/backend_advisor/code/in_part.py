"""Files that are shown in part, as a patch shows them, linked by what their lines name: the imports and fields of which
nothing is in view."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backend_advisor.code.frontends.java.loose import TYPES_BY_NAME
from backend_advisor.code.ir import Field, Import, Name, Type

if TYPE_CHECKING:
    from backend_advisor.code.program import ClassInfo, Program, Unit

_NAME = re.compile(rb"(?<![\w.$])[A-Za-z_]\w*(?=\s*[.(<>)\],;:{=])")
_CALLED = {
    "java": re.compile(rb"(?<![\w.])(?:this\.)?([a-z]\w*)\.(\w+)\("),
    "javascript": re.compile(rb"\bthis\.(\w+)\.(\w+)\("),
    "python": re.compile(rb"\bself\.(\w+)\.(\w+)\("),
}
_DECLARED = re.compile(
    rb"[\w>\])](?<!return)(?<!await)(?<!throw)(?<!yield)(?<!else)(?<!case) (\w+)\b(?! ?\()|\b(\w+)\??:"
)
_BOUND = re.compile(rb"(?<![\w.$])([A-Za-z_]\w*)\s*(?:=(?![=>])|:\s)")
"""What a file binds itself, or takes as a parameter with a type."""
_MAPPED = re.compile(rb"@(?:Get|Post|Put|Delete|Patch)Mapping\b")
_REPOSITORY = re.compile(r"(?:^r|R)epo(?:sitory)?$")
_OF_REPOSITORIES = frozenset({"query", "findOneBy", "findBy", "createQueryBuilder", "findOneByOrFail", "findAndCount"})
"""Methods that TypeORM's repositories have and few others."""
_MOST_FILES = 500
"""A patch of more files is read file by file."""


def link_parts(program: "Program") -> None:
    """Bind what the lines of files shown in part name, where one thing alone in the program can be meant."""
    parts = [unit for unit in program.units.values() if unit.module.in_part]
    if not parts or len(parts) > _MOST_FILES:
        return
    modules = _modules(program)
    owners = _owners(program)
    functions = _functions(program)
    for unit in parts:
        if unit.language != "java":
            _import_named(program, unit, modules)
            _import_functions(unit, functions)
        _declare_fields(unit, owners)


def _import_named(program: "Program", unit: "Unit", modules: dict[str, "Unit | None"]) -> None:
    for name in sorted({one.decode() for one in _NAME.findall(unit.module.source)}):
        if name in unit.imports or name in unit.classes:
            continue
        several = [one for one in program.by_short_name.get(name, ()) if one.outer is None]
        if len(several) == 1 and several[0].unit is not unit:
            _bind(unit, Import(0, 0, local=name, module=several[0].unit.name, name=name), several[0].unit)
        elif not several and unit.language == "python":
            module = modules.get(name)
            if module is not None and module is not unit and f"{name}.".encode() in unit.module.source:
                _bind(unit, Import(0, 0, local=name, module=module.name), module)


def _import_functions(unit: "Unit", functions: dict[str, list["Unit"]]) -> None:
    own = {one.node.name for one in unit.functions} | {one.decode() for one in _BOUND.findall(unit.module.source)}
    for name in sorted({one.decode() for one in _NAME.findall(unit.module.source)} & functions.keys() - own):
        several = functions[name]
        if len(several) == 1 and name not in unit.imports and several[0] is not unit:
            _bind(unit, Import(0, 0, local=name, module=several[0].name, name=name), several[0])


def _functions(program: "Program") -> dict[str, list["Unit"]]:
    """The files that define a function of this name at their top."""
    found: dict[str, list[Unit]] = {}
    for info in program.functions():
        if info.owner is None and info.outer is None and info.node.name:
            found.setdefault(info.node.name, []).append(info.unit)
    return found


def _bind(unit: "Unit", statement: Import, meant: "Unit") -> None:
    unit.imports[statement.local] = statement
    unit.located[statement.module, statement.name] = meant.path


def _modules(program: "Program") -> dict[str, "Unit | None"]:
    """The files by their last name, None for a name that several have."""
    found: dict[str, Unit | None] = {}
    for unit in program.units.values():
        name = unit.name.rpartition(".")[2]
        found[name] = None if name in found else unit
    return found


def _owners(program: "Program") -> dict[str, list["ClassInfo"]]:
    """The classes that have a method of this name."""
    found: dict[str, list[ClassInfo]] = {}
    for owner in program.classes.values():
        for name in owner.methods:
            found.setdefault(name, []).append(owner)
    return found


def _declare_fields(unit: "Unit", owners: dict[str, list["ClassInfo"]]) -> None:
    """Give the one class of a file the fields on which it calls a method that one other class alone has, and those
    whose name says what they are."""
    if len(unit.classes) != 1:
        return
    (owner,) = unit.classes.values()
    if unit.language == "java" and not owner.node.decorators and _MAPPED.search(unit.module.source):
        # Its annotations stand above what is shown; most that answer requests without views are these.
        owner.node.decorators.append(Name(owner.node.start, owner.node.start, "RestController"))
    declared = {one.decode() for pair in _DECLARED.findall(unit.module.source) for one in pair if one}
    for name, method in _calls(unit):
        others = [one for one in owners.get(method, ()) if one.unit is not unit]
        kind = others[0].node.name if len(others) == 1 else _usual_type(unit, name, method)
        if kind is None or name in owner.fields or name in declared:
            continue
        made = Field(owner.node.start, owner.node.start, name, Type(kind))
        owner.node.fields.append(made)
        owner.fields[name] = made


def _usual_type(unit: "Unit", name: str, method: str) -> str | None:
    if unit.language == "java":
        return TYPES_BY_NAME.get(name)
    if unit.language != "python" and _REPOSITORY.search(name) and method in _OF_REPOSITORIES:
        unit.imports.setdefault("Repository", Import(0, 0, local="Repository", module="typeorm", name="Repository"))
        return "Repository"
    return None


def _calls(unit: "Unit") -> Iterator[tuple[str, str]]:
    pattern = _CALLED["javascript" if unit.language == "typescript" else unit.language]
    for name, method in dict.fromkeys(pattern.findall(unit.module.source)):
        yield name.decode(), method.decode()
