"""The functions that a framework calls with a client's request."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import Handler
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.quality.detectors.outline import Written
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.standing import is_for_tests

_REQUEST = frozenset({"http.handler"})


def handlers(context: CodeContext) -> Iterator[Handler]:
    """Every handler of the program proper, in order of place."""
    found = [one for one in context.seen.handlers.values() if (one.marks | one.info.marks) & _REQUEST]
    for one in sorted(found, key=lambda handler: (handler.info.unit.path, handler.info.node.start)):
        owner = one.info.owner
        if not is_apart(one.info.unit) and not (owner is not None and is_for_tests(owner.node.decorators)):
            yield one


def handler_of(context: CodeContext, written: Written) -> FunctionInfo | None:
    """The handler that a function is, or is written in."""
    at: Written | None = written
    while at is not None:
        info = context.program.infos.get(id(at.node))
        if isinstance(info, FunctionInfo):
            known = context.seen.handlers.get(id(info))
            if (info.marks | (known.marks if known is not None else set())) & _REQUEST:
                return info
        at = at.outer
    return None


def given_by_client(info: FunctionInfo) -> set[str]:
    """The parameters of a handler that carry the request, or parts of it; injected ones left out."""
    found: set[str] = set()
    for param in info.node.params:
        injected = name_of(param.default) in ("Depends", "Security", "Inject") or any(
            name_of(one) in ("Depends", "Security") for one in (param.type.metadata if param.type is not None else ())
        )
        if not injected and param.name not in ("self", "cls", "next", "res", "response", "db", "session"):
            found.add(param.name)
    return found


def words_in(*nodes: ir.Node) -> set[str]:
    """Every name in some expressions: variables, attributes, what is called."""
    return {name_of(one) for one in within(*nodes) if isinstance(one, ir.Name | ir.Attr | ir.Call)}
