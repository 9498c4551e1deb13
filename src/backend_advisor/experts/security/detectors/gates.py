"""What an application puts before its routes: middleware, settings, and the files that it mounts."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.searching import Guarded
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, in_body, in_whole, of_kind
from backend_advisor.code.values import Value
from backend_advisor.experts.security.detectors.blueprints import Blueprint, Blueprints, makes_application
from backend_advisor.experts.security.detectors.facts import ASKING, Facts, Route, body_words, file_of, verb_of
from backend_advisor.experts.security.detectors.gate import Gate, Place
from backend_advisor.experts.security.detectors.gates_elsewhere import carried, limit_plugins, of_modules, plain_calls
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, IDENTITY, LIMITS, dotted, identifiers
from backend_advisor.rules.registry import CodeContext

_EVERYWHERE = Guarded(
    rb"APP_GUARD|useGlobalGuards|DEFAULT_PERMISSION_CLASSES[^\]]*?(?:IsAuthenticated|DjangoModelPermissions)|LoginRequiredMiddleware|"
    rb"anyRequest\(\)\s*\.\s*(?:authenticated|hasRole|hasAuthority|access)|anyExchange\(\)\s*\.\s*authenticated|\.authenticated\(\)|\bfullyAuthenticated\(\)",
    b"app_guard", b"useglobalguards", b"default_permission_classes", b"loginrequiredmiddleware", b"anyrequest(",
    b"anyexchange(", b"authenticated(",
)  # fmt: skip
"""Settings that ask everybody to sign in, except where a route says otherwise."""
_SETS_UP = re.compile(
    rb"\b(?:register|add|apply|use|set_?up|enable|install|require|enforce)_?(?i:\w*(?:auth|jwt|api_?key|session|guard|protect)\w*)"
    rb"\(\s*(?:app|router|server|fastify|express|instance|scope|f|\w*[rR]outes)\b"
)
_MOUNTS_FOLLOWED = 32
_MOUNTS = re.compile(r"(?i)route|controller|handler|module|swagger|docs|errors?$|decorat|context")
_LIMITS_EVERYWHERE = Guarded(
    rb"(?i)add_middleware\(\s*[\w.]*(?:SlowAPI|rate_?limit|throttl)\w*|\bdefault_limits\s*=\s*\[\s*[^\]\s]|"
    rb"useClass:\s*\w*Throttler\w*|['\"]?DEFAULT_THROTTLE_CLASSES['\"]?\s*[:=]\s*[\[(]\s*['\"\w]|axes\.middleware\.AxesMiddleware",
    b"add_middleware(", b"default_limits", b"useclass:", b"default_throttle_classes", b"axesmiddleware",
)  # fmt: skip
"""Settings that limit how often anybody may ask anything."""
_OF_ROUTER = re.compile(rb"new\s+\w*Router\w*\(\s*\{\s*prefix:\s*['\"`]([^'\"`]+)")
"""The path that a router of Koa was made for."""
_REFUSAL = re.compile("unauthori|forbid|not_?authenticated|access_?denied", re.IGNORECASE)


def cover(routes: list[Route], context: CodeContext, facts: Facts) -> None:
    """Note the routes that the application's own middleware or settings stand before."""
    everywhere = _EVERYWHERE.is_in_any(context.program.sources())
    limited = _LIMITS_EVERYWHERE.is_in_any(context.program.sources())
    gates = [*_gates(context, facts), *_set_up(context)]
    registered = list(_registered(context))
    gates += _of_plugins(gates, registered)
    gates += [*carried(gates, context, facts), *limit_plugins(context), *of_modules(context, facts)]
    limits = [gate for gate in gates if gate.limits]
    blueprints = Blueprints(context.program)
    guarded: set[Blueprint] = set()
    applications: set[str] = set()
    for info in context.program.functions():
        if "http.middleware" in info.marks and info.unit.language in {"python", "java"} and not everywhere:
            stops = _refuses(info) or any(isinstance(node, ir.Throw) for node in in_whole(info.node))
            if (stops and _asks_by_itself(info, facts)) or _is_guarded(info):
                only = blueprints.guarded(info)
                if only is not None:
                    guarded.add(only)
                elif makes_application(info.unit):
                    applications.add(info.unit.path)
                else:
                    everywhere = True
    mounted = _mounted(context)
    for unit, node, target, _ in registered:
        mounted[target.path].append((unit, node.start, ""))
    mounted = {path: _through_mounts(places, mounted) for path, places in mounted.items()}
    for route in routes:
        if "auth.public" in route.info.marks:
            continue
        route.covered = (
            everywhere
            or (bool(guarded) and not guarded.isdisjoint(blueprints.of_route(route.info)))
            or (bool(applications) and (route.unit.path in applications or not makes_application(route.unit)))
            or any(gate.asks and gate.stands_before(route, mounted) for gate in gates)
        )
        route.limited = route.limited or limited or any(gate.stands_before(route, mounted) for gate in limits)
        route.guards = route.guards.union(
            *(gate.names for gate in gates if gate.paths and gate.stands_before(route, mounted))
        )


