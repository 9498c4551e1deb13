"""Work of JavaScript that holds the event loop without being a blocking call of its own handler (PERF206)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import name_of, of_kind, within
from backend_advisor.experts.performance.detectors.serving import Served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.registry import CodeContext

_COPIES = frozenset({"structuredClone", "cloneDeep"})
_SETTINGS = re.compile(
    r"(?i)config|setting|option|default|schema|template|manifest|package|swagger|openapi|locale|messages"
)


def waiting_for(context: CodeContext, seen: Survey, info: FunctionInfo | None) -> tuple[tuple[Location, str], ...]:
    """Where a handler calls the function, so that a client waits for what it does."""
    for spot in seen.reaches:
        if spot.reach is not None and spot.reach.callee is info and serves(context, spot.info):
            return ((context.location(spot.unit, spot.node), "step_request"),)
    return ()


def whole_copies(context: CodeContext, during: Served) -> Iterator[Match]:
    """`JSON.parse(JSON.stringify(catalogue))` with each request, of data that was read from a file at the start."""
    if context.program.language not in ("javascript", "typescript"):
        return
    for unit in context.program.units.values():
        loaded = _loaded(unit)
        for info in unit.functions if loaded else ():
            if info not in during or is_by_hand(unit, info):
                continue
            for call in of_kind(info.node, ir.Call):
                if _root(_copied(call)) in loaded:
                    yield Match(
                        location=context.location(unit, call),
                        values={"call": short(context.text(unit, call)), "function": info.name},
                        confidence=Confidence.LOW,  # how large the data is, the program does not say
                    )


def _loaded(unit: Unit) -> set[str]:
    """The names at the top level of a file that hold what a JSON file holds, settings aside."""
    found: set[str] = set()
    if b"readFile" not in unit.module.source:
        return found
    for statement in unit.module.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and statement.value is not None:
            calls = {name_of(one.func) for one in within(statement.value) if isinstance(one, ir.Call)}
            if "parse" in calls and calls & {"readFileSync", "readFile"} and not _SETTINGS.search(statement.target.id):
                found.add(statement.target.id)
    return found


def _copied(call: ir.Call) -> ir.Expr | None:
    """What a call copies with everything in it."""
    given = call.args[0] if call.args else None
    if name_of(call.func) in _COPIES:
        return given
    if name_of(call.func) == "parse" and isinstance(given, ir.Call) and name_of(given.func) == "stringify":
        return given.args[0] if given.args else None
    return None


def _root(copied: ir.Expr | None) -> str:
    while isinstance(copied, ir.Attr):
        copied = copied.value
    return copied.id if isinstance(copied, ir.Name) else ""
