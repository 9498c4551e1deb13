"""The routes of a program: what handles them, and what asks who calls before or inside."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen, Handler, Reach, Seen
from backend_advisor.code.values import Value, words
from backend_advisor.experts.security.detectors.words import (
    AUTHENTICATES,
    IDENTITY,
    IDENTITY_FIELD,
    LIMITS,
    REQUEST,
    dotted,
    identifiers,
    nodes,
)
from backend_advisor.rules.registry import CodeContext

_VERBS = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "del": "DELETE",
    "head": "GET",
}
_ACTIONS = {
    "create": "POST",
    "update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
    "list": "GET",
    "retrieve": "GET",
}
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WRITES = frozenset({"db.write", "db.write_many", "orm.save"})
_ASKING = frozenset({"jwt.verify", "auth.check", "hmac.verify", "webhook.verify"})
_EVERYWHERE = re.compile(
    rb"APP_GUARD|useGlobalGuards|DEFAULT_PERMISSION_CLASSES[^\]]*?(?:IsAuthenticated|DjangoModelPermissions)|LoginRequiredMiddleware|"
    rb"anyRequest\(\)\s*\.\s*(?:authenticated|hasRole|hasAuthority|access)|anyExchange\(\)\s*\.\s*authenticated|\.authenticated\(\)",
)
"""Settings that ask everybody to sign in, except where a route says otherwise."""


_HANDS_OVER = re.compile(rb"\(\s*(?:app|router|server|fastify|express)\b")


@dataclass(slots=True, eq=False)
class Route:
    """One function that answers requests. `methods` is empty when any method may reach it."""

    info: FunctionInfo
    unit: Unit
    node: ir.Node
    methods: frozenset[str]
    path: str
    handler: Handler | None
    guards: frozenset[str] = frozenset()
    """Names in its decorators, parameters and middleware, and those of its class."""
    asks: bool = False
    """Whether it, its class or its middleware asks who calls."""
    covered: bool = False
    """Whether the application asks who calls before it gets there."""
    limited: bool = False
    asks_right: bool = False
    """Whether its middleware is given the name of a right: `auth("orders:read")`."""
    names: frozenset[str] = frozenset()
    """Names in its body."""
    acts: frozenset[str] = frozenset()

    @property
    def changes(self) -> bool:
        """Whether it is registered for a method that changes state."""
        return bool(self.methods & _CHANGING) if self.methods else bool(self.acts & _WRITES)

    @property
    def label(self) -> str:
        """How people call it: `POST /orders`, or its function's name."""
        verb = "/".join(sorted(self.methods)) if self.methods else ""
        place = self.path or self.info.node.name or self.info.name
        return f"{verb} {place}".strip()


@dataclass(slots=True)
class Facts:
    """What was seen, by function and by place."""

    calls: dict[int, list[CallSeen]] = field(default_factory=lambda: defaultdict(list))
    reaches: dict[int, list[Reach]] = field(default_factory=lambda: defaultdict(list))
    at: dict[tuple[str, int, int], list[CallSeen]] = field(default_factory=lambda: defaultdict(list))
    into: dict[tuple[str, int, int], list[FunctionInfo]] = field(default_factory=lambda: defaultdict(list))
    called: set[int] = field(default_factory=set)

    def acts(self, info: FunctionInfo) -> frozenset[str]:
        """What a function does, itself or through the program's other functions."""
        own = {act for call in self.calls.get(id(info), ()) for act in call.role.does}
        return frozenset(own.union(*(reach.acts for reach in self.reaches.get(id(info), ()))))


_last: tuple[Seen, Facts, list[Route]] | None = None


def survey(context: CodeContext) -> tuple[Facts, list[Route]]:
    """What was seen by function, and every route; made once for a program."""
    global _last  # noqa: PLW0603 (one program at a time is read by several rules)
    if _last is None or _last[0] is not context.seen:
        facts = _facts(context)
        _last = (context.seen, facts, _routes(context, facts))
    return _last[1], _last[2]


def _facts(context: CodeContext) -> Facts:
    facts = Facts()
    for call in context.seen.calls.values():
        facts.at[call.unit.path, call.node.start, call.node.end].append(call)
        for info in _outward(call.info):
            facts.calls[id(info)].append(call)
    for reach in context.seen.reaches.values():
        facts.into[reach.unit.path, reach.node.start, reach.node.end].append(reach.callee)
        facts.called.add(id(reach.callee))
        for info in _outward(reach.info):
            facts.reaches[id(info)].append(reach)
    return facts


