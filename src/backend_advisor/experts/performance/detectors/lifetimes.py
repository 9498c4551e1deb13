"""Things made for each request that should live longer (PERF208, PERF214), and connections that are kept (PERF209)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.experts.performance.detectors.dependencies import classes_of_blocks, classes_of_requests
from backend_advisor.experts.performance.detectors.open_transactions import left_open
from backend_advisor.experts.performance.detectors.returned_sessions import returned_sessions
from backend_advisor.experts.performance.detectors.serving import consumed, served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_COSTLY = ("db.pool", "db.connect", "cache.client", "http.client", "queue.client")
_CONSTRUCTORS = frozenset({"__init__", "constructor", "__aenter__", "__enter__", "lifespan", "onModuleInit", "__new__"})
_RELEASES = re.compile(
    r"(?i)^(?:close|aclose|release|end|destroy|quit|disconnect|putconn|releaseConnection|closeQuietly|dispose|remove)$"
)
_LENDS = re.compile(r"(?:with|use|in)(?:Handle|Transaction|Connection|Session|Extension|Client)$")
"""What is given a function, lends it a connection and takes it back."""
_ADDS = frozenset({"on", "addListener", "prependListener"})


@detects_in_code("PERF208")
def client_per_request(context: CodeContext) -> Iterator[Match]:
    """A pool, connection or client made while a client waits, and thrown away afterwards."""
    during = served(context)
    # A process forked for its tasks, as those of Python are, makes its clients after the fork.
    messages = None if context.program.language == "python" else consumed(context)
    told: set[str] = set()
    objects = classes_of_requests(context.program) | classes_of_blocks(context.program, during)
    for spot in survey(context).of(*_COSTLY):
        call, info = spot.call, spot.info
        if call is None or info is None or is_by_hand(spot.unit, info):
            continue
        for_message = messages is not None and info in messages
        if info not in during and not for_message:
            continue
        of_request = info.node.name == "__init__" and info.owner in objects
        if info.node.name in _CONSTRUCTORS and not of_request:
            continue
        if _is_file(spot) or (_is_kept(spot, info) and not of_request) or _uses_pool(spot):
            continue
        sure = call.certain and "db.pool" in call.role.does
        # A connection to a directory is opened as the user who signs in.
        directory = call.role.name.startswith(("ldap.", "ldap3."))
        worth = (
            not directory
            and (
                serves(context, info)
                or of_request
                or (for_message and "message.handler" in info.marks)
                or _is_closed_by_callers(context, info)
                or not (_is_short(spot) or _is_factory(spot, info))
            )
            and not _is_given_address(spot, info)
        )
        # How a program makes its clients for HTTP is decided once.
        again = _is_short(spot) and call.role.framework in told
        if worth:
            told.add(call.role.framework)
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node)), "function": info.name},
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM if worth and not again else Confidence.LOW,
        )


def _is_factory(spot: Spot, info: FunctionInfo) -> bool:
    """Whether a function does nothing but make a client for its caller, who may keep it."""
    only = info.node.body[0] if len(info.node.body) == 1 else None
    return isinstance(only, ir.Return) and any(one is spot.node for one in within(only))


def _is_closed_by_callers(context: CodeContext, info: FunctionInfo) -> bool:
    """Whether whoever asks a factory for a client closes it again: `try (S3Client s3 = connect())`."""
    calls = [spot for spot in survey(context).reaches if spot.reach is not None and spot.reach.callee is info]
    return bool(calls) and all(
        any(
            isinstance(node, ir.With) and any(_is_value(item, spot.node) for item, _ in node.items)
            for node in spot.path
        )
        for spot in calls
    )


def _is_value(item: ir.Expr, node: ir.Node) -> bool:
    while isinstance(item, ir.AssignExpr | ir.Cast | ir.Await):
        item = item.value
    return item is node


def _is_given_address(spot: Spot, info: FunctionInfo) -> bool:
    """Whether the caller says where to connect: a tool for any database, such as an installer, keeps none open."""
    first = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    return isinstance(first, ir.Name) and any(param.name == first.id for param in info.node.params)


def _is_short(spot: Spot) -> bool:
    """A client of one function that is no handler: it may be meant for a single task."""
    return spot.call is not None and "http.client" in spot.call.role.does


def _uses_pool(spot: Spot) -> bool:
    """Whether a client is given the pool whose connections it uses."""
    node = spot.node
    return isinstance(node, ir.Call) and any("pool" in key.lower() for key, _ in node.keywords)


def _is_file(spot: Spot) -> bool:
    """A database that is a file is opened, not connected to; a directory is asked as the user who signs in."""
    kinds = {kind for _, several in spot.call.role.sinks for kind in several} if spot.call is not None else set()
    return bool(kinds & {"path.file", "ldap.name"})


def _is_kept(spot: Spot, info: FunctionInfo) -> bool:
    """Whether what is made is stored where the next request finds it, or made only when it is not there yet."""
    if any("cache" in name_of(decorator).lower() for decorator in info.node.decorators):
        return True
    for number, node in enumerate(spot.path):
        if isinstance(node, ir.Assign):
            if isinstance(node.target, ir.Attr | ir.Index):
                return True
            if isinstance(node.target, ir.Name) and _is_outer(node.target.id, info, spot.unit):
                return True
        if isinstance(node, ir.If) and spot.inner(number) in node.then and _asks_whether_made(node):
            return True
    return False


def is_made_once(spot: Spot, info: FunctionInfo) -> bool:
    """Whether a call runs only while a variable of the file, or a field, has nothing yet of what it is to keep."""
    for number, node in enumerate(spot.path):
        if isinstance(node, ir.If) and spot.inner(number) in node.then and _asks_whether_made(node):
            kept = [one.target for one in within(*node.then) if isinstance(one, ir.Assign)]
            if any(isinstance(one, ir.Attr) or _is_outer(name_of(one), info, spot.unit) for one in kept):
                return True
    return any(
        isinstance(node, ir.Assign)
        and (isinstance(node.target, ir.Attr) or _is_outer(name_of(node.target), info, spot.unit))
        and _was_there(name_of(node.target), node, info)
        for node in spot.path
    )


def _was_there(name: str, made: ir.Assign, info: FunctionInfo) -> bool:
    """`if (page) return page;` before it is made."""
    return any(
        isinstance(one, ir.If)
        and one.end <= made.start
        and name_of(one.test) == name
        and any(isinstance(part, ir.Return) and name_of(part.value) == name for part in one.then)
        for one in info.node.body
    )


def _is_outer(name: str, info: FunctionInfo, unit: Unit) -> bool:
    """Whether an assignment in the function changes a variable of the file."""
    if any(isinstance(one, ir.Global) and name in one.names for one in info.node.body):
        return True
    declared = any(
        isinstance(one, ir.Assign) and one.declares and isinstance(one.target, ir.Name) and one.target.id == name
        for one in in_body(info.node)
    )
    at_top = any(
        isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == name
        for one in unit.module.body
    )
    return unit.language != "python" and at_top and not declared


def _asks_whether_made(node: ir.If) -> bool:
    made = {
        name
        for one in within(*node.then)
        if isinstance(one, ir.Assign)
        for name in (*names_in(one.target), name_of(one.target))
    }
    asked = {part.name for part in within(node.test) if isinstance(part, ir.Attr)} | names_in(node.test)
    return bool(made & asked)


@detects_in_code("PERF209")
def connection_not_released(context: CodeContext) -> Iterator[Match]:
    """A connection that some way through the function does not give back."""
    for spot in survey(context).of("db.acquire", "db.session", "db.connect"):
        if _LENDS.match(name_of(spot.node.func) if isinstance(spot.node, ir.Call) else ""):
            continue
        call, info = spot.call, spot.info
        if call is None or info is None or is_by_hand(spot.unit, info) or "resource.close" in call.role.does:
            continue
        name = _kept_in(spot)
        if name is None or _is_field(name, info):
            continue
        body = _function_body(spot)
        if _escapes(name, body) or _is_managed(name, body):
            continue
        released = [one for one in within(*body) if isinstance(one, ir.Call) and _is_release(one, name)]
        if released and (_in_final(name, body) or not _work_between(spot, released[0], body)):
            continue
        if not released and _listens(name, body):
            continue
        pooled = "db.acquire" in call.role.does or "db.session" in call.role.does
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"name": name, "call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.HIGH if pooled and not released and call.certain else Confidence.MEDIUM,
            steps=tuple((context.location(spot.unit, one), "step_release") for one in released[:1]),
        )
    yield from left_open(context, survey(context))
    yield from returned_sessions(context)


def _listens(name: str, body: list[ir.Stmt]) -> bool:
    """Whether a connection waits for what the database tells: `client.on("notification", …)`."""
    return any(
        isinstance(one, ir.Call)
        and isinstance(one.func, ir.Attr)
        and one.func.name == "on"
        and name_of(one.func.value) == name
        and any(isinstance(arg, ir.Const) and arg.value == "notification" for arg in one.args[:1])
        for one in within(*body)
    )


def _kept_in(spot: Spot) -> str | None:
    """The local variable that the connection is assigned to."""
    inner: ir.Node = spot.node
    for node in reversed(spot.path):
        if isinstance(node, ir.Assign):
            return node.target.id if isinstance(node.target, ir.Name) and node.value is inner else None
        if not isinstance(node, ir.Await | ir.Cast):
            return None
        inner = node
    return None


def _is_field(name: str, info: FunctionInfo) -> bool:
    """Whether it is the object's own connection, which another method gives back."""
    return (
        info.unit.language == "java"
        and info.owner is not None
        and name in info.owner.fields
        and not any(
            isinstance(one, ir.Assign) and one.declares and name_of(one.target) == name for one in in_body(info.node)
        )
        and all(param.name != name for param in info.node.params)
    )


