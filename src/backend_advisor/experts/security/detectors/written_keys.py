"""Keys of tokens and sessions that are written in the code, and where."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.model import Location
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.secret_texts import is_hidden


def literal_key(call: CallSeen, name: str) -> str | None:
    """The key of a call that stands in the code."""
    value = call.properties.get(name)
    if value is None:
        return None
    known = [value, *(value.fields or {}).values()]
    texts = [one for part in known for one in part.consts or () if isinstance(one, str | bytes)]
    if (texts and all(part.consts for part in known[:1])) or (texts and value.fields):
        text = texts[0]
        return text.decode("latin-1") if isinstance(text, bytes) else text or None
    return _fallback(call, name)


def shown_key(context: CodeContext, call: CallSeen, name: str) -> tuple[tuple[Location, str], ...]:
    """Where a key that nobody guesses is written out in its call, so that no output quotes it."""
    for at in _arguments(call, name):
        last = at.operands[-1] if isinstance(at, ir.Logic) else at
        if isinstance(last, ir.Const) and isinstance(last.value, str) and is_hidden(last.value):
            return ((context.location(call.unit, last), "step_key"),)
    return ()


def _fallback(call: CallSeen, name: str) -> str | None:
    """`process.env.SECRET || "secret"`: what it is when the variable is missing."""
    for at in _arguments(call, name):
        if isinstance(at, ir.Logic) and at.op in ("or", "??") and isinstance(at.operands[-1], ir.Const):
            last = at.operands[-1].value
            return last if isinstance(last, str) and last else None
    return None


def _arguments(call: CallSeen, name: str) -> Iterator[ir.Expr | None]:
    """What stands where a property of a call is given."""
    node = call.node
    if not isinstance(node, ir.Call):
        return
    for wanted in call.role.named[name]:
        position = getattr(wanted, "position", None)
        at: ir.Expr | None = node.args[position] if position is not None and position < len(node.args) else None
        keyword = getattr(wanted, "keyword", None)
        at = next((value for key, value in node.keywords if key == keyword), at)
        for key in getattr(wanted, "path", ()):
            pairs = at.pairs if isinstance(at, ir.Mapping) else []
            at = next((v for k, v in pairs if isinstance(k, ir.Const) and k.value == key), None)
        yield at