def _outward(info: FunctionInfo | None) -> list[FunctionInfo]:
    found: list[FunctionInfo] = []
    while info is not None and len(found) < 8:
        found.append(info)
        info = info.outer
    return found


def _routes(context: CodeContext, facts: Facts) -> list[Route]:
    middle = _middlewares(context)
    found: list[Route] = []
    for handler in context.seen.handlers.values():
        if "http.handler" in handler.marks and handler.info not in middle:
            found.append(_registered(handler, facts))
    known = {id(route.info) for route in found}
    for info in context.program.functions():
        if "http.handler" in info.marks and id(info) not in known and info.owner is not None and info not in middle:
            found.append(_method(info, facts))
    known = {id(route.info) for route in found}
    found += [
        Route(info, info.unit, info.node, frozenset(), "", None)
        for info in context.program.functions()
        if id(info) not in known and _reads_request(info, context, facts)
    ]
    for route in found:
        _judge(route, context, facts)
    _cover(found, context, facts)
    return found


def _middlewares(context: CodeContext) -> set[FunctionInfo]:
    """Functions that stand before a handler in some registration."""
    found: set[FunctionInfo] = set()
    for handler in context.seen.handlers.values():
        for value in handler.before:
            found.update(ref.info for ref in value.refs if hasattr(ref, "info"))
    return found


def _registered(handler: Handler, facts: Facts) -> Route:
    info, unit = handler.info, handler.unit or handler.info.unit
    methods = _stated(handler.properties) or _verb(handler.node)
    path = _path(handler, unit, facts)
    prefix = _prefix(info, facts)
    return Route(info, unit, handler.node or info.node, methods, _joined(prefix, path), handler)


