"""Routes for anybody in which the client's own data makes an administrator."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import everything, in_whole
from backend_advisor.experts.security.detectors.facts import ASKING, Route
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.experts.security.detectors.telling import INPUT_FIELDS
from backend_advisor.experts.security.detectors.words import AUTHENTICATES, IDENTITY, REQUEST, dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_PRIVILEGE = re.compile(
    r"^(?:is_?)?(?:admin(?:istrator)?|super_?user|staff|root)$|^(?:user_?)?(?:roles?|authorit(?:y|ies)|permissions?|privileges?)$",
    re.IGNORECASE,
)
_MAKES = re.compile(r"^(?:[A-Z]\w*|create\w*|insert\w*|save\w*|add|build|update\w*|register\w*)$")
_ASKS = re.compile(
    r"current_?user|is_?authenticated|permission|(?:require|check|verify|only)_?\w*(?:admin|role|token|user)|authori[sz]",
    re.IGNORECASE,
)
_SIGN_UP = re.compile(r"regist|sign_?-?up|join|(?:^|/)(?:users?|members?|accounts?)/?$", re.IGNORECASE)


@detects_in_code("SEC406")
def privilege_from_client(context: CodeContext) -> Iterator[Match]:
    """A registration that asks nobody, and takes the new account's rights from the client."""
    for route in survey(context)[1]:
        if not _SIGN_UP.search(f"{route.path} {route.info.node.name}") or _asks(route):
            continue
        for key, place in (*_written(route.info), *_unpacked(context.program, route.info)):
            yield Match(location=context.location(route.info.unit, place), values={"route": route.label, "field": key})
            break


def _asks(route: Route) -> bool:
    """Whether anything before or in a route asks who calls; the names of its own fields say nothing of that."""
    return (
        route.covered
        or bool(route.info.marks & {"auth.required", "auth.role"})
        or bool(route.acts & ASKING)
        or any(AUTHENTICATES.search(name) for name in route.guards - route.names)
        or any(_ASKS.search(name) or IDENTITY.match(name) for name in route.names if name != "session")
    )


def _written(info: FunctionInfo) -> Iterator[tuple[str, ir.Node]]:
    """Fields of rights that are set from what the client sent, and where they are read from it."""
    nodes = in_whole(info.node)
    bodies = _bodies(info)
    read = {id(node): node for node in nodes if _read_key(node, bodies) is not None}
    if not read:
        return
    from_client = _decided(nodes, read)
    for node in nodes:
        for name, value in _fields(node):
            if not _PRIVILEGE.match(name):
                continue
            for inner in everything([value]):
                place = read.get(id(inner)) or (from_client.get(inner.id) if isinstance(inner, ir.Name) else None)
                if place is not None:
                    yield name, place
                    break


def _unpacked(program: Program, info: FunctionInfo) -> Iterator[tuple[str, ir.Node]]:
    """`User(**body.model_dump())`, where the class of `body` has a field of rights."""
    rights: dict[str, str] = {}
    for param in info.node.params:
        known = program.by_short_name.get(param.type.name, ()) if param.type is not None else ()
        names = [field.name for one in known for base in program.ancestry(one) for field in base.node.fields]
        field = next((name for name in names if _PRIVILEGE.match(name)), "")
        if field and len(known) == 1:
            rights[param.name] = field
    for node in in_whole(info.node) if rights else ():
        for key, value in node.keywords if isinstance(node, ir.Call) else ():
            if key == "**" and (given := _made_of(value)) in rights:
                yield rights[given], value


def _made_of(value: ir.Expr) -> str:
    """The variable whose every field a call gives: `body.dict()`, with nothing left out."""
    if not isinstance(value, ir.Call) or value.args or not isinstance(value.func, ir.Attr):
        return ""
    if {"exclude", "include"} & {name for name, _ in value.keywords}:
        return ""
    return value.func.value.id if isinstance(value.func.value, ir.Name) else ""


def _bodies(info: FunctionInfo) -> set[str]:
    """The variables that hold what the client sent."""
    found = {param.name for param in info.node.params if param.name in ("body", "payload", "data")}
    for node in in_whole(info.node):
        if (
            isinstance(node, ir.Assign)
            and isinstance(node.target, ir.Name)
            and node.value is not None
            and _is_body(node.value)
        ):
            found.add(node.target.id)
    return found


def _is_body(expression: ir.Expr) -> bool:
    """`request.get_json()`, `request.json`, `req.body`."""
    words = dotted(expression).split(".")
    return len(words) > 1 and bool(REQUEST.match(words[0])) and bool(INPUT_FIELDS.match(words[-1]))


def _read_key(node: ir.Node, bodies: set[str]) -> str | None:
    """The field of rights that an expression reads from the client's data: `body["admin"]`, `body.get("role")`."""
    holder: ir.Expr | None = None
    key: object = None
    if isinstance(node, ir.Index):
        holder, key = node.value, getattr(node.key, "value", None)
    elif isinstance(node, ir.Attr):
        holder, key = node.value, node.name
    elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "get" and node.args:
        holder, key = node.func.value, getattr(node.args[0], "value", None)
    if holder is None or not isinstance(key, str) or not _PRIVILEGE.match(key):
        return None
    is_body = _is_body(holder) or (isinstance(holder, ir.Name) and holder.id in bodies)
    return key if is_body else None


def _decided(nodes: tuple[ir.Node, ...], read: dict[int, ir.Node]) -> dict[str, ir.Node]:
    """Variables that are set from such a field, or in a branch that such a field decides."""
    found: dict[str, ir.Node] = {}
    for node in nodes:
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None:
            place = next((read[id(one)] for one in everything([node.value]) if id(one) in read), None)
            if place is not None:
                found.setdefault(node.target.id, place)
        elif isinstance(node, ir.If):
            place = next((read[id(one)] for one in everything([node.test]) if id(one) in read), None)
            for inner in everything(node.then) if place is not None else ():
                if isinstance(inner, ir.Assign) and isinstance(inner.target, ir.Name) and place is not None:
                    found.setdefault(inner.target.id, place)
        elif isinstance(node, ir.Assign) and isinstance(node.target, ir.Mapping) and node.value is not None:
            for key, target in node.target.pairs if _is_body(node.value) else ():
                if isinstance(key, ir.Const) and isinstance(target, ir.Name) and _PRIVILEGE.match(str(key.value)):
                    found.setdefault(target.id, target)
    return found


def _fields(node: ir.Node) -> Iterator[tuple[str, ir.Expr]]:
    """The fields that a statement or call sets on a record."""
    if isinstance(node, ir.Assign) and isinstance(node.target, ir.Attr) and node.value is not None:
        yield node.target.name, node.value
    elif isinstance(node, ir.Call) and _MAKES.match(dotted(node.func).rpartition(".")[2]):
        yield from node.keywords
        for argument in node.args:
            if isinstance(argument, ir.Mapping):
                yield from (
                    (key.value, value)
                    for key, value in argument.pairs
                    if isinstance(key, ir.Const) and isinstance(key.value, str)
                )
