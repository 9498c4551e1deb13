"""Middleware that is put before routes from another place than theirs: by a function that is handed the application, by
a plugin that limits, by a module of NestJS."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.facts import Facts, file_of
from backend_advisor.experts.security.detectors.gate import Gate
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, LIMITS, dotted, identifiers
from backend_advisor.rules.registry import CodeContext

_LIMITER = re.compile(r"rate-?limit", re.IGNORECASE)
_PREFIX = re.compile(rb"setGlobalPrefix\(\s*['\"`]([^'\"`]+)")
_HANDS_OVER = re.compile(rb"\(\s*(?:app|router|server|fastify|express)\b")
_VERSION = re.compile(r"^/v\d+(?=/)")
_ALL = frozenset({"*", "(.*)", "*path", "*splat", "{*path}", "{*splat}"})
"""The paths of NestJS that mean every route."""


def carried(gates: list[Gate], context: CodeContext, facts: Facts) -> Iterator[Gate]:
    """`harden(app)`: what a function puts before the routes of the application that it is handed stands where it is
    called."""
    by_function = _by_function(gates)
    if not by_function:
        return
    for (path, start, _), infos in facts.into.items():
        called_in = context.program.units.get(path)
        if called_in is not None:
            for gate in (gate for info in infos for gate in by_function.get(id(info), ())):
                yield replace(gate, unit=called_in, start=start, until=_scope(called_in, start))
    files = {gate.unit.path for several in by_function.values() for gate in several}
    for unit in context.program.units.values():
        for node in plain_calls(unit):
            target = file_of(node.func, unit, context)
            for info in target.functions if target is not None and target.path in files and target is not unit else ():
                if info.node.name in ("", _called(node, unit)):
                    for gate in by_function.get(id(info), ()):
                        yield replace(gate, unit=unit, start=node.start, until=_scope(unit, node.start))


def _by_function(gates: list[Gate]) -> dict[int, list[Gate]]:
    """What stands before the routes of an application that its function is given, by that function."""
    found: dict[int, list[Gate]] = {}
    for gate in gates:
        if not (gate.asks or gate.limits) or not gate.receiver or gate.unit.language in {"python", "java"}:
            continue
        around = [one for one in gate.unit.functions if one.node.start <= gate.start < one.node.end]
        own = max(around, key=lambda one: one.node.start, default=None)
        if own is not None and any(param.name == gate.receiver for param in own.node.params):
            found.setdefault(id(own), []).append(gate)
    return found


def _called(node: ir.Call, unit: Unit) -> str:
    """The name that a function has in its own file."""
    name = dotted(node.func).rpartition(".")[2]
    statement = unit.imports.get(name)
    return statement.name or name if statement is not None else name


def limit_plugins(context: CodeContext) -> Iterator[Gate]:
    """`fastify.register(rateLimit, { max: 20 })`: a plugin that limits every route of its scope unless told not to."""
    for unit in context.program.units.values():
        source = unit.module.source
        if unit.language in {"python", "java"} or b".register(" not in source or b"limit" not in source.lower():
            continue
        for node in everything(unit.module.body):
            if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr) or node.func.name != "register":
                continue
            if node.args and _LIMITER.search(_package(node.args[0], unit)) and not _is_not_global(node.args[1:2]):
                yield _limit(unit, node, until=_scope(unit, node.start))


def of_modules(context: CodeContext, facts: Facts) -> Iterator[Gate]:
    """`consumer.apply(limiter).forRoutes("auth/login")` and `app.use(…)` in the file that makes the application."""
    prefix = next(
        (f"/{one[1].decode().strip('/')}" for one in map(_PREFIX.search, context.program.sources()) if one), ""
    )
    for unit in context.program.units.values():
        if b".forRoutes(" not in unit.module.source:
            continue
        for node in everything(unit.module.body):
            if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "forRoutes":
                yield from _for_routes(node, unit, context, facts)
    for gate in _made_by_factory(context, facts):
        yield replace(gate, paths=tuple(_below(one, prefix) for one in gate.paths), of_modules=True)


def _made_by_factory(context: CodeContext, facts: Facts) -> Iterator[Gate]:
    for unit in context.program.units.values():
        if b"NestFactory" not in unit.module.source:
            continue
        for node in everything(unit.module.body):
            if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "use":
                path = node.args[0] if node.args and isinstance(node.args[0], ir.Const) else None
                handlers = node.args[1:] if path is not None else node.args
                if any(_is_limit(one, unit, facts) for one in handlers):
                    paths = (path.value,) if path is not None and isinstance(path.value, str) else ()
                    yield _limit(unit, node, paths)


def _for_routes(node: ir.Call, unit: Unit, context: CodeContext, facts: Facts) -> Iterator[Gate]:
    given, excluded = [], False
    at: ir.Expr = node.func
    while isinstance(at, ir.Attr):
        at = at.value
        if not isinstance(at, ir.Call):
            return
        if isinstance(at.func, ir.Attr) and at.func.name == "apply":
            given = at.args
            break
        excluded = excluded or (isinstance(at.func, ir.Attr) and at.func.name == "exclude")
        at = at.func
    limits = any(_is_limit(one, unit, facts) for one in given)
    asks = not excluded and any(AUTHENTICATES.search(dotted(one).rpartition(".")[2]) for one in given)
    paths = [path for one in node.args for path in _meant_paths(one, context)]
    if given and (limits or asks) and len(paths) >= len(node.args):
        named = () if "" in paths else tuple(paths)
        names = frozenset(identifiers(given))
        yield Gate(unit, node.start, named, "", frozenset(), asks, limits, names, False, of_modules=True)


def _meant_paths(expression: ir.Expr, context: CodeContext) -> Iterator[str]:
    """The paths that an argument of `forRoutes` names: a text, `{ path, method }`, or a controller."""
    if isinstance(expression, ir.Mapping):
        for key, value in expression.pairs:
            if isinstance(key, ir.Const) and key.value == "path":
                yield from _meant_paths(value, context)
    elif isinstance(expression, ir.Const) and isinstance(expression.value, str):
        stated = expression.value.strip("/")
        yield "" if stated in _ALL else f"/{stated}"
    elif isinstance(expression, ir.Name):
        for info in context.program.by_short_name.get(expression.id, ())[:1]:
            for one in info.node.decorators:
                if isinstance(one, ir.Call) and dotted(one.func) == "Controller":
                    yield from _meant_paths(one.args[0], context) if one.args else ()


def _is_limit(expression: ir.Expr, unit: Unit, facts: Facts) -> bool:
    """Whether a middleware limits how often, by its name or by the package that makes it."""
    calls = facts.at.get((unit.path, expression.start, expression.end), ())
    if any("rate.limited" in call.role.marks for call in calls):
        return True
    made = expression.func if isinstance(expression, ir.Call) else expression
    return (
        LIMITS.search(dotted(made).rpartition(".")[2]) is not None or _LIMITER.search(_package(made, unit)) is not None
    )


def _limit(unit: Unit, node: ir.Call, paths: tuple[str, ...] = (), until: int = sys.maxsize) -> Gate:
    return Gate(unit, node.start, paths, "", frozenset(), False, True, frozenset(), False, until)


def _package(expression: ir.Expr, unit: Unit) -> str:
    """The package that a value comes from: `require("x")`, `import("x")`, or a name that was imported."""
    if isinstance(expression, ir.Attr):
        return _package(expression.value, unit)
    if isinstance(expression, ir.Call):
        first = expression.args[0] if expression.args else None
        loads = isinstance(expression.func, ir.Name) and expression.func.id in ("require", "import")
        return first.value if loads and isinstance(first, ir.Const) and isinstance(first.value, str) else ""
    statement = unit.imports.get(expression.id) if isinstance(expression, ir.Name) else None
    return statement.module if statement is not None else ""


def _is_not_global(options: list[ir.Expr]) -> bool:
    return any(
        isinstance(key, ir.Const) and key.value == "global" and isinstance(value, ir.Const) and value.value is False
        for one in options
        if isinstance(one, ir.Mapping)
        for key, value in one.pairs
    )


def _below(path: str, prefix: str) -> str:
    """A path as its controllers state it: below the prefix of the whole application and its version."""
    if prefix and f"{path}/".startswith(f"{prefix}/"):
        path = path[len(prefix) :]
    return _VERSION.sub("", path)


def _scope(unit: Unit, start: int) -> int:
    """Where the function ends that something stands in."""
    around: list[FunctionInfo] = [one for one in unit.functions if one.node.start <= start < one.node.end]
    return min((one.node.end for one in around), default=sys.maxsize)


def plain_calls(unit: Unit) -> list[ir.Call]:
    """`routes(app)` and `require("./routes")(app)` in a file: its routes are mounted there."""
    if unit.language in {"python", "java"} or _HANDS_OVER.search(unit.module.source) is None:
        return []
    return [
        node
        for node in everything(unit.module.body)
        if isinstance(node, ir.Call)
        and node.args
        and isinstance(node.args[0], ir.Name)
        and node.args[0].id in ("app", "router", "server", "fastify", "express")
    ]
