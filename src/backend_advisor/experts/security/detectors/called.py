"""Which of the program's functions a call means, and what of the caller is known inside them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.experts.security.detectors.origins import NOTHING, Origin
from backend_advisor.experts.security.detectors.queries import literal
from backend_advisor.experts.security.detectors.words import dotted

if TYPE_CHECKING:
    from backend_advisor.experts.security.detectors.handlers import Reader


def targets_of(
    node: ir.Call, reader: "Reader", caller: FunctionInfo, lambdas: Mapping[str, FunctionInfo]
) -> list[FunctionInfo]:
    """The functions that a call may run; none when it leaves the program or is not known."""
    known = reader.facts.into.get((caller.unit.path, node.start, node.end))
    if known:
        return known
    func, program = node.func, reader.program
    if isinstance(func, ir.Attr) and isinstance(func.value, ir.Name) and func.value.id in ("self", "this", "cls"):
        return program.method(caller.owner, func.name) if caller.owner is not None else []
    if isinstance(func, ir.Name):
        return [lambdas[func.id]] if func.id in lambdas else _named(func.id, reader, caller)
    return []


def _named(name: str, reader: "Reader", caller: FunctionInfo) -> list[FunctionInfo]:
    unit, program = caller.unit, reader.program
    own = [f for f in unit.functions if f.node.name == name and f.owner is None]
    if own:
        return own[:1]
    statement = unit.imports.get(name)
    located = program.locate(statement, unit) if statement is not None else None
    if statement is not None and located is not None:
        return [f for f in located.functions if f.node.name == statement.name and f.owner is None][:1]
    if caller.owner is not None and unit.language == "java":
        return program.method(caller.owner, name)
    return []


def bound(info: FunctionInfo, node: ir.Call, receiver: Origin, given: Sequence[Origin]) -> dict[str, Origin]:
    """The origin of each parameter: of the receiver, of positional arguments, then of named ones."""
    params = list(info.node.params)
    env: dict[str, Origin] = {}
    if _takes_receiver(info) and params:
        env[params.pop(0).name] = receiver
    keywords = {key: given[len(node.args) + number] for number, (key, _) in enumerate(node.keywords)}
    first = _handed(info, node)
    for number, param in enumerate(params, first):
        env[param.name] = given[number] if number < len(node.args) else keywords.get(param.name, NOTHING)
    return env


def _handed(info: FunctionInfo, node: ir.Call) -> int:
    """Where a function's arguments begin: after its own name where another calls it, as in `add_task(send, order)`."""
    name = info.node.name
    if not name or dotted(node.func).rpartition(".")[2] == name:
        return 0
    return next((n + 1 for n, one in enumerate(node.args) if dotted(one).rpartition(".")[2] == name), 0)


def passed_texts(info: FunctionInfo, node: ir.Call, texts: Mapping[str, str]) -> dict[str, str]:
    """The parameters whose text is known, as that of a statement written by the caller."""
    params = info.node.params[1:] if _takes_receiver(info) else info.node.params
    found: dict[str, str] = {}
    for param, argument in zip(params, node.args[_handed(info, node) :], strict=False):
        is_written = isinstance(argument, ir.Const | ir.Text)
        text = literal(argument) if is_written else texts.get(getattr(argument, "id", ""), "")
        if text:
            found[param.name] = text
    return found


def _takes_receiver(info: FunctionInfo) -> bool:
    return info.unit.language == "python" and info.owner is not None and not info.is_static
