"""The time limit that is put into a request that has none."""

import re

from backend_advisor.code import ir
from backend_advisor.code.roles import Argument
from backend_advisor.code.seen import CallSeen
from backend_advisor.model import Edit
from backend_advisor.rules.edits import set_argument
from backend_advisor.rules.places import Places

_SECONDS = 10
_BY_SIGNAL = re.compile(r"(?:^|[.-])fetch(?:\.|$)")
_BY_MILLISECONDS = re.compile(r"^(?:axios|@nestjs/axios|needle|request)(?:\.|$)")


def limit(call: CallSeen, places: Places) -> tuple[Edit, ...]:
    """The edits that let a request wait ten seconds; none where its client is not known to take a limit there.

    `requests` and `urllib` count in seconds, axios and its kin in milliseconds, and `fetch` takes a signal. A limit of
    Node's own `http.request` only tells the program, which then has to end the request.
    """
    node = call.node
    if not isinstance(node, ir.Call):
        return ()
    for argument in call.role.named.get("timeout", ()):
        if isinstance(argument, Argument) and (setting := _setting(argument, call)) is not None:
            return set_argument(*setting, call.unit, node, places)
    return ()


def _setting(argument: Argument, call: CallSeen) -> tuple[str, str] | None:
    """Which argument is set, and to what."""
    if call.unit.language == "python":
        return (argument.keyword, str(_SECONDS)) if argument.keyword is not None else None
    if call.unit.language == "java" or argument.position is None or len(argument.path) != 1:
        return None
    if _BY_SIGNAL.search(call.role.name):
        return f"{argument.position}.signal", f"AbortSignal.timeout({_SECONDS}_000)"
    if _BY_MILLISECONDS.search(call.role.name):
        return f"{argument.position}.{argument.path[0]}", f"{_SECONDS}_000"
    return None