def _is_guarded(info: FunctionInfo) -> bool:
    """Whether a decorator asks who calls before what stands before the routes: `@bp.before_request @login_required`."""
    return any(AUTHENTICATES.search(dotted(one).rpartition(".")[2]) for one in info.node.decorators)


def refuses_strangers(expression: ir.Expr, unit: Unit, context: CodeContext, facts: Facts) -> bool:
    """Whether a decorator or a middleware of the program's own (`@members_area`, `ownTeamOnly`) turns people away."""
    info = _meant(expression, unit, context)
    return info is not None and _refuses(info) and _asks_by_itself(info, facts)


def stops_strangers(value: Value, facts: Facts) -> bool:
    """Whether a middleware given before a handler turns people away by who they are: `Orders.guard.bind(this)`."""
    infos = (getattr(ref, "info", None) for ref in value.refs)
    return any(
        isinstance(info, FunctionInfo) and _refuses(info) and _goes_on(info) and _asks_by_itself(info, facts)
        for info in infos
    )


def _meant(expression: ir.Expr, unit: Unit, context: CodeContext) -> FunctionInfo | None:
    """The function of the program that a name in a file means, also where it is called to make another."""
    if isinstance(expression, ir.Call):
        return _meant(expression.func, unit, context)
    if isinstance(expression, ir.Attr):
        name, statement = expression.name, unit.imports.get(dotted(expression.value))
        if statement is not None and statement.name is not None:
            dot = "" if statement.module.endswith(".") else "."
            statement = ir.Import(0, 0, name, f"{statement.module}{dot}{statement.name}", name)
    elif isinstance(expression, ir.Name):
        name, statement = expression.id, unit.imports.get(expression.id)
    else:
        return None
    where: Unit | None = unit
    if statement is not None:
        where, name = context.program.locate(statement, unit), statement.name or name
    elif isinstance(expression, ir.Attr):
        return None
    functions = where.functions if where is not None else []
    return next((one for one in functions if one.node.name == name and one.owner is None and one.outer is None), None)


def _asks_by_itself(info: FunctionInfo, facts: Facts) -> bool:
    if facts.acts(info) & ASKING:
        return True
    names = {info.node.name} | body_words(info)
    return any(AUTHENTICATES.search(name) or IDENTITY.search(name) for name in names)


def _gates(context: CodeContext, facts: Facts) -> list[Gate]:
    found: list[Gate] = []
    for call in context.seen.calls.values():
        node = call.node
        if not isinstance(node, ir.Call) or not {"http.middleware", "http.handler"}.intersection(call.role.marks):
            continue
        middleware = "http.middleware" in call.role.marks
        given = [arg for arg in node.args if not isinstance(arg, ir.Const)]
        if not middleware and len(node.args) > 2:
            continue  # the handler's own middleware
        asks = limits = False
        for number, value in enumerate(call.args):
            expression = node.args[number] if number < len(node.args) else None
            hook = call.role.name.endswith(".addHook")  # an asynchronous one hands the request on by coming back
            for part, one in _each(value, expression):
                kinds = _kinds(one, part, call.unit, context, facts, middleware, hook)
                asks, limits = asks or kinds[0], limits or kinds[1]
        names = frozenset(identifiers(given))
        below = _mount_of_koa(node)
        if below is not None:
            part = below[1]
            kinds = _kinds(Value(), part, call.unit, context, facts, middleware, False)
            asks, limits = asks or kinds[0], limits or kinds[1]
        if given:
            verbs = frozenset() if middleware else verb_of(node)
            found.append(
                Gate(
                    call.unit,
                    node.start,
                    _paths(call) if below is None else (below[0],),
                    dotted(node.func.value) if isinstance(node.func, ir.Attr) else "",
                    verbs,
                    asks,
                    limits,
                    names,
                    not middleware,
                )
            )
    return found


