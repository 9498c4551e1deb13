"""How a handler of Express, or of Node.js itself, answers: the calls that end a response, and those that pass on."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, own
from backend_advisor.experts.quality.detectors.outline import Written

_RESPONSE = re.compile(r"^_?(?:res|response|resp|reply)$", re.IGNORECASE)
_ENDS = frozenset(
    ["json", "jsonp", "send", "end", "redirect", "render", "sendFile", "sendFile", "sendStatus", "download", "sendfile"]
)
_LOGS = re.compile(r"(?i)^(?:debug|info|warn|warning|error|exception|critical|fatal|trace|log|print\w*|verbose)$")
_LOGGER = re.compile(r"(?i)log|console|print|sentry")


def response_of(written: Written) -> str | None:
    """The name under which a function of JavaScript has the response."""
    if written.unit.language in ("python", "java"):
        return None
    return next((param.name for param in written.node.params[:3] if _RESPONSE.match(param.name)), None)


def next_of(written: Written) -> str | None:
    """The name of the function that passes an error on; Express gives it after the response."""
    names = [param.name for param in written.node.params]
    return next((name for name in names if name == "next"), None)


def called(statement: ir.Node | None) -> ir.Call | None:
    """The call that a statement consists of, awaited or not."""
    value = getattr(statement, "value", None)
    value = value.value if isinstance(value, ir.Await) else value
    return value if isinstance(value, ir.Call) else None


def answers(call: ir.Call | None, response: str) -> bool:
    """Whether a call ends the response: `res.status(404).json(…)`."""
    if call is None or not isinstance(call.func, ir.Attr) or call.func.name not in _ENDS:
        return False
    return _root(call.func.value) == response


def replies(response: str, *roots: ir.Node) -> Iterator[ir.Call]:
    """Every call in some statements that ends the response; functions written inside count as well."""
    for node in own(*roots):
        if isinstance(node, ir.Call) and answers(node, response):
            yield node


def hands_over(response: str, *roots: ir.Node) -> bool:
    """Whether the response or `next` is given to some other function, which may answer."""
    for node in own(*roots):
        if isinstance(node, ir.Call) and (
            name_of(node.func) == "next"
            or any(isinstance(given, ir.Name) and given.id == response for given in node.args)
        ):
            return True
        if isinstance(node, ir.Lambda):
            return True
    return False


def only_logs(handler: ir.Handler) -> bool:
    """Whether a handler does nothing but write to the log."""
    return all(_is_log(one) for one in handler.body)


def _is_log(statement: ir.Stmt) -> bool:
    call = called(statement) if isinstance(statement, ir.Do) else None
    if call is None:
        return False
    holder = name_of(call.func.value) if isinstance(call.func, ir.Attr) else name_of(call.func)
    return _LOGS.match(name_of(call.func)) is not None and _LOGGER.search(holder) is not None


def _root(node: ir.Expr) -> str:
    while isinstance(node, ir.Attr | ir.Call):
        node = node.value if isinstance(node, ir.Attr) else node.func
    return node.id if isinstance(node, ir.Name) else ""
