"""The functions that FastAPI calls for each request because a parameter depends on them: `Depends(session)`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.callees import callee_of, class_named, of_type
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, name_of, within

if TYPE_CHECKING:
    from backend_advisor.experts.performance.detectors.serving import Served

_DEPENDS = frozenset({"Depends", "Security", "Provide"})


def dependencies(program: Program) -> Iterator[FunctionInfo]:
    """Every function that a parameter, a type or a route names as what it depends on."""
    if program.language != "python":
        return
    for unit in program.units.values():
        if b"Depends(" not in unit.module.source and b"Security(" not in unit.module.source:
            continue
        nowhere = FunctionInfo(ir.Function(0, 0, "", [], []), unit)
        for call in _stated(unit):
            given = call.args[0] if call.args else None
            if isinstance(given, ir.Name):
                found = callee_of(program, nowhere, given)
                if found is not None:
                    yield found
    for made in classes_of_requests(program):
        yield from program.method(made, "__init__")


def classes_of_requests(program: Program) -> set[ClassInfo]:
    """The classes that FastAPI makes an object of for each request: `Annotated[Rates, Depends()]`, `Depends(Rates)`."""
    found: set[ClassInfo | None] = set()
    for unit in program.units.values() if program.language == "python" else ():
        if b"Depends(" not in unit.module.source:
            continue
        for call in _stated(unit):
            if call.args and isinstance(call.args[0], ir.Name):
                found.add(class_named(program, unit, call.args[0].id) if call.args[0].id[:1].isupper() else None)
        for info in unit.functions:
            for param in info.node.params:
                notes = [param.default, *(param.type.metadata if param.type is not None else ())]
                if any(isinstance(one, ir.Call) and name_of(one.func) in _DEPENDS and not one.args for one in notes):
                    found.add(of_type(program, info, param.type))
    return {one for one in found if one is not None}


def classes_of_blocks(program: Program, during: "Served") -> set[ClassInfo]:
    """The classes that a request makes an object of for one block: `with Calendar(url) as calendar:`."""
    found: set[ClassInfo] = set()
    for info in program.functions() if program.language == "python" else ():
        if info not in during:
            continue
        for node in in_body(info.node):
            for made, _ in node.items if isinstance(node, ir.With) else ():
                if isinstance(made, ir.Call) and isinstance(made.func, ir.Name):
                    owner = class_named(program, info.unit, made.func.id)
                    found |= {owner} if owner is not None else set()
    return found


def _stated(unit: Unit) -> Iterator[ir.Call]:
    places: list[ir.Node] = list(within(*unit.module.body))
    for info in unit.functions:
        places += [part for note in info.node.decorators for part in within(note)]
        for param in info.node.params:
            places += list(within(param.default)) if param.default is not None else []
            places += [part for note in param.type.metadata for part in within(note)] if param.type is not None else []
        places += [one for one in in_body(info.node) if isinstance(one, ir.Call)]
    for one in places:
        if isinstance(one, ir.Call) and name_of(one.func) in _DEPENDS:
            yield one
