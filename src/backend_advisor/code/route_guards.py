"""Guards of NestJS that look at a part of the address before a handler is called with it."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of

_USES = "UseGuards"
_ASKS = "canActivate"


def is_asked_by_guard(program: Program, handler: FunctionInfo, param: ir.Param) -> bool:
    """Whether a guard of the program reads the part of the address that a parameter is given:
    `@UseGuards(ShareOwnerGuard)` whose `canActivate` looks for `request.params.shareId`."""
    wanted = _segment(param)
    return wanted is not None and any(wanted in _read(method) for method in _guards(program, handler))


def _segment(param: ir.Param) -> str | None:
    for note in param.decorators:
        if isinstance(note, ir.Call) and name_of(note.func) == "Param" and note.args:
            named = note.args[0]
            return named.value if isinstance(named, ir.Const) and isinstance(named.value, str) else None
    return None


def _guards(program: Program, handler: FunctionInfo) -> Iterator[FunctionInfo]:
    notes = [*handler.node.decorators, *(handler.owner.node.decorators if handler.owner is not None else ())]
    for note in notes:
        if not isinstance(note, ir.Call) or name_of(note.func) != _USES:
            continue
        for guard in note.args:
            for owner in program.by_short_name.get(name_of(guard), ()):
                for one in program.ancestry(owner):
                    yield from one.methods.get(_ASKS, ())


def _read(method: FunctionInfo) -> set[str]:
    """The parts of the address that a guard reads."""
    found: set[str] = set()
    for node in in_body(method.node):
        if isinstance(node, ir.Attr) and name_of(node.value) == "params":
            found.add(node.name)
        elif isinstance(node, ir.Index) and name_of(node.value) == "params" and isinstance(node.key, ir.Const):
            found.add(str(node.key.value))
    return found
