"""A commit in each round of a loop that adds a row: every row waits for the disk (part of PERF203)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import own
from backend_advisor.experts.performance.detectors.loops import Round, goes_over_items, rounds
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_FAR = frozenset({"http.request", "mail.send", "queue.publish", "process.run", "file.write", "async.sleep"})
"""Beside these a commit is the smaller part, and what was done far away is to be remembered at once."""


def commits_per_row(seen: Survey) -> Iterator[tuple[Spot, Round]]:
    """Every commit that stands in a loop over items beside the statement that adds a row."""
    for spot in seen.of("db.commit"):
        if spot.call is None or not spot.call.certain or is_by_hand(spot.unit, spot.info):
            continue
        loop = next(iter(reversed(rounds(spot))), None)
        if loop is None or not isinstance(loop.node, ir.For) or not goes_over_items(loop, spot):
            continue
        # A round that handles its own failure, or commits now and then, means to.
        handles = any(isinstance(one, ir.Try | ir.Return | ir.Break) for one in own(*loop.node.body))
        always = any(isinstance(one, ir.Do | ir.Assign) and spot.node in own(one) for one in loop.node.body)
        if always and not handles and _adds_a_row(seen, spot, loop.node):
            yield spot, loop


def _adds_a_row(seen: Survey, spot: Spot, loop: ir.For) -> bool:
    """Whether a round adds one row, and does nothing far away besides."""
    inside = [one for one in seen.inside.get(id(spot.info), ()) if loop.start <= one.node.start < loop.end]
    acts = {act for one in inside for act in (*_does(one), *(one.reach.acts if one.reach is not None else ()))}
    return not acts & _FAR and any(_is_insert(one) for one in inside)


def _does(spot: Spot) -> tuple[str, ...]:
    return spot.call.role.does if spot.call is not None else ()


def _is_insert(spot: Spot) -> bool:
    call = spot.call
    if call is None:
        return False
    if "orm.save" in call.role.does:
        return call.role.name.rpartition(".")[2] in ("add", "persist", "save")
    return "db.query" in call.role.does and kind_of(call) == "insert"
