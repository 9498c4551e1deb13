"""Routes that anybody, or any user, can use on what is not theirs; and logins that can be tried without end."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_whole, of_kind
from backend_advisor.experts.security.detectors.facts import Facts, Route, body_words
from backend_advisor.experts.security.detectors.generic_views import open_views
from backend_advisor.experts.security.detectors.handlers import Reader
from backend_advisor.experts.security.detectors.ordinary_roles import asks_for_role
from backend_advisor.experts.security.detectors.origins import Fetch
from backend_advisor.experts.security.detectors.routes import resolvers, survey
from backend_advisor.experts.security.detectors.telling import QUERIES
from backend_advisor.experts.security.detectors.words import (
    AUTHENTICATES,
    LOGIN,
    NAMED_BY,
    OPEN,
    OWNER_FIELD,
    PERSONAL,
    ROLE_FIELD,
    SIGNING,
    dotted,
    identifiers,
    snake,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_RIGHT = re.compile(r"right|polic|ability|\bacl\b|(?:^|_)can_|member_?of|belongs|ownership", re.IGNORECASE)
_PERMISSION = re.compile(
    r"(?:Is|Can|Has|May|Only|Allow|Require)(?=[A-Z])|\w*(?:Permissions?|Access|Scope|Only|Allowed)$"
)
_OF_PERMISSIONS = frozenset(
    {"permission_classes", "authentication_classes", "permissions", "IsAuthenticated", "AllowAny"}
    | {"IsAuthenticatedOrReadOnly", "BasePermission"}
)
_SIGN_IN = re.compile(r"(?:^|[^a-z])(?:log_?-?in|sign_?-?in)(?:$|[^a-z])", re.IGNORECASE)
_JOINS = re.compile(r"(?:^|[^a-z])(?:register|registration|sign_?-?up|join)(?:$|[^a-z])", re.IGNORECASE)
_CHANGES = frozenset(
    {
        "db.write",
        "db.write_many",
        "orm.save",
        "db.commit",
        "file.write",
        "queue.publish",
        "mail.send",
        "cache.set",
        "cache.delete",
        "process.run",
    }
)
_CHANGING_NAME = re.compile(
    r"(?:^|[^a-z])(?:updat|delet|remov|creat|save|edit|modif|insert|regist|set|put|import|upload|transfer|pay)",
    re.IGNORECASE,
)
_READING = frozenset({"db.read", "db.read_all"})
_READS = re.compile(
    r"view$|^(?:select|search|list|get|find|show|form|page|check|validate|preview|export|download|calc)(?:_|$)",
    re.IGNORECASE,
)
_SIGN_IN_FRAMEWORKS = ("org.springframework.security", "org.apache.shiro", "org.keycloak", "io.quarkus.security")
_SHARE = 6
"""One guarded route among more than so many may be guarded for a reason of its own."""
_HOLDER = re.compile(r"(?:_?(?:repository|repo|dao|mapper|store|service)|s)$", re.IGNORECASE)
_ANY_MODEL = re.compile(
    r"(?i)^_?(?:(?:base|generic|abstract|crud|mongoose|sequelize|orm|db|database|this)_?)*(?:model|entity|repo(?:sitory)?|dao|collection|table|mongoose|cls|schema|session|(?:entity_?)?manager|em)?$"
)
_ANSWERS = frozenset(
    {"json", "jsonp", "send", "sendStatus", "sendFile", "end", "redirect", "render", "download", "pipe"}
)
_SHARE_OF_PYTHON = 2
_SHARE_OF_SCRIPTS = 4 / 3
_SHARE_OF_FEW = 1.5
_FEW_ROUTES = 5
_SIGNED = re.compile(r"(?i)(?:valid|verif|check|assert)\w*(?:webhook|signature|hmac|sender|origin)")
_FAILED = re.compile(
    r"(?i)(?:fail(?:ed|ure|s)?|bad|wrong|invalid|login|sign_?in|max)_*(?:log_?in|attempt|password|sign_?in|count|tries)|"
    r"attempts?_*(?:left|remaining|count)|lock_?(?:ed_?)?(?:out|until)|(?:account|user)_*(?:is_*)?(?:b?locked|blocked)"
)
_STOPS = re.compile(
    r"(?i)login_?(?:attempt|policy|throttl|limit)|lock_?out|brute_?force|account_?lock|failed_?login|rate_?limit\w*(?:filter|interceptor|middleware)"
)
_LINE = 200
_KEY = re.compile(rb"(?i)secret|api_?key|client_?key")
_CHOSEN = re.compile(rb"(?i)passw|pwd|passphrase|\bpin\b|otp|credential")


_CREDENTIAL = re.compile(r"(?i)(?:api|access)_?key|token|credential|invit|session")
_HELD = re.compile(r"(?i)^(?:\w+_)?(?:key|token|secret|hash|digest|prefix)(?:_hash|_digest)?$")
_PASSWORD = re.compile(
    r"(?i)pass(?:word|wd|phrase|code)?s?(?:$|_|[A-Z])|pwd|\bpin\b|credential|"
    r"(?:log_?in|sign_?in|auth\w*|token|otp)_?(?:form|serializer|schema|data|request)"
)
_SIGNING_IN = frozenset({"password.verify", "auth.login", "jwt.sign", "password.hash"})


@detects_in_code("SEC401")
def object_level_authorisation(context: CodeContext) -> Iterator[Match]:
    """Records that a client-given identifier opens, whoever asks."""
    yield from _open_views(context)
    facts, routes = survey(context)
    routes = [*routes, *resolvers(context)]
    reader = Reader(context.program, facts)
    read = [(route, reader.read(route)) for route in routes if route.acts & QUERIES and not _signs_in(route)]
    if not any(found.unchecked() for _, found in read):
        return
    owned = {model for _, found in read for model in found.owned}
    has_users = (
        any(route.asks or route.covered for route in routes)
        or any(found.knows_user for _, found in read)
        or any(reader.read(one).knows_user for one in routes if not one.acts & QUERIES and not _signs_in(one))
    )
    alone = len(context.program.units) == 1
    is_guarded = not has_users and _brings_users(context.program)
    told: set[tuple[str, int]] = set()
    for route, found in read:
        if _by_role(route):
            continue
        for fetch in found.unchecked():
            given = fetch.node.keywords if isinstance(fetch.node, ir.Call) else []
            known = _CREDENTIAL.search(snake(fetch.model)) and _HELD.search(fetch.key)
            if known or (fetch.unit.language == "python" and any(_HELD.search(key) for key, _ in given)):
                continue  # whoever knows the key is whom it was given to
            # A question that nobody hears the answer of is where the mistake is.
            unit, node = found.unheard[0] if found.unheard else (fetch.unit, fetch.node)
            place = (unit.path, node.start)
            if place in told or not (has_users or alone or is_guarded):
                continue
            if found.unheard or _matters(fetch, route, owned, context.program, has_users or is_guarded):
                told.add(place)
                yield Match(
                    location=context.location(unit, node),
                    values={"route": route.label, "model": fetch.model or "?", "key": fetch.key},
                    steps=(
                        (context.location(unit, node), "step_unheard"),
                        (context.location(fetch.unit, fetch.node), "step_fetch"),
                    )
                    if found.unheard
                    else (),
                    confidence=None
                    if found.unheard
                    else _sureness(fetch, route, is_guarded, alone or fetch.model.lower() in owned),
                )
                break


def _open_views(context: CodeContext) -> Iterator[Match]:
    for view in open_views(context.program):
        if view.is_owned or PERSONAL.match(snake(view.model)) or _has_owner(view.model, context.program):
            yield Match(
                location=context.location(view.unit, view.node),
                values={"route": view.name, "model": view.model, "key": "pk"},
                confidence=Confidence.MEDIUM,
            )


def _sureness(fetch: Fetch, route: Route, is_guarded: bool, is_owned: bool) -> Confidence | None:
    """Sure only where other routes relate such a record to the caller: else all who may sign in may share it."""
    if not is_owned or _ANY_MODEL.match(fetch.model):
        return Confidence.LOW  # also where one class reads every kind of record
    asks_nobody = route.unit.language == "java" and not (route.asks or route.covered or fetch.changes)
    if asks_nobody and route.methods == {"GET"} and not PERSONAL.match(snake(fetch.model)):
        return Confidence.LOW  # what everybody may read (a post, a notice) has an author too
    certain = fetch.certain and not is_guarded and (route.asks or route.covered or fetch.changes)
    return None if certain else Confidence.MEDIUM


def _brings_users(program: Program) -> bool:
    """Whether the program has a framework of sign-ins, though no route that was read says who calls."""
    return any(
        statement.module.startswith(_SIGN_IN_FRAMEWORKS)
        for unit in program.units.values()
        for statement in (*unit.imports.values(), *unit.stars)
    )


def _signs_in(route: Route) -> bool:
    owner = route.info.owner.node.name if route.info.owner is not None else ""
    names = f"{route.path} {snake(route.info.node.name)} {snake(owner)}"
    if ".well-known" in route.path.replace("\\", ""):
        return True  # what other servers ask for
    if route.acts & {"password.verify", "auth.login"} or LOGIN.search(names) or SIGNING.search(names):
        return True
    return OPEN.search(names) is not None and not route.asks


def _by_role(route: Route) -> bool:
    """Whether a role, and not only a sign-in, is asked for."""
    if asks_for_role(route.info) or route.asks_right:
        return True
    if "permission_classes" not in route.guards:
        return any(ROLE_FIELD.search(name) or _RIGHT.search(snake(name)) for name in route.guards)
    # What Django REST Framework names its list of permissions says nothing of which they are.
    return any(
        ROLE_FIELD.search(name) or _RIGHT.search(snake(name)) or _PERMISSION.match(name)
        for name in route.guards - _OF_PERMISSIONS
    )


def _matters(fetch: Fetch, route: Route, owned: set[str], program: Program, has_users: bool) -> bool:
    """Whether the record is somebody's: by its name, its fields, how others read it, or because it is changed."""
    # Looking up a name to fill a list, or to see whether it is taken, opens nothing.
    listing = (route.path and not re.search(r"[:{<]", route.path)) or "password.hash" in route.acts
    if (listing or fetch.key == "slug") and NAMED_BY.match(fetch.key) and not fetch.changes:
        return False  # a slug is made to stand in public addresses
    personal = PERSONAL.match(snake(fetch.model)) is not None
    if not has_users:
        return personal
    if personal or fetch.model.lower() in owned or _has_owner(fetch.model, program):
        return True
    return fetch.changes and (route.asks or route.covered)