def _function_body(spot: Spot) -> list[ir.Stmt]:
    for node in reversed(spot.path):
        if isinstance(node, ir.Function):
            return node.body
    return spot.info.node.body if spot.info is not None else []


def _escapes(name: str, body: list[ir.Stmt]) -> bool:
    """Whether the connection is handed on: returned, yielded, stored, given to another function or captured."""
    for node in within(*body):
        value = node.value if isinstance(node, ir.Return | ir.Yield) else None
        if value is not None and name in names_in(value) and not isinstance(value, ir.Await | ir.Call):
            return True
        if isinstance(node, ir.Yield) and node.value is None:
            return True
        stored = isinstance(node, ir.Assign) and isinstance(node.target, ir.Attr | ir.Index)
        if stored and isinstance(node.value, ir.Name) and node.value.id == name:  # type: ignore[attr-defined]
            return True
        if isinstance(node, ir.Call) and not _RELEASES.match(name_of(node.func)):
            given = [*node.args, *(value for _, value in node.keywords)]
            if any(isinstance(one, ir.Name) and one.id == name for one in given):
                return True
            if any(isinstance(one, ir.Mapping | ir.Sequence) and name in names_in(one) for one in given):
                return True
    return False


def _is_managed(name: str, body: list[ir.Stmt]) -> bool:
    return any(
        isinstance(node, ir.With)
        and any(name in names_in(item) and not _only_uses(item, name) for item, _ in node.items)
        for node in within(*body)
    )


