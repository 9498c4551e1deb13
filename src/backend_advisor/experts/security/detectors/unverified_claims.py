"""Claims of a token that take the place of verified ones when its signature was refused."""

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import names_in, of_kind, within
from backend_advisor.experts.security.detectors.reading import calls_with
from backend_advisor.rules.registry import CodeContext

_HEADER = frozenset({"header", "headers"})


def stands_in_for_verified(call: CallSeen, context: CodeContext) -> bool:
    """Whether claims are returned that were only decoded, where verifying the same token has failed: `catch { return
    jwt.decode(token) }`."""
    tokens = names_in(*call.node.args[:1]) if isinstance(call.node, ir.Call) else set()
    if call.info is None:
        return False
    verifying = [one.node for one in calls_with(context, "jwt.verify") if one.info is call.info]
    for attempt in of_kind(call.info.node, ir.Try):
        handler = next((one for one in attempt.handlers if one.start <= call.node.start < one.end), None)
        if handler is None or not any(tokens & names_in(*one.args) for one in _inside(attempt.body, verifying)):
            continue
        kept = {
            one.target.id
            for one in within(*handler.body)
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and _holds(one.value, call.node)
        }
        return any(
            isinstance(one, ir.Return)
            and one.value is not None
            and (one.value.start <= call.node.start < one.value.end or _is_one_of(one.value, kept))
            for one in within(*handler.body)
        )
    return False


def reads_header_only(call: CallSeen) -> bool:
    """Whether of a token that is only decoded nothing but its header is read, which tells the key that verifies it:
    `jwt.decode(token, { complete: true }).header.kid`."""
    if call.info is None or not isinstance(call.node, ir.Call):
        return False
    name = ""
    for one in of_kind(call.info.node, ir.Attr):
        if one.value is call.node:
            return one.name in _HEADER
    for made in of_kind(call.info.node, ir.Assign):
        if made.value is call.node and isinstance(made.target, ir.Name):
            name = made.target.id
        elif made.value is call.node and isinstance(made.target, ir.Mapping):
            return all(isinstance(key, ir.Const) and key.value in _HEADER for key, _ in made.target.pairs)
    read = [one for one in of_kind(call.info.node, ir.Attr) if isinstance(one.value, ir.Name) and one.value.id == name]
    others = {id(one.value) for one in read} | {id(one) for one in _tested(call.info.node)}
    used = [one for one in of_kind(call.info.node, ir.Name) if one.id == name and id(one) not in others]
    return bool(read) and all(one.name in _HEADER for one in read) and len(used) <= 1


def _tested(function: ir.Function) -> list[ir.Expr]:
    """What is only asked whether it is there: `decoded ? … : undefined`, `if (!decoded)`."""
    found: list[ir.Expr] = [one.test for one in of_kind(function, ir.Conditional)]
    found += [one.test for one in of_kind(function, ir.If)]
    found += [one.operand for one in of_kind(function, ir.Unary) if one.op in ("not", "!")]
    return found + [operand for one in of_kind(function, ir.Logic) for operand in one.operands]


def _inside(body: list[ir.Stmt], calls: list[ir.Node]) -> list[ir.Call]:
    return [
        one for one in calls if isinstance(one, ir.Call) and any(part.start <= one.start < part.end for part in body)
    ]


def _holds(value: ir.Expr | None, node: ir.Node) -> bool:
    return value is not None and value.start <= node.start < value.end


def _is_one_of(value: ir.Expr, names: set[str]) -> bool:
    """`claims`, `known(claims) ? claims : null`."""
    if isinstance(value, ir.Name):
        return value.id in names
    if isinstance(value, ir.Conditional):
        return _is_one_of(value.then, names) or _is_one_of(value.otherwise, names)
    return isinstance(value, ir.Logic) and any(_is_one_of(one, names) for one in value.operands)