def _has_owner(model: str, program: Program) -> bool:
    named = _HOLDER.sub("", model)
    meant = {model, named[:1].upper() + named[1:]}  # `orders` and `orderRepository` hold what `Order` describes
    for info in (one for name in meant for one in program.by_short_name.get(name, ())):
        names = [*info.fields, *(one for base in program.ancestry(info)[1:] for one in base.fields)]
        if any(OWNER_FIELD.match(snake(name)) for name in names):
            return True
    return False


_SEVERAL = 2
_SESSION = re.compile(
    r"(?i)^(?:sid|session(?:_?id)?|(?:auth|access|session|bearer)?_?token|api_?key|principal|authentication)$"
)


@detects_in_code("SEC402")
def route_without_authentication(context: CodeContext) -> Iterator[Match]:
    """State-changing routes that ask nobody who they are, beside others that do."""
    _, routes = survey(context)
    groups: dict[object, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.info.owner or route.unit, []).append(route)
    asking = [route for route in routes if route.asks]
    together = _stopped_together(routes)
    unread = _unread_registrations(context, routes)
    for members in groups.values():
        guarded = sum(route.asks or route.covered or route.stopped for route in members) + unread.get(
            members[0].unit.path, 0
        )
        for route in members:
            if route.asks or route.covered or route.stopped or not route.changes or not route.methods:
                continue
            if route.handler is not None and route.handler.shared:
                continue  # of which registration its middleware is cannot be told
            if (route.unit.path, route.node.start) in together or _only_goes_on(route):
                continue
            if (
                OPEN.search(f"{route.path or _made_path(route)} {snake(route.info.node.name)}")
                or route.acts & _SIGNING_IN
            ):
                continue
            if _only_reads(route) or _joins(route) or _only_shows(route):
                continue
            near = guarded > 0
            # In JavaScript a guard is a function with any name: a route stands out where nearly all others have one.
            of_all = len(members) + unread.get(members[0].unit.path, 0)
            scripts = _SHARE_OF_FEW if of_all < _FEW_ROUTES else _SHARE_OF_SCRIPTS
            share = {"java": _SHARE, "python": _SHARE_OF_PYTHON}.get(route.unit.language, scripts)
            telling = guarded * share >= of_all
            if near or (asking and len(asking) * 2 >= len(routes)):
                yield Match(
                    location=context.location(route.unit, route.node),
                    values={
                        "route": route.label,
                        "guarded": guarded if near else len(asking),
                        "routes": len(members) + unread.get(route.unit.path, 0) if near else len(routes),
                    },
                    confidence=None
                    if near and telling and not route.is_left_open and not _is_unsure_in_java(context, route, guarded)
                    else Confidence.LOW,
                )


