"""Reads of JavaScript whose condition does not keep them short: a limit that only the caller sets, and lists of what
is written down for ever, newest first, without one (PERF204)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import names_in, within
from backend_advisor.experts.performance.detectors.options import options_of
from backend_advisor.experts.performance.detectors.serving import Served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_WRITTEN_DOWN = re.compile(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:audit|events?|logs?|history|histories|activit(?:y|ies)|messages?|notifications?|"
    r"readings?|measurements?|transactions?|ledger|visits?)(?:$|_|(?-i:(?=[A-Z])))"
)
"""Tables to which every action of a user adds a row, and from which nothing is taken."""
_OWNERS = re.compile(
    r"(?i)^(?:account|tenant|org(?:anization|anisation)?|user|customer|member|owner|team|workspace|company|project|"
    r"merchant|shop|store|device|recipient|sender|author)_?(?:id)?$"
)
"""What narrows a table to the rows of one who goes on adding to them."""
_NEWEST = re.compile(
    r"(?is)(?:\w+(?:At|_at|Date|_date|Time|_time|On|_on)|timestamp|date|time|created|sent)\b[\"']?\s*(?:[:,]\s*[\"']?\s*(?:desc\b|-1)|\)?\s+desc\b)"
    r"|[\"']-(?:\w+(?:At|_at|Date|Time)|timestamp|date|created)\b"
)
_LIMITS = re.compile(
    r"(?i)^(?:limit|take|first|top|paginate|page|slice|cursor|stream|eachAsync|findOne|forUpdate|range)$"
)
_SELECTS = re.compile(
    r"(?is)^\s*select\b(?!\s+(?:count|sum|min|max|avg|exists)\s*\()(?:(?!\bfrom\b).)*\bfrom\s+[\"'`\[]?(?:\w+[.\"'`]+)?(\w+)"
)
_ENDS = re.compile(r"(?i)\blimit\b|\bfetch\s+(?:first|next)\b|\btop\b|\bgroup\s+by\b|\bdistinct\b")
_COMPARES = re.compile(r"(?i)\b(\w+)\s*(?:=|in\b|>=?|<=?|between\b|like\b|is\b)")
_BETWEEN = re.compile(r"(?is)\border\s+by\b.*$")


def growing_reads(context: CodeContext, during: Served, told: set[int]) -> Iterator[Match]:
    """Reads with a condition that grow all the same; `told` are those of which something else is said."""
    if context.program.language not in ("javascript", "typescript"):
        return
    seen = survey(context)
    for spot in seen.of("db.read_all"):
        if spot.info not in during or id(spot.node) in told or is_by_hand(spot.unit, spot.info) or is_limited(spot):
            continue
        options = options_of(context, spot)
        if options.optional_limit is not None and not _states_default(spot):
            direct = serves(context, spot.info)
            yield _match(context, spot, Confidence.MEDIUM if direct else Confidence.LOW)
        elif not options.has_limit and _is_of_an_owner(spot) and _is_newest_first(spot):
            yield _match(context, spot, Confidence.MEDIUM)
    for spot in [*seen.of("db.query"), *seen.reaches]:
        if id(spot.node) in told or not _is_statement_without_end(spot):
            continue
        if spot.info in during and not is_by_hand(spot.unit, spot.info):
            told.add(id(spot.node))
            yield _match(context, spot, Confidence.MEDIUM)


def _match(context: CodeContext, spot: Spot, confidence: Confidence) -> Match:
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": short(context.text(spot.unit, spot.node))},
        confidence=confidence,
    )


def is_limited(spot: Spot) -> bool:
    """Whether a limit or a cursor is chained on the read."""
    return any(_LIMITS.match(node.name) for node in _chained(spot) if isinstance(node, ir.Attr))


def _chained(spot: Spot) -> Iterator[ir.Node]:
    for node in reversed(spot.path):
        if not isinstance(node, ir.Attr | ir.Call):
            return
        yield node


def _states_default(spot: Spot) -> bool:
    """Whether the file gives a limit a default where it checks requests: `limit: { type: 'integer', default: 20 }`."""
    source = spot.unit.module.source
    return re.search(rb"(?is)\b(?:limit|take|size|per_?page)\b.{0,160}?\bdefault\b", source) is not None


def _is_of_an_owner(spot: Spot) -> bool:
    """Whether rows of one owner are read from a table that only grows: by no other condition, but for a search."""
    node = spot.node
    if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr):
        return False
    written = names_in(node.func.value) | {one.name for one in within(node.func.value) if isinstance(one, ir.Attr)}
    if not any(_WRITTEN_DOWN.search(name) for name in written):
        return False
    filters = [value for key, value in _pairs(node) if key == "where"]
    mapping = filters[0] if filters else node.args[0] if node.args and node.func.name == "find" else None
    keys = (
        [key.value for key, _ in mapping.pairs if isinstance(key, ir.Const)] if isinstance(mapping, ir.Mapping) else []
    )
    return bool(keys) and all(isinstance(key, str) and _OWNERS.match(key) for key in keys)


def _pairs(call: ir.Call) -> Iterator[tuple[object, ir.Expr]]:
    for one in call.args:
        if isinstance(one, ir.Mapping):
            yield from ((key.value, value) for key, value in one.pairs if isinstance(key, ir.Const))


def _is_newest_first(spot: Spot) -> bool:
    """Whether the rows are asked for by time, the last first: of such a list people look at the beginning."""
    outer = next((node for node in reversed(list(_chained(spot)))), spot.node)
    source = spot.unit.module.source[outer.start : outer.end].decode("utf-8", "replace")
    ordered = re.search(r"(?is)\b(?:order|orderBy|sort)\b(.*)", source)
    return ordered is not None and _NEWEST.search(ordered[1]) is not None


def _is_statement_without_end(spot: Spot) -> bool:
    """`query("SELECT … FROM audit_events WHERE account_id = $1 ORDER BY occurred_at DESC")`."""
    given = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    if not isinstance(given, ir.Text | ir.Const):
        return False
    parts = given.parts if isinstance(given, ir.Text) and given.tag is None else [given]
    return is_endless("".join(str(one.value) if isinstance(one, ir.Const) else " ? " for one in parts))


def is_endless(text: str) -> bool:
    """Whether a statement asks for all that is written down of one owner, the last first."""
    found = _SELECTS.match(text)
    if found is None or _WRITTEN_DOWN.search(found[1]) is None or _ENDS.search(text):
        return False
    ordered = _BETWEEN.search(text)
    if ordered is None or "?" in ordered[0] or _NEWEST.search(ordered[0]) is None:
        return False  # what is put in after the order may be a limit
    condition = re.split(r"(?i)\bwhere\b", text[: ordered.start()])
    return all(_OWNERS.match(name) for part in condition[1:] for name in _COMPARES.findall(part))
