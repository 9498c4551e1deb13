"""Small questions about expressions that several rules ask."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything
from backend_advisor.code.values import Value
from backend_advisor.experts.security.detectors.facts import Facts
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.rules.registry import CodeContext

_PRINTED = re.compile(rb"[\w -]{8,}")


def constants(value: Value | None) -> list[str]:
    """Every text that a value or one of its elements can be."""
    if value is None:
        return []
    found = [str(one) for one in value.consts or () if one is not None]
    if value.name is not None:
        found.append(value.name)
    for part in (*(value.fields or {}).values(), *((value.rest,) if value.rest is not None else ())):
        found += [str(one) for one in part.consts or () if one is not None]
        if part.name is not None:
            found.append(part.name)
    return found


def stands_in_tests_only(text: bytes, context: CodeContext) -> bool:
    """Whether a text that a call of Python is given stands in no file but those of tests, which call it too."""
    if context.program.language != "python" or _PRINTED.fullmatch(text) is None:
        return False
    return not any(
        text in unit.module.source for unit in context.program.units.values() if not is_test(unit.path)
    ) and any(text in unit.module.source for unit in context.program.units.values() if is_test(unit.path))


def is_false(value: Value | None) -> bool:
    """Whether a value is certainly false."""
    return (
        value is not None and value.consts is not None and set(value.consts) <= {False, "false"} and bool(value.consts)
    )


def is_true(value: Value | None) -> bool:
    """Whether a value is certainly true."""
    return value is not None and value.consts is not None and set(value.consts) <= {True, "true"} and bool(value.consts)


def calls_with(context: CodeContext, *acts: str) -> Iterator[CallSeen]:
    """The calls that perform one of these acts, each place once."""
    told: set[tuple[str, int, int]] = set()
    for call in context.seen.performing(*acts):
        place = (call.unit.path, call.node.start, call.node.end)
        if place not in told:
            told.add(place)
            yield call


def facts_of(context: CodeContext) -> Facts:
    """What was seen, by function and by place."""
    return survey(context)[0]


def functions(context: CodeContext) -> Iterator[FunctionInfo]:
    """Every function that has a body."""
    for info in context.program.functions():
        if info.node.body:
            yield info


def definitions(body: object) -> dict[str, list[ir.Expr]]:
    """What each variable of a body is assigned."""
    found: dict[str, list[ir.Expr]] = {}
    for node in everything(body):
        if not isinstance(node, ir.Assign | ir.AssignExpr) or not isinstance(node.target, ir.Name):
            continue
        if node.value is not None:
            found.setdefault(node.target.id, []).append(node.value)
    return found


def behind(expression: ir.Expr, defined: dict[str, list[ir.Expr]], depth: int = 3) -> Iterator[ir.Node]:
    """Every node of an expression and of what its variables were assigned."""
    for node in everything(expression):
        yield node
        if isinstance(node, ir.Name) and depth:
            for value in defined.get(node.id, ()):
                yield from behind(value, {k: v for k, v in defined.items() if k != node.id}, depth - 1)


def qualified(expression: ir.Expr, unit: Unit) -> str:
    """A dotted name with its first part replaced by what the import says."""
    name = dotted(expression)
    first, _, rest = name.partition(".")
    statement = unit.imports.get(first)
    if statement is None:
        return name
    module = statement.module.removeprefix("node:")
    whole = module if statement.name in (None, "default", "*") else f"{module}.{statement.name}"
    return f"{whole}.{rest}" if rest else whole


def text_of(unit: Unit, node: ir.Node) -> str:
    """A node as it is written, without space."""
    return re.sub(r"\s+", "", unit.module.source[node.start : node.end].decode("utf-8", "replace"))