def _is_unsure_in_java(context: CodeContext, route: Route, guarded: int) -> bool:
    """Whether the handler is given a session to ask for, or only one route beside it asks for anything."""
    if route.idle:
        return False  # it takes the token that its sibling looks at
    names = [snake(param.name) for param in route.info.node.params]
    alone = guarded < _SEVERAL and not context.program.is_pieces
    return route.unit.language == "java" and (alone or any(_SESSION.match(name) for name in names))


def _stopped_together(routes: list[Route]) -> set[tuple[str, int]]:
    """Registrations of an array of functions, one of which asks who calls or checks who signed the message."""
    several: dict[tuple[str, int], list[Route]] = {}
    for route in routes:
        if route.handler is not None and route.unit.language in ("javascript", "typescript"):
            several.setdefault((route.unit.path, route.node.start), []).append(route)
    return {
        place
        for place, members in several.items()
        if len(members) > 1
        and any(one.asks or one.covered or one.stopped or _SIGNED.search(one.info.node.name) for one in members)
    }


def _only_goes_on(route: Route) -> bool:
    """Whether a function of an array only makes the request ready for the next one: it calls `next`."""
    params = [param.name for param in route.info.node.params]
    if len(params) < 3 or route.names & _ANSWERS:
        return False
    calls = [one for one in in_whole(route.info.node) if isinstance(one, ir.Call)]
    hands_on = any(isinstance(given, ir.Name) and given.id == params[1] for one in calls for given in one.args)
    return not hands_on and any(isinstance(one.func, ir.Name) and one.func.id == params[2] for one in calls)


