"""Spring's row mappers that ask the database themselves: `jdbc.query(sql, this::toOrder)` runs them for each row."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Program
from backend_advisor.code.seen import CallSeen
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_QUERIES = ("org.springframework.jdbc.core.JdbcTemplate.query",)
_OF_MAPPER = 2
"""A row and its number: what takes one parameter may be given all rows at once."""


def queries_of_row_mappers(program: Program, seen: Survey) -> Iterator[tuple[Spot, ir.Expr, Spot]]:
    """The call whose rows are mapped, the mapper that it is given, and what the mapper asks in each row."""
    for spot in seen.of("db.read_all") if program.language == "java" else ():
        if spot.call is None or not spot.call.role.name.startswith(_QUERIES) or not isinstance(spot.node, ir.Call):
            continue
        for given in spot.node.args if not is_by_hand(spot.unit, spot.info) else ():
            asked = next((one for one in _done(program, seen, spot, given) if _reads(seen, one)), None)
            if asked is not None:
                yield spot, given, asked


def _done(program: Program, seen: Survey, spot: Spot, given: ir.Expr) -> Iterator[Spot]:
    """What is done for each row."""
    if isinstance(given, ir.Lambda):
        if len(given.function.params) == _OF_MAPPER:
            yield from (one for one in seen.asking(spot.unit.path) if given in one.path)
        return
    called = function_named(program, spot.unit, given, spot.info)
    if called is not None and len(called.node.params) == _OF_MAPPER:
        yield from seen.inside.get(id(called), ())


def _reads(seen: Survey, spot: Spot) -> bool:
    """Whether a call reads from the database, itself or through a function of the program."""
    if spot.call is not None:
        return _is_read(spot.call)
    at = spot.reach.acts.get("db.query") if spot.reach is not None else None
    return at is not None and any(map(_is_read, seen.at.get(at, ())))


def _is_read(call: CallSeen) -> bool:
    return "db.query" in call.role.does and kind_of(call) == "read"
