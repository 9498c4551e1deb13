"""Transactions that nobody wrote down: SQLAlchemy and the drivers of Python begin one with the first statement, and it
stays open, with its connection and its locks, until it is committed (part of PERF210)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey
from backend_advisor.rules.registry import CodeContext

_BEGINS = ("sqlalchemy.", "sqlmodel.", "flask_sqlalchemy.", "psycopg2.", "psycopg.", "dbapi.", "pymysql.", "MySQLdb.")
_BY_ITSELF = re.compile(rb"(?i)isolation_level\s*=\s*[\"']autocommit|autocommit\s*=\s*True")
"""Settings by which each statement is a transaction of its own."""
_ENDS = frozenset({"db.commit", "db.rollback", "db.release"})
_CHANGES = frozenset({"db.commit", "db.write", "db.write_many", "orm.save"})
_OWN = frozenset({"db.session", "db.transaction", "db.acquire", "db.commit"})
"""What a function that has a transaction of its own does."""


def begun_by_statement(context: CodeContext, seen: Survey, spot: Spot) -> ir.Node | None:
    """The statement that began the transaction open at a call, where the function changes something after it."""
    if spot.unit.language != "python" or spot.info is None or is_by_hand(spot.unit, spot.info):
        return None
    begun: ir.Node | None = None
    for other in sorted(seen.inside.get(id(spot.info), ()), key=lambda one: one.node.start):
        acts = _acts(other)
        if other.node.start < spot.node.start:
            if acts & _ENDS and not _is_aside(other, spot):
                begun = None
            elif begun is None and "db.query" in acts and _is_of_session(seen, other) and _comes_before(other, spot):
                begun = other.node
        elif begun is not None and acts & _CHANGES and _is_of_session(seen, other):
            return None if _is_autocommitted(context, spot) else begun
    return None


def _acts(spot: Spot) -> set[str]:
    if spot.call is not None:
        return set(spot.call.role.does) if spot.call.certain else set()
    return set(spot.reach.acts) if spot.reach is not None else set()


def _is_of_session(seen: Survey, spot: Spot) -> bool:
    """Whether what is asked begins a transaction, or goes on with one, that the function's own session holds."""
    if spot.call is not None:
        return spot.call.role.name.startswith(_BEGINS)
    if spot.reach is None or spot.reach.acts.keys() & _OWN:
        return False
    places = [spot.reach.acts[act] for act in ("db.query", "orm.save") if act in spot.reach.acts]
    return any(one.role.name.startswith(_BEGINS) for place in places for one in seen.at.get(place, ()))


def _comes_before(other: Spot, spot: Spot) -> bool:
    """Whether who comes to a call has asked the database before, in the same session."""
    around = {id(node) for node in spot.path}
    for number, node in enumerate(other.path):
        if isinstance(node, ir.With | ir.Lambda) and id(node) not in around:
            return False
        if isinstance(node, ir.If):
            way = _way(node, other.inner(number))
            if id(node) in around:
                at = next(at for at, one in enumerate(spot.path) if one is node)
                if _way(node, spot.inner(at)) != way:
                    return False
            elif way is not None and _leaves(node.then if way == 0 else node.otherwise):
                return False
    return True


def _is_aside(other: Spot, spot: Spot) -> bool:
    """Whether an end belongs to a way that does not come to the call: a handler, or a branch that leaves."""
    around = {id(node) for node in spot.path}
    for number, node in enumerate(other.path):
        if id(node) in around:
            continue
        if isinstance(node, ir.Handler):
            return True
        if isinstance(node, ir.If):
            way = _way(node, other.inner(number))
            if way is not None and _leaves(node.then if way == 0 else node.otherwise):
                return True
    return False


def _way(node: ir.If, inner: ir.Node) -> int | None:
    ways: Iterator[int] = (number for number, body in enumerate((node.then, node.otherwise)) if _holds(body, inner))
    return next(ways, None)


def _holds(body: list[ir.Stmt], inner: ir.Node) -> bool:
    return any(one is inner for one in body)


def _leaves(body: list[ir.Stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ir.Return | ir.Throw | ir.Continue | ir.Break)


def _is_autocommitted(context: CodeContext, spot: Spot) -> bool:
    return any(
        _BY_ITSELF.search(unit.module.source)
        for unit in context.program.units.values()
        if unit is spot.unit or b"create_engine(" in unit.module.source or b"engine_from_config(" in unit.module.source
    )