def _made_path(route: Route) -> str:
    """The texts of a path that a call makes: `router.post(this.pathOf("webhook"), …)`."""
    first = route.node.args[0] if isinstance(route.node, ir.Call) and route.node.args else None
    given = first.args if isinstance(first, ir.Call) else []
    return " ".join(one.value for one in given if isinstance(one, ir.Const) and isinstance(one.value, str))


def _only_reads(route: Route) -> bool:
    """A form, a search or a list that is asked for with POST."""
    if route.acts & _CHANGES or _CHANGING_NAME.search(f"{route.path} {snake(route.info.node.name)}"):
        return False
    last = re.sub(r"\.\w+$", "", route.path).rpartition("/")[2]
    return any(_READS.search(snake(name)) for name in (last, route.info.node.name)) or bool(route.acts & _READING)


def _only_shows(route: Route) -> bool:
    """Whether a function of Python that also answers GET does nothing but answer."""
    body = [one for one in route.info.node.body if not isinstance(one, ir.Do) or not isinstance(one.value, ir.Const)]
    return (
        route.unit.language == "python"
        and not route.acts & _CHANGES
        and not route.methods <= {"POST", "PUT", "PATCH", "DELETE"}
        and all(isinstance(one, ir.Return) for one in body)
    )


def _joins(route: Route) -> bool:
    """`POST /users` is how people join."""
    return (
        route.methods == {"POST"}
        and re.search(r"(?:^|/)(?:users?|members?|accounts?)/?$", route.path.lower()) is not None
    )


def _unread_registrations(context: CodeContext, routes: list[Route]) -> dict[str, int]:
    """For each file: registrations with a middleware that asks who calls, whose handler is not among what was read."""
    known = {(route.unit.path, route.node.start) for route in routes}
    found: dict[str, int] = {}
    for call in context.seen.calls.values():
        node = call.node
        if "http.handler" not in call.role.marks or not isinstance(node, ir.Call) or len(node.args) < 3:
            continue
        if (call.unit.path, node.start) not in known and any(
            AUTHENTICATES.search(n) for n in identifiers(node.args[1:-1])
        ):
            found[call.unit.path] = found.get(call.unit.path, 0) + 1
    return found


