"""Handlers of JavaScript that stand beside a schema: what a client sends has been checked before they see it.

`router.post('/', validate(schema), handler)`, `endpoint(schema)(handler)`, `fastify.post('/', { schema }, handler)`.
"""

import re
from collections.abc import Iterable, Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.roles import Roles
from backend_advisor.code.tree import everything
from backend_advisor.code.values import Value

_WORDS = (b"chema", b"alidat", b"z.object", b"elebrate")
_SCHEMA = re.compile(
    r"(?i)schemas?$|(?<!is)(?:validat(?:e|ed|or|ors|ion|ions)$)|^validat\w+|^with_?validat\w+|^celebrate$|^zvalidator$"
)
_NONE = re.compile(r"(?i)^validate(?:request|input|errors?|results?)?$|^validation_?(?:errors?|results?)$")
_WHO = re.compile(
    r"(?i)token|api_?key|session|user$|auth|permission|access|csrf|signature|origin|captcha|licen[cs]e|rate|header|webhook"
)
_MAKERS = re.compile(
    r"^(?:z|zod|joi|Joi|yup|Yup|Type|S)\.(?:object|strictObject|looseObject|array|discriminatedUnion|union)$"
)
_DEEPEST = 4


def beside_schemas(program: Program) -> Iterator[ir.Function]:
    """The functions that are written as an argument beside a schema."""
    for unit in program.units.values():
        if unit.language in ("javascript", "typescript") and any(word in unit.module.source for word in _WORDS):
            yield from _beside_schemas(unit)


def _beside_schemas(unit: Unit) -> Iterator[ir.Function]:
    for node in everything(unit.module.body):
        if isinstance(node, ir.Sequence) and len(node.items) > 1 and has_schema(node.items):
            yield from _in_array(unit, node.items)
        if not isinstance(node, ir.Call):
            continue
        functions = [one.function for one in node.args if isinstance(one, ir.Lambda)]
        if functions and has_schema(_all_arguments(node)):
            yield from functions


def _in_array(unit: Unit, items: list[ir.Expr]) -> Iterator[ir.Function]:
    """`[validateOrder, createOrder]`: what is registered together, wherever that is done."""
    named = {one.id for one in items if isinstance(one, ir.Name)}
    yield from (one.function for one in items if isinstance(one, ir.Lambda))
    for statement in unit.module.body:
        made = statement.definition if isinstance(statement, ir.Define) else None
        if isinstance(made, ir.Function) and made.name in named:
            yield made
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and statement.target.id in named:
            given = statement.value.value if isinstance(statement.value, ir.Cast) else statement.value
            if isinstance(given, ir.Lambda):
                yield given.function


def _all_arguments(call: ir.Call) -> Iterator[ir.Expr]:
    """The arguments of a call, and of the calls that gave what is called: `endpoint(schema)(handler)`."""
    yield from call.args
    if isinstance(call.func, ir.Call):
        yield from _all_arguments(call.func)


def behind_schema(roles: Roles, value: Value) -> Value:
    """A request as a function sees it that stands beside a schema."""
    meant = {roles.checked[one] for kind in value.types for one in roles.ancestry(kind) if one in roles.checked}
    return value.but(types=frozenset(meant)) if meant else value


def has_schema(arguments: Iterable[ir.Expr]) -> bool:
    """Whether one of some arguments is a schema, or something made of one that refuses what does not fit."""
    return any(_is_schema(one, 0) for one in arguments)


def _is_schema(expression: ir.Expr | None, depth: int) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(expression, ir.Name | ir.Attr):
        name = _last(expression)
        return _SCHEMA.search(name) is not None and _WHO.search(name) is None and _NONE.match(name) is None
    if isinstance(expression, ir.Call):
        return _makes_schema(expression, depth)
    if isinstance(expression, ir.Sequence):
        return any(_is_schema(one, depth + 1) for one in expression.items)
    if isinstance(expression, ir.Mapping):
        return any(
            _is_schema(value, depth + 1) or _key(key).lower().endswith("schema") for key, value in expression.pairs
        )
    return False


def _makes_schema(call: ir.Call, depth: int) -> bool:
    if isinstance(call.func, ir.Attr):
        if isinstance(call.func.value, ir.Name) and _MAKERS.match(f"{call.func.value.id}.{call.func.name}"):
            return True
        if isinstance(call.func.value, ir.Call) and _is_schema(call.func.value, depth + 1):
            return True  # `z.object({…}).strict()`
    name = _last(call.func)
    if _WHO.search(name):
        return False
    if any(_is_schema(one, depth + 1) for one in call.args):
        return True
    return bool(call.args) and _SCHEMA.search(name) is not None


def _key(key: ir.Expr | None) -> str:
    return str(key.value) if isinstance(key, ir.Const) else ""


def _last(expression: ir.Expr) -> str:
    return getattr(expression, "id", "") or getattr(expression, "name", "")
