"""The functions that FastAPI calls for each request because a parameter depends on them: `Depends(session)`."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import callee_of
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, name_of, within

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