def _only_uses(item: ir.Expr, name: str) -> bool:
    """`with connection.cursor()`, `try (Statement s = connection.createStatement())`: it closes what was made with the
    connection, not the connection."""
    while isinstance(item, ir.Cast | ir.Await | ir.AssignExpr):
        item = item.value
    at: ir.Expr = item
    while isinstance(at, ir.Call | ir.Attr):
        at = at.func if isinstance(at, ir.Call) else at.value
    return isinstance(item, ir.Call) and isinstance(item.func, ir.Attr) and isinstance(at, ir.Name) and at.id == name


def _is_release(call: ir.Call, name: str) -> bool:
    if not isinstance(call.func, ir.Attr):
        return bool(_RELEASES.match(name_of(call.func))) and any(name in names_in(one) for one in call.args)
    if not _RELEASES.match(call.func.name):
        return False
    return name_of(call.func.value) == name or any(name in names_in(one) for one in call.args)


def _in_final(name: str, body: list[ir.Stmt]) -> bool:
    for node in within(*body):
        final = within(*node.final) if isinstance(node, ir.Try) else iter(())
        if any(isinstance(one, ir.Call) and _is_release(one, name) for one in final):
            return True
        if isinstance(node, ir.Call) and name_of(node.func) == "finally" and name in names_in(*node.args):
            return True
    return False


def _work_between(spot: Spot, release: ir.Call, body: list[ir.Stmt]) -> bool:
    """Whether anything that can fail stands between taking and giving back."""
    return any(
        isinstance(node, ir.Call | ir.Throw | ir.Return) and spot.node.end <= node.start and node.end <= release.start
        for node in within(*body)
    )


@detects_in_code("PERF214")
def listener_per_request(context: CodeContext) -> Iterator[Match]:
    """A listener or a repeating timer that each request adds to something that outlives it."""
    if context.program.language not in ("javascript", "typescript"):
        return
    during = served(context)
    for spot in survey(context).of("listener.add", "timer.start"):
        info, node = spot.info, spot.node
        if info is None or info not in during or not isinstance(node, ir.Call) or is_by_hand(spot.unit, info):
            continue
        body = list(within(*_outermost(info).node.body))
        if "timer.start" in (spot.call.role.does if spot.call is not None else ()):
            if name_of(node.func) != "setInterval" or any(_called(one, "clearInterval") for one in body):
                continue
        elif not _is_lasting(node, info, body):
            continue
        yield Match(
            location=context.location(spot.unit, node),
            values={"call": short(context.text(spot.unit, node))},
            confidence=Confidence.MEDIUM,
        )


def _is_lasting(node: ir.Call, info: FunctionInfo, body: list[ir.Node]) -> bool:
    """Whether a listener is added, not for once and never removed, to something from outside of the function."""
    if name_of(node.func) not in _ADDS or not isinstance(node.func, ir.Attr):
        return False
    if any(_called(one, "off", "removeListener", "removeAllListeners") for one in body):
        return False
    root = node.func.value
    while isinstance(root, ir.Attr | ir.Call):
        root = root.value if isinstance(root, ir.Attr) else root.func
    if not isinstance(root, ir.Name):
        return False
    own = {param.name for param in info.node.params}
    at = info.outer
    while at is not None:
        own |= {param.name for param in at.node.params}
        at = at.outer
    made = {name for one in body if isinstance(one, ir.Assign) for name in names_in(one.target)}
    return root.id not in own | made


def _outermost(info: FunctionInfo) -> FunctionInfo:
    while info.outer is not None:
        info = info.outer
    return info


def _called(node: ir.Node, *names: str) -> bool:
    return isinstance(node, ir.Call) and name_of(node.func) in names
