"""Binding what OpenAPI documents name to the functions of a program."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.contracts import Contract, Operation
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.seen import Handler
from backend_advisor.code.site import Site
from backend_advisor.code.tree import everything
from backend_advisor.code.values import constant

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine

OPERATION = "openapi.operation"
CHECKER = "openapi.security"
_RESOLVERS = frozenset({"RelativeResolver", "RestyResolver", "MethodResolver", "MethodViewResolver"})
_OF_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|fixtures)/")
"""Folders of documents for tests; `specs/`, which holds tests elsewhere, is where documents usually stand."""
_VARIABLE = re.compile(r"\{[^{}]*\}$")


def bind(program: Program, contracts: Iterable[Contract]) -> None:
    """Enter the functions that documents name for their operations, when a framework of the program reads them so."""
    if OPERATION not in program.roles.decorators:
        return
    roots = list(_roots(program))
    modules = _modules(program)
    for contract in contracts:
        if _OF_TESTS.search(contract.path):
            continue
        for operation in contract.operations:
            named = (_function(modules, name, contract.path) for name in _names(operation, roots))
            info = next((one for one in named if one is not None), None)
            if info is not None:
                program.operations.setdefault(info, operation)
        checkers = (_function(modules, name, contract.path) for name in contract.checkers)
        program.checkers.update(info for info in checkers if info is not None)


def note_operations(machine: "Machine") -> None:
    """Note what bound functions are, as a decorator would tell it."""
    role = machine.roles.decorators.get(OPERATION)
    for info, operation in machine.program.operations.items():
        if role is None:
            return
        info.marks.update(role.marks)
        if operation.is_secured:
            info.marks.add("auth.required")
        site = Site(info.node, OPERATION, None, None, [], [])
        site.keywords = {"path": constant(operation.path), "method": constant(operation.method)}
        handler = machine.seen.handlers.setdefault(
            id(info), Handler(info, set(role.marks), site.properties(role), info.node, info.unit)
        )
        if operation.answers_page:
            handler.result = role


def bound_kinds(program: Program, info: FunctionInfo) -> list[str] | None:
    """What a bound function's parameters receive, the receiver left out; None of a function that is not bound."""
    operation = program.operations.get(info)
    if operation is None and info not in program.checkers:
        return None
    role = program.roles.decorators[OPERATION if operation is not None else CHECKER]
    given = role.parameters[0] if role.parameters else "_"
    names = [param.name for param in info.node.params]
    if info.owner is not None and not info.is_static:
        names = names[1:]
    if operation is None:
        return [given if number == 0 or name == "password" else "_" for number, name in enumerate(names)]
    return [given if name in operation.inputs else _context(program, name) for name in names]


def _context(program: Program, name: str) -> str:
    """What a framework gives to a parameter of this name besides the client's input, such as who calls."""
    role = program.roles.parameters.get(f"{OPERATION}.{name}")
    return f"source:{role.source}" if role is not None and role.source is not None else "_"


def is_bound_number(program: Program, info: FunctionInfo, name: str) -> bool:
    """Whether the document lets only numbers or listed words through to this parameter."""
    operation = program.operations.get(info)
    return operation is not None and operation.inputs.get(name) is False


def _names(operation: Operation, roots: list[str]) -> Iterator[str]:
    """The qualified names that an operation may mean, likeliest first."""
    if operation.id is not None and operation.controller is not None:
        yield f"{operation.controller}.{operation.id}"
    elif operation.id is not None:
        yield from (f"{root}.{operation.id}" for root in roots)
        if "." in operation.id:
            yield operation.id
    else:
        parts = [part for part in operation.path.split("/") if part]
        resource = ".".join(part for part in parts if not _VARIABLE.match(part)).replace("-", "_")
        lists = operation.method == "GET" and resource and not _VARIABLE.match(parts[-1])
        name = "search" if lists else operation.method.lower()
        for root in [operation.controller] if operation.controller is not None else roots:
            yield f"{root}.{resource}.{name}" if resource and operation.controller is None else f"{root}.{name}"


def _roots(program: Program) -> Iterator[str]:
    """The modules that a program's resolvers begin at."""
    for unit in program.units.values():
        if not any(statement.module.startswith("connexion") for statement in unit.imports.values()):
            continue
        for node in everything(unit.module.body):
            if isinstance(node, ir.Call) and _last_name(node.func) in _RESOLVERS and node.args:
                first = node.args[0]
                if isinstance(first, ir.Const) and isinstance(first.value, str):
                    yield first.value


def _last_name(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")


def _modules(program: Program) -> dict[str, list[Unit]]:
    """The files of a program by the last part of their module's name."""
    found: dict[str, list[Unit]] = {}
    for unit in program.units.values():
        if not is_test(unit.path):
            found.setdefault(unit.name.rpartition(".")[2], []).append(unit)
    return found


def _function(modules: dict[str, list[Unit]], name: str, near: str) -> FunctionInfo | None:
    """The function of a qualified name, in the file nearest to a document."""
    parts = name.split(".")
    for count in (1, 2):
        module, inside = ".".join(parts[:-count]), parts[-count:]
        if not module:
            continue
        units = modules.get(module.rpartition(".")[2], ())
        named = [unit for unit in units if unit.name == module or unit.name.endswith(f".{module}")]
        for unit in sorted(named, key=lambda one: -_shared(one.path, near)):
            found = _in_unit(unit, inside)
            if found is not None:
                return found
    return None


def _in_unit(unit: Unit, names: list[str]) -> FunctionInfo | None:
    if len(names) == 2:
        owner = unit.classes.get(names[0])
        return next(iter(owner.methods.get(names[1], ())), None) if owner is not None else None
    return next(
        (one for one in unit.functions if one.owner is None and one.outer is None and one.node.name == names[0]), None
    )


def _shared(left: str, right: str) -> int:
    """How many folders two paths have in common."""
    count = 0
    for one, other in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count