def _mount_of_koa(node: ir.Call) -> tuple[str, ir.Expr] | None:
    """`app.use(mount("/auth", limiter))`: the path and what stands at it."""
    made = node.args[0] if len(node.args) == 1 else None
    if isinstance(made, ir.Call) and dotted(made.func) == "mount" and len(made.args) > 1:
        path = made.args[0]
        if isinstance(path, ir.Const) and isinstance(path.value, str):
            return path.value, made.args[1]
    return None


def _each(value: Value, expression: ir.Expr | None) -> list[tuple[ir.Expr | None, Value]]:
    """An argument, or each item of it where it is an array: `app.use("/auth", [limiter, router])`."""
    if not isinstance(expression, ir.Sequence):
        return [(expression, value)]
    known = list((value.fields or {}).values())
    items: list[tuple[ir.Expr | None, Value]] = []
    for number, one in enumerate(expression.items):
        items.append((one, known[number] if number < len(known) else Value()))
    return [*items, (None, value)]


def _set_up(context: CodeContext) -> Iterator[Gate]:
    """`registerApiKeyAuth(fastify)`: what a function is named for, it puts before the routes of its scope."""
    for unit in context.program.units.values():
        if unit.language in {"python", "java"} or _SETS_UP.search(unit.module.source) is None:
            continue
        for info in unit.functions:
            for node in in_body(info.node):
                if not isinstance(node, ir.Call) or not node.args or not isinstance(node.args[0], ir.Name):
                    continue
                name = dotted(node.func).rpartition(".")[2]
                if _SETS_UP.match(f"{name}({node.args[0].id}".encode()) and not _MOUNTS.search(name):
                    yield Gate(
                        unit, node.start, (), node.args[0].id, frozenset(), True, False, frozenset({name}), False,
                        info.node.end,
                    )  # fmt: skip


def _registered(context: CodeContext) -> Iterator[tuple[Unit, ir.Call, Unit, int]]:
    """Each `fastify.register(plugin)`: the file it stands in, the call, the file of the plugin, and its scope's end."""
    for unit in context.program.units.values():
        if unit.language in {"python", "java"} or b".register(" not in unit.module.source:
            continue
        for node in everything(unit.module.body):
            if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr) or node.func.name != "register":
                continue
            target = file_of(node.args[0], unit, context) if node.args else None
            if target is not None and target is not unit:
                around = [one.node for one in unit.functions if one.node.start <= node.start < one.node.end]
                yield unit, node, target, min((one.end for one in around), default=sys.maxsize)


def _of_plugins(gates: list[Gate], registered: list[tuple[Unit, ir.Call, Unit, int]]) -> list[Gate]:
    """`app.register(authentication)`: what a plugin that opens its scope hooks in stands where it is registered."""
    opening = {
        gate.unit.path: gate
        for gate in gates
        if (gate.asks or gate.limits) and any(one.module == "fastify-plugin" for one in gate.unit.imports.values())
    }
    return [
        Gate(unit, node.start, (), "", frozenset(), gate.asks, gate.limits, gate.names, False, until)
        for unit, node, target, until in registered
        if (gate := opening.get(target.path)) is not None
    ]


def _paths(call: CallSeen) -> tuple[str, ...]:
    stated = call.properties.get("path")
    if stated is None:
        return ()
    found = [one for one in stated.consts or () if isinstance(one, str)]
    for part in (stated.fields or {}).values():
        found += [one for one in part.consts or () if isinstance(one, str)]
    return tuple(found)


def _kinds(
    value: Value,
    expression: ir.Expr | None,
    unit: Unit,
    context: CodeContext,
    facts: Facts,
    middleware: bool,
    hook: bool,
) -> tuple[bool, bool]:
    """Whether a middleware asks who calls, and whether it limits how often."""
    plain = True
    names = {dotted(expression).rpartition(".")[2]} if isinstance(expression, ir.Name | ir.Attr | ir.Call) else set()
    marks: set[str] = set()
    if expression is not None:
        for call in facts.at.get((unit.path, expression.start, expression.end), ()):
            marks.update(call.role.marks)
            plain = False
    if value.name is not None:
        role = context.program.roles.calls.get(value.name.removesuffix("()"))
        marks.update(role.marks if role is not None else ())
        plain = plain and role is None
    known = [info for ref in value.refs if isinstance(info := getattr(ref, "info", None), FunctionInfo)]
    limits = (
        "rate.limited" in marks
        or any(LIMITS.search(name) for name in names)
        or any(facts.acts(info) & {"cache.increment", "rate.limit"} for info in known)
    )
    if known:
        # What its code says counts for more than its name: to note who calls is not to ask.
        return any(_refuses(info) and (hook or _goes_on(info)) for info in known), limits
    named = middleware and plain and any(AUTHENTICATES.search(name) for name in names)
    return "auth.required" in marks or named, limits


