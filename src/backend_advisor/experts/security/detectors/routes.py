"""The routes of a program: what handles them, and what asks who calls before or inside."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.seen import Handler, Seen
from backend_advisor.code.tree import everything, in_whole
from backend_advisor.code.values import Value, words
from backend_advisor.experts.security.detectors import path_rules
from backend_advisor.experts.security.detectors.database_sessions import database_params, database_words, named_type
from backend_advisor.experts.security.detectors.facts import ASKING, Facts, Route, body_words, gather, verb_of
from backend_advisor.experts.security.detectors.gates import cover, refuses_strangers, stops_strangers, turns_away
from backend_advisor.experts.security.detectors.router_dependencies import dependencies_of
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, IDENTITY, LIMITS, dotted, identifiers
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.standing import is_for_tests

_LOADS = re.compile(
    r"\.(?:(?:user|request|token|user_lookup)_loader|verify_(?:password|token)|get_(?:password|user_roles))$"
)
"""What a library for sign-ins calls, and whose result no client is sent."""
_PLAIN_TEXT = frozenset({"String", "str", "string", "Annotated"})
_OFF_THE_REQUEST = frozenset(
    {"RequestHeader", "CookieValue", "RequestParam", "HeaderParam", "CookieParam", "Header", "Cookie", "Headers"}
)
"""What takes one value off a request and asks nothing of it."""
_VERBS = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "del": "DELETE",
    "head": "GET",
}
_ROOTS = {"Query": "GET", "Mutation": "POST"}
_ACTIONS = {
    "create": "POST",
    "update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
    "list": "GET",
    "retrieve": "GET",
}


_last: tuple[Seen, Facts, list[Route]] | None = None


def survey(context: CodeContext) -> tuple[Facts, list[Route]]:
    """What was seen by function, and every route; made once for a program."""
    global _last  # noqa: PLW0603 (one program at a time is read by several rules)
    if _last is None or _last[0] is not context.seen:
        facts = gather(context)
        _last = (context.seen, facts, _routes(context, facts))
    return _last[1], _last[2]


def _routes(context: CodeContext, facts: Facts) -> list[Route]:
    middle = _middlewares(context)
    found: list[Route] = []
    for handler in context.seen.handlers.values():
        if "http.handler" in handler.marks and handler.info not in middle:
            found.append(_registered(handler))
    known = {id(route.info) for route in found}
    for info in context.program.functions():
        if "http.handler" in info.marks and id(info) not in known and info.owner is not None and info not in middle:
            found.append(_method(info))
    known = {id(route.info) for route in found}
    found += [
        Route(info, info.unit, info.node, frozenset(), "", None)
        for info in context.program.functions()
        if id(info) not in known and _reads_request(info, context, facts)
    ]
    found = [route for route in found if route.info.owner is None or not is_for_tests(route.info.owner.node.decorators)]
    found = [route for route in found if not any(_LOADS.search(dotted(one)) for one in route.info.node.decorators)]
    for route in found:
        _judge(route, context, facts)
    cover(found, context, facts)
    path_rules.apply(found, context)
    return found


def resolvers(context: CodeContext) -> list[Route]:
    """What GraphQL calls for a client that names a record: the mutations of Python, and in JavaScript the queries too.
    One endpoint serves them all, so that each has to ask by itself."""
    facts, _ = survey(context)
    found = [
        Route(info, info.unit, info.node, frozenset({"POST"}), _mutation_name(info), None)
        for info in context.program.functions()
        if info.unit.language == "python" and "graphql.resolver" in info.marks and _is_mutation(info)
    ]
    found += _of_maps(context)
    for route in found:
        _judge(route, context, facts)
    return found


def _of_maps(context: CodeContext) -> Iterator[Route]:
    """The resolvers of the roots in maps of JavaScript, `{ Query: { invoice } }`, and methods with such a decorator."""
    for handler in context.seen.handlers.values():
        info = handler.info
        if "graphql.resolver" not in handler.marks or info.unit.language in ("python", "java"):
            continue
        root, _, name = _path(handler).partition(".")
        if info.owner is not None and not name:
            of = {dotted(one.func if isinstance(one, ir.Call) else one) for one in info.node.decorators}
            root, name = next(iter(sorted(of & _ROOTS.keys())), ""), info.node.name
        if root in _ROOTS:
            yield Route(info, info.unit, info.node, frozenset({_ROOTS[root]}), name, None)


def _is_mutation(info: FunctionInfo) -> bool:
    names = {dotted(one).rpartition(".")[2] for one in info.node.decorators}
    return info.node.name in ("mutate", "mutate_and_get_payload") or "mutation" in names


def _mutation_name(info: FunctionInfo) -> str:
    return info.owner.node.name if info.owner is not None and info.node.name.startswith("mutate") else info.node.name


def _middlewares(context: CodeContext) -> set[FunctionInfo]:
    """Functions that stand before a handler in some registration."""
    found: set[FunctionInfo] = set()
    for handler in context.seen.handlers.values():
        for value in handler.before:
            found.update(ref.info for ref in value.refs if hasattr(ref, "info"))
    return found


def _registered(handler: Handler) -> Route:
    info, unit = handler.info, handler.unit or handler.info.unit
    methods = _stated(handler.properties) or verb_of(handler.node)
    path = _path(handler)
    prefix = _prefix(info)
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


def _path(handler: Handler) -> str:
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


def _prefix(info: FunctionInfo) -> str:
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
            return any(isinstance(node, ir.Name) and node.id == name for node in in_whole(info.node))
    return False


def _method(info: FunctionInfo) -> Route:
    verb = _VERBS.get(info.node.name) or _ACTIONS.get(info.node.name)
    return Route(info, info.unit, info.node, frozenset({verb}) if verb else frozenset(), "", None)


def _judge(route: Route, context: CodeContext, facts: Facts) -> None:
    """What its own declaration and body say of who may call."""
    info = route.info
    route.acts = facts.acts(info)
    declared: set[str] = set()
    for decorator in info.node.decorators:
        declared |= identifiers(decorator)
    of_database = database_params(info, context.program) if info.unit.language == "python" else []
    body = body_words(info)
    route.idle = frozenset(param.name for param in info.node.params if _is_idle(param, body))
    for param in info.node.params:
        if param in of_database or param.name in route.idle:
            continue
        inner = identifiers(param.decorators, param.default or ()) | _said_by_type(param.type, info.unit, context)
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
    if info.unit.language == "python" and any("ession" in word for word in body):
        body -= database_words(info, context.program)
    if info.unit.language == "java":
        body -= _of_whoever_signed_in(info)
    route.names = frozenset(body)
    route.asks_right = any(_names_right(part, route, facts) for part in _given_before(route))
    named = any(map(AUTHENTICATES.search, declared))
    open_to_all = "auth.public" in marks
    route.asks = not open_to_all and (
        named
        or any(refuses_strangers(one, info.unit, context, facts) for one in info.node.decorators)
        or any(refuses_strangers(one, route.unit, context, facts) for one in _given_before(route))
        or bool(marks & {"auth.required", "auth.role"})
        or bool(route.acts & ASKING)
        or any(map(AUTHENTICATES.search, body))
        or any(map(IDENTITY.search, body))
        or turns_away(route, facts)
    )
    if open_to_all:
        route.covered = False
    before_it = route.handler.before if route.handler is not None and not open_to_all else []
    route.stopped = any(stops_strangers(one, facts) for one in before_it)
    route.limited = "rate.limited" in marks or any(map(LIMITS.search, declared | body))


def _said_by_type(kind: ir.Type | None, unit: Unit, context: CodeContext) -> set[str]:
    """What a parameter's type says of who calls: `CurrentUser`, `Annotated[Member, Depends(signed_in)]`, and a name for
    such a type in another file. The type of a body (`RoleIn`) says nothing."""
    if kind is None:
        return set()
    name, _, notes = named_type(kind, unit, context.program)
    return identifiers(notes) | {one for one in (name, kind.name.rpartition(".")[2]) if IDENTITY.match(one)}


def _of_whoever_signed_in(info: FunctionInfo) -> set[str]:
    """Names that a handler uses only where it was given who calls, and goes on without: it asks nobody."""
    optional = [
        one
        for one in info.node.body
        if isinstance(one, ir.If) and not one.otherwise and _is_given(one.test) and not _leaves(one.then)
    ]
    if not optional:
        return set()
    rest = [one for one in info.node.body if one not in optional]
    return identifiers(optional) - identifiers(rest)


def _is_given(test: ir.Expr) -> bool:
    return (
        isinstance(test, ir.Binary)
        and test.op in ("!=", "!==")
        and any(isinstance(side, ir.Const) and side.value is None for side in (test.left, test.right))
    )


def _leaves(statements: list[ir.Stmt]) -> bool:
    return any(isinstance(one, ir.Return | ir.Throw) for one in everything(statements))


def _is_idle(param: ir.Param, body: set[str]) -> bool:
    """Whether a token is taken off the request as plain text and nothing looks at it: `@RequestHeader String token`."""
    if param.name in body or param.type is None or param.type.name.rpartition(".")[2] not in _PLAIN_TEXT:
        return False
    taken = identifiers(param.decorators, param.default or (), param.type.metadata)
    return bool(taken & _OFF_THE_REQUEST) and AUTHENTICATES.search(param.name) is not None


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
    if info.unit.language != "python":
        return set()
    dependencies = dependencies_of(context)
    routers = {dotted(d.func if isinstance(d, ir.Call) else d).partition(".")[0] for d in info.node.decorators}
    return set().union(*(dependencies.of(info.unit, router) for router in routers))