def _joined(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if prefix and path else prefix or path


def _stated(properties: dict[str, Value]) -> frozenset[str]:
    found: set[str] = set()
    for key in ("methods", "method"):
        value = properties.get(key)
        if value is None:
            continue
        for part in (value, *(value.fields or {}).values(), *((value.rest,) if value.rest is not None else ())):
            for word in words(part) or ():
                found.update(verb for verb in re.findall(r"GET|POST|PUT|PATCH|DELETE", word.upper()))
    return frozenset(found)


def _verb(node: ir.Node | None) -> frozenset[str]:
    called = node.func if isinstance(node, ir.Call) else node
    name = called.name if isinstance(called, ir.Attr) else called.id if isinstance(called, ir.Name) else ""
    word = re.sub(r"_?mapping$|^require_|^api_", "", name.lower())
    verb = _VERBS.get(word)
    return frozenset({verb}) if verb is not None else frozenset()


def _path(handler: Handler, unit: Unit, facts: Facts) -> str:
    stated = handler.properties.get("path")
    if stated is not None and stated.consts and isinstance(stated.consts[0], str):
        return stated.consts[0]
    if stated is not None and stated.fields:
        first = next(iter(stated.fields.values()))
        if first.consts and isinstance(first.consts[0], str):
            return first.consts[0]
    at = handler.node
    while isinstance(at, ir.Call) and isinstance(at.func, ir.Attr):
        at = at.func.value
        if (
            isinstance(at, ir.Call)
            and at.args
            and isinstance(at.args[0], ir.Const)
            and isinstance(at.args[0].value, str)
        ):
            return at.args[0].value
    return ""


def _prefix(info: FunctionInfo, facts: Facts) -> str:
    if info.owner is None:
        return ""
    for decorator in info.owner.node.decorators:
        if isinstance(decorator, ir.Call):
            for part in (
                *decorator.args[:1],
                *(value for key, value in decorator.keywords if key in ("value", "path")),
            ):
                if (
                    isinstance(part, ir.Const)
                    and isinstance(part.value, str)
                    and re.search("rout|map|contr|path", dotted(decorator.func), re.IGNORECASE)
                ):
                    return "/" + part.value.strip("/")
    return ""


def _reads_request(info: FunctionInfo, context: CodeContext, facts: Facts) -> bool:
    """Whether a function that nobody calls reads the framework's current request: a file of routes names it."""
    if info.owner is not None or info.outer is not None or not info.node.name or id(info) in facts.called:
        return False
    if info.unit.language != "python" or info.marks:
        return False
    roles = context.program.roles
    for name, statement in info.unit.imports.items():
        role = roles.values.get(f"{statement.module}.{statement.name}")
        if role is not None and role.type is not None and role.type.endswith("Request"):
            return any(isinstance(node, ir.Name) and node.id == name for node in nodes(info.node.body))
    return False


def _method(info: FunctionInfo, facts: Facts) -> Route:
    verb = _VERBS.get(info.node.name) or _ACTIONS.get(info.node.name)
    return Route(info, info.unit, info.node, frozenset({verb}) if verb else frozenset(), "", None)


def _judge(route: Route, context: CodeContext, facts: Facts) -> None:
    """What its own declaration and body say of who may call."""
    info = route.info
    route.acts = facts.acts(info)
    declared: set[str] = set()
    for decorator in info.node.decorators:
        declared |= identifiers(decorator)
    for param in info.node.params:
        inner = identifiers(param.decorators, param.default or (), param.type or ())
        declared |= {name for name in (param.name, *inner) if AUTHENTICATES.search(name) or LIMITS.search(name)}
    if info.owner is not None:
        for one in context.program.ancestry(info.owner):
            declared |= _class_words(one)
    if info.node.decorators:
        declared |= _router_words(info, context)
    if isinstance(route.node, ir.Call) and route.handler is not None and not info.node.decorators:
        declared |= identifiers(route.node.args[:-1])
    route.guards = frozenset(declared)
    before = [
        call for part in _given_before(route) for call in facts.at.get((route.unit.path, part.start, part.end), ())
    ]
    marks = info.marks | {mark for call in before for mark in call.role.marks}
    body = _body_words(info)
    route.names = frozenset(body)
    route.asks_right = any(_names_right(part, route, facts) for part in _given_before(route))
    named = any(AUTHENTICATES.search(name) for name in declared)
    open_to_all = "auth.public" in marks
    route.asks = not open_to_all and (
        named
        or bool(marks & {"auth.required", "auth.role"})
        or bool(route.acts & _ASKING)
        or any(AUTHENTICATES.search(name) or IDENTITY.search(name) for name in body)
    )
    if open_to_all:
        route.covered = False
    route.limited = "rate.limited" in marks or any(LIMITS.search(name) for name in declared | body)


def _names_right(expression: ir.Expr, route: Route, facts: Facts) -> bool:
    if not isinstance(expression, ir.Call) or not AUTHENTICATES.search(dotted(expression.func)):
        return False
    if facts.at.get((route.unit.path, expression.start, expression.end)):
        return False  # a framework's own: its text names a strategy
    return any(isinstance(one, ir.Const) and isinstance(one.value, str) for one in expression.args)


def _given_before(route: Route) -> list[ir.Expr]:
    if isinstance(route.node, ir.Call) and route.handler is not None:
        return [
            one
            for argument in route.node.args[:-1]
            for one in (argument.items if isinstance(argument, ir.Sequence) else [argument])
        ]
    return []


def _class_words(owner: ClassInfo) -> set[str]:
    found: set[str] = set()
    for decorator in owner.node.decorators:
        found |= identifiers(decorator)
    for base in owner.node.bases:
        found |= identifiers(base)
    for one in owner.node.fields:
        found |= {
            name
            for name in identifiers(one.value or (), one.type or ())
            if AUTHENTICATES.search(name) or IDENTITY.search(name)
        }
        if (
            re.search("permission|authentication|throttle|decorators|guard", one.name, re.IGNORECASE)
            and one.value is not None
        ):
            found |= {one.name, *identifiers(one.value)}
    for method in owner.node.methods:
        if re.search("permission|dispatch|test_func|before|authori", method.name, re.IGNORECASE):
            found.add(method.name)
            found |= identifiers(method.body)
    return found


def _router_words(info: FunctionInfo, context: CodeContext) -> set[str]:
    """Names in what the router of a decorated function was made with, or mounted with elsewhere."""
    routers = {dotted(d.func if isinstance(d, ir.Call) else d).partition(".")[0] for d in info.node.decorators}
    found: set[str] = set()
    for target, words_given in _dependencies(context).items():
        if target[0] == info.unit.path and (target[1] in routers or not target[1]):
            found |= words_given
    return found


_dependencies_of: tuple[object, dict[tuple[str, str], set[str]]] | None = None


def _dependencies(context: CodeContext) -> dict[tuple[str, str], set[str]]:
    """For each router (a file and a name in it): names in the dependencies that it was given."""
    global _dependencies_of  # noqa: PLW0603 (one program at a time is read by several rules)
    if _dependencies_of is not None and _dependencies_of[0] is context.seen:
        return _dependencies_of[1]
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for call in context.seen.calls.values():
        node = call.node
        if not isinstance(node, ir.Call) or "dependencies" not in call.role.named or call.role.marks:
            continue
        given = {name for key, value in node.keywords if key == "dependencies" for name in identifiers(value)}
        if not given:
            continue
        target = _file_of(node.args[0], call.unit, context) if node.args else None
        if target is not None:
            found[target.path, ""] |= given
        else:
            for statement in call.unit.module.body:
                if (
                    isinstance(statement, ir.Assign)
                    and statement.value is node
                    and isinstance(statement.target, ir.Name)
                ):
                    found[call.unit.path, statement.target.id] |= given
    _dependencies_of = (context.seen, found)
    return found


def _body_words(info: FunctionInfo) -> set[str]:
    """Names called or tested in a function's body."""
    found: set[str] = set()
    for node in nodes(info.node.body):
        if isinstance(node, ir.Call):
            found.add(dotted(node.func).rpartition(".")[2])
        elif isinstance(node, ir.Attr):
            found.add(node.name)
            if isinstance(node.value, ir.Name) and REQUEST.match(node.value.id) and IDENTITY_FIELD.match(node.name):
                found.add("current_user")
        elif isinstance(node, ir.Name):
            found.add(node.id)
        elif isinstance(node, ir.Index) and isinstance(node.key, ir.Const) and isinstance(node.key.value, str):
            found.add(node.key.value)
    return found


def _cover(routes: list[Route], context: CodeContext, facts: Facts) -> None:
    """Note the routes that the application's own middleware or settings stand before."""
    everywhere = any(_EVERYWHERE.search(unit.module.source) for unit in context.program.units.values())
    gates = _gates(context, facts)
    limits = [gate for gate in gates if gate.limits]
    for info in context.program.functions():
        if "http.middleware" in info.marks and info.unit.language == "python" and _refuses(info):
            everywhere = everywhere or _asks_by_itself(info, facts)
    mounted = _mounted(context, facts)
    for route in routes:
        if "auth.public" in route.info.marks:
            continue
        route.covered = everywhere or any(gate.asks and gate.stands_before(route, mounted) for gate in gates)
        route.limited = route.limited or any(gate.stands_before(route, mounted) for gate in limits)
        route.guards = route.guards.union(
            *(gate.names for gate in gates if gate.paths and gate.stands_before(route, mounted))
        )


def _asks_by_itself(info: FunctionInfo, facts: Facts) -> bool:
    if facts.acts(info) & _ASKING:
        return True
    names = {info.node.name} | _body_words(info)
    return any(AUTHENTICATES.search(name) or IDENTITY.search(name) for name in names)


@dataclass(frozen=True, slots=True)
class _Gate:
    """A registration of middleware: from where on, and for which paths."""

    unit: Unit
    start: int
    paths: tuple[str, ...]
    receiver: str
    verbs: frozenset[str]
    asks: bool
    limits: bool
    names: frozenset[str]
    exact: bool

    def stands_before(self, route: Route, mounted: dict[str, list[tuple[Unit, int, str]]]) -> bool:
        """Whether a request passes it on the way to a route."""
        if self.verbs and route.methods and not self.verbs & route.methods:
            return False
        if self.unit is route.unit:
            return self.start <= route.node.start and self._path_fits(route.path)
        for unit, start, prefix in mounted.get(route.unit.path, ()):
            if unit is self.unit and self.start <= start and self._path_fits(prefix + route.path):
                return True
        return False

    def _path_fits(self, path: str) -> bool:
        if not self.paths:
            return True
        if self.exact:
            return any(_plain(path) == _plain(one) for one in self.paths)
        return any(_plain(path).startswith(_plain(one)) for one in self.paths)


def _plain(path: str) -> str:
    return re.sub(r":\w+|\{[^}]*\}|<[^>]*>", ":", path).rstrip("/*").lower()


def _gates(context: CodeContext, facts: Facts) -> list[_Gate]:
    found: list[_Gate] = []
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
            kinds = _kinds(value, expression, call.unit, context, facts, middleware)
            asks, limits = asks or kinds[0], limits or kinds[1]
        names = frozenset(identifiers(given))
        if given:
            verbs = frozenset() if middleware else _verb(node)
            found.append(
                _Gate(
                    call.unit,
                    node.start,
                    _paths(call),
                    dotted(node.func.value) if isinstance(node.func, ir.Attr) else "",
                    verbs,
                    asks,
                    limits,
                    names,
                    not middleware,
                )
            )
    return found


def _paths(call: CallSeen) -> tuple[str, ...]:
    stated = call.properties.get("path")
    if stated is None:
        return ()
    found = [one for one in stated.consts or () if isinstance(one, str)]
    for part in (stated.fields or {}).values():
        found += [one for one in part.consts or () if isinstance(one, str)]
    return tuple(found)


def _kinds(
    value: Value, expression: ir.Expr | None, unit: Unit, context: CodeContext, facts: Facts, middleware: bool
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
        return any(_refuses(info) and _goes_on(info) for info in known), limits
    named = middleware and plain and any(AUTHENTICATES.search(name) for name in names)
    return "auth.required" in marks or named, limits


def _goes_on(info: FunctionInfo) -> bool:
    """Whether a function may hand the request on: `(req, res, next)`, `(ctx, next)`, and not an error handler."""
    params = [param.name for param in info.node.params]
    if not 2 <= len(params) <= 3:
        return False
    return any(
        isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == params[-1]
        for node in nodes(info.node.body)
    )


def _refuses(info: FunctionInfo) -> bool:
    """Whether a function answers 401 or 403, or sends to a sign-in page."""
    for node in nodes(info.node.body):
        if isinstance(node, ir.Name | ir.Attr):
            name = node.id if isinstance(node, ir.Name) else node.name
            if re.search("unauthori|forbid|not_?authenticated|access_?denied", name, re.IGNORECASE):
                return True
        if isinstance(node, ir.Const) and (
            node.value in (401, 403) or (isinstance(node.value, str) and "login" in node.value.lower()[:40])
        ):
            return True
    return False


def _mounted(context: CodeContext, facts: Facts) -> dict[str, list[tuple[Unit, int, str]]]:
    """For each file, the places where its routes are mounted: in which file, where in it, and under which path."""
    found: dict[str, list[tuple[Unit, int, str]]] = defaultdict(list)
    for call in context.seen.calls.values():
        if "http.middleware" not in call.role.marks or not isinstance(call.node, ir.Call):
            continue
        prefix = next(iter(_paths(call)), "").rstrip("/")
        for argument in call.node.args:
            target = _file_of(argument, call.unit, context)
            if target is not None:
                found[target.path].append((call.unit, call.node.start, prefix))
    for unit in context.program.units.values():
        for node in _plain_calls(unit):
            target = _file_of(node.func, unit, context)
            if target is not None and target is not unit:
                found[target.path].append((unit, node.start, ""))
    return found


def _plain_calls(unit: Unit) -> list[ir.Call]:
    """`routes(app)` and `require("./routes")(app)` in a file: its routes are mounted there."""
    if unit.language in {"python", "java"} or _HANDS_OVER.search(unit.module.source) is None:
        return []
    return [
        node
        for node in nodes(unit.module.body)
        if isinstance(node, ir.Call)
        and node.args
        and isinstance(node.args[0], ir.Name)
        and node.args[0].id in ("app", "router", "server", "fastify", "express")
    ]


def _file_of(expression: ir.Expr, unit: Unit, context: CodeContext) -> Unit | None:
    if isinstance(expression, ir.Attr):
        expression = expression.value
    if isinstance(expression, ir.Name):
        statement = unit.imports.get(expression.id)
        return context.program.locate(statement, unit) if statement is not None else None
    if isinstance(expression, ir.Call) and isinstance(expression.func, ir.Name) and expression.args:
        first = expression.args[0]
        if expression.func.id == "require" and isinstance(first, ir.Const) and isinstance(first.value, str):
            return context.program.locate(ir.Import(0, 0, "", first.value), unit)
        return _file_of(expression.func, unit, context)
    return None