def _goes_on(info: FunctionInfo) -> bool:
    """Whether a function may hand the request on: `(req, res, next)`, `(ctx, next)`, and not an error handler."""
    params = [param.name for param in info.node.params]
    if not 2 <= len(params) <= 3:
        return False
    return any(
        isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == params[-1]
        for node in in_whole(info.node)
    )


def _refuses(info: FunctionInfo) -> bool:
    """Whether a function answers 401 or 403, or sends to a sign-in page."""
    for node in in_whole(info.node):
        if isinstance(node, ir.Name | ir.Attr):
            name = node.id if isinstance(node, ir.Name) else node.name
            if _REFUSAL.search(name):
                return True
        if isinstance(node, ir.Const) and (
            node.value in (401, 403) or (isinstance(node.value, str) and "login" in node.value.lower()[:40])
        ):
            return True
    return False


def turns_away(route: Route, facts: Facts) -> bool:
    """Whether a handler itself, or a function that it hands the request on to, answers 401 or 403."""
    info = route.info
    if info.unit.language in {"python", "java"}:
        return False
    return _answers_refusal(info) or any(_answers_refusal(one) for one in _handed_to(info, facts))


def _answers_refusal(info: FunctionInfo) -> bool:
    for node in in_whole(info.node):
        if isinstance(node, ir.Call) and any(
            isinstance(one, ir.Const) and one.value in (401, 403) for one in node.args
        ):
            return True
        if isinstance(node, ir.Name | ir.Attr) and _REFUSAL.search(node.id if isinstance(node, ir.Name) else node.name):
            return True
    return False


def _handed_to(info: FunctionInfo, facts: Facts) -> Iterator[FunctionInfo]:
    """The functions of the program that a handler gives its request to: `(req, res) => { void upload(req, res) }`."""
    request = info.node.params[0].name if info.node.params else ""
    for call in of_kind(info.node, ir.Call):
        if not any(isinstance(one, ir.Name) and one.id == request for one in call.args):
            continue
        yield from facts.into.get((info.unit.path, call.start, call.end), ())
        if isinstance(call.func, ir.Name):
            yield from _named(call.func.id, info)


def _named(name: str, info: FunctionInfo) -> Iterator[FunctionInfo]:
    """Functions of the file that a name means, also where a variable keeps one: `const upload = async (…) => …`."""
    kept = {
        id(one.value.function)
        for one in everything(info.unit.module.body)
        if isinstance(one, ir.Assign)
        and isinstance(one.target, ir.Name)
        and one.target.id == name
        and isinstance(one.value, ir.Lambda)
    }
    for one in info.unit.functions:
        if (one.node.name == name and one.owner is None) or id(one.node) in kept:
            yield one


def _mounted(context: CodeContext) -> dict[str, list[Place]]:
    """For each file, the places where its routes are mounted: in which file, where in it, and under which path."""
    found: dict[str, list[Place]] = defaultdict(list)
    for call in context.seen.calls.values():
        if "http.middleware" not in call.role.marks or not isinstance(call.node, ir.Call):
            continue
        prefix = next(iter(_paths(call)), "").rstrip("/")
        given = [part for one in call.node.args for part in (one.items if isinstance(one, ir.Sequence) else [one])]
        for argument in given:
            made = argument.func if isinstance(argument, ir.Call) and not argument.args else argument
            target = file_of(made, call.unit, context)  # `router.routes()` of Koa is the file of the router
            if target is not None:
                own = _OF_ROUTER.search(target.module.source) if not prefix else None
                below = own[1].decode(errors="replace").rstrip("/") if own is not None else prefix
                found[target.path].append((call.unit, call.node.start, below))
    for unit in context.program.units.values():
        for node in plain_calls(unit):
            target = file_of(node.func, unit, context)
            if target is not None and target is not unit:
                found[target.path].append((unit, node.start, ""))
    return found


def _through_mounts(places: list[Place], mounted: dict[str, list[Place]]) -> list[Place]:
    """The places where routes are mounted, and those where the files are mounted that mount them."""
    known = list(places)
    for unit, _, prefix in known:
        if len(known) >= _MOUNTS_FOLLOWED:
            break
        for outer, start, before in mounted.get(unit.path, ()):
            further = (outer, start, before + prefix)
            if outer is not unit and further not in known:
                known.append(further)
    return known