@detects_in_code("SEC403")
def login_without_limit(context: CodeContext) -> Iterator[Match]:
    """Sign-ins that nothing slows down."""
    facts, routes = survey(context)
    somewhere = _counts_somewhere(context.program)
    for route in routes:
        if route.limited or not _is_login(route, facts) or _counts_failures(route.info, facts):
            continue
        yield Match(
            location=context.location(route.unit, route.node if route.handler is not None else route.info.node),
            values={"route": route.label},
            confidence=Confidence.LOW
            if somewhere or not _is_named_login(route) or _compares_a_key(route, facts, context.program)
            else None,
        )


def _is_named_login(route: Route) -> bool:
    """Whether a route says itself that it signs people in; others may for an account that they just made."""
    owner = route.info.owner.node.name if route.info.owner is not None else ""
    names = f"{route.path} {snake(route.info.node.name)} {snake(owner)}"
    return (
        LOGIN.search(names) is not None or re.search(r"(?i)log_?-?in|sign_?-?in|auth|token|session", names) is not None
    )


def _compares_a_key(route: Route, facts: Facts, program: Program) -> bool:
    """Whether what is compared with its hash is named for no password: a client's secret of full length."""
    places = {
        reach.acts["password.verify"]
        for reach in facts.reaches.get(id(route.info), ())
        if "password.verify" in reach.acts
    }
    texts = [
        program.units[path].module.source[start : start + _LINE].partition(b"\n")[0]
        for path, start in places
        if path in program.units and program.units[path].language in ("javascript", "typescript")
    ]
    return bool(texts) and all(_KEY.search(text) is not None and _CHOSEN.search(text) is None for text in texts)


def _counts_somewhere(program: Program) -> bool:
    """Whether a class of the program is named for what stops guessing; where it is asked, a framework may decide."""
    return any(
        _STOPS.search(info.node.name) and not is_test(info.unit.path) for info in program.classes.values()
    ) or any(b"AuthenticationFailure" in source and b"BadCredentialsEvent" in source for source in program.sources())


def _counts_failures(info: FunctionInfo, facts: Facts) -> bool:
    """Whether what a sign-in calls counts how often it failed: `user.failedLogin.times`."""
    level, known = [info], {id(info)}
    for _ in range(3):
        after = []
        for one in level:
            for reach in facts.reaches.get(id(one), ()):
                if id(reach.callee) not in known:
                    known.add(id(reach.callee))
                    after.append(reach.callee)
        if any(_FAILED.search(snake(name)) for one in after for name in body_words(one)):
            return True
        level = after
    return False


def _told_names(route: Route, facts: Facts) -> set[str]:
    """The names in a route, in its signature, and in what it calls."""
    near = [route.info, *(reach.callee for reach in facts.reaches.get(id(route.info), ()))]
    given = [param for one in near for param in one.node.params]
    typed = [param.type.name for param in given if param.type is not None]
    called = {str(key) for one in near for call in of_kind(one.node, ir.Call) for key, _ in call.keywords}
    return {*route.names, *(param.name for param in given), *typed, *called}.union(*(body_words(one) for one in near))


def _is_login(route: Route, facts: Facts) -> bool:
    if route.methods and "POST" not in route.methods:
        return False
    names = f"{route.path} {snake(route.info.node.name)}"
    if _by_passport(route):
        return True
    if _JOINS.search(names) and not _SIGN_IN.search(names):
        return False  # who has just been created is signed in with the password that was chosen
    if route.unit.language == "python" and not any(_PASSWORD.search(name) for name in _told_names(route, facts)):
        return False  # it is signed in with a token, or by somebody else
    if "password.verify" in route.acts:
        return LOGIN.search(names) is not None or bool(route.acts & {"jwt.sign", "auth.login"})
    by_name = _SIGN_IN.search(names) is not None and "POST" in (route.methods or {"POST"})
    return by_name and "password" in route.names and bool(route.acts & {"db.query", "db.read"})


def _by_passport(route: Route) -> bool:
    """`app.post("/login", passport.authenticate("local"), …)`: the middleware checks the password."""
    return any(
        isinstance(one, ir.Call)
        and dotted(one.func).endswith("passport.authenticate")
        and any(isinstance(given, ir.Const) and given.value in ("local", "ldapauth") for given in one.args[:1])
        for one in (route.node.args if isinstance(route.node, ir.Call) else ())
    )
