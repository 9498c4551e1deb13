"""Logic that stands in several places (QUA106)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import within
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import without_version

_STATEMENTS = 8
_LENGTH = 240
"""Bytes without white space below which even eight statements say little."""
_TELLING = 10
_TELLING_LINES = 15
_LONG_LINES = 20
"""Statements or lines below which two copies side by side are easier read than a function with their parameters."""
_MOST = 12
"""Clones that a reviewer takes up in a repository: those that hold most."""
_SHOWN = 8
_BY_HABIT = frozenset({"toString", "equals", "hashCode", "__repr__", "__eq__", "compareTo"})
_MARKUP = 0.4
_PLAIN = 0.6
"""Share of statements that only copy values above which code is a table rather than logic."""


@dataclass(slots=True, eq=False)
class _Block:
    """A run of statements in a function: their texts as hashes, how many statements each holds, the blocks in each."""

    unit: Unit
    home: int
    statements: list[ir.Stmt]
    hashes: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    inner: list[list["_Block"]] = field(default_factory=list)
    covered: set[int] = field(default_factory=set)

    def cover(self, start: int, end: int) -> None:
        """Note that these statements, and all in them, belong to a clone that is told."""
        for number in range(start, end):
            self.covered.add(number)
            for block in self.inner[number]:
                block.cover(0, len(block.statements))


@dataclass(frozen=True, slots=True)
class _Place:
    block: _Block
    start: int


_Homes = frozenset[tuple[str, int]]
"""The functions that a clone stands in, by file and place."""
_Clone = tuple[int, _Homes, Match]


@detects_in_code("QUA106", trees_alone=True)
def duplicated_logic(context: CodeContext) -> Iterator[Match]:
    """Statements that stand word for word in several places; one match for all places of a clone."""
    return worst_first_told(_once(_clones(context)), _MOST)


def _once(clones: Iterator[_Clone]) -> Iterator[tuple[int, Match]]:
    """Functions that are alike in several runs are made one at once: the largest run is told, the others are noted."""
    told: set[_Homes] = set()
    for size, homes, match in sorted(clones, key=lambda one: -one[0]):
        again = len(homes) > 1 and homes in told
        told.add(homes)
        yield size, replace(match, confidence=Confidence.LOW) if again else match


def _clones(context: CodeContext) -> Iterator[_Clone]:
    seeds: dict[tuple[int, ...], list[_Place]] = {}
    for written in outline(context):
        if written.node.name in _BY_HABIT:
            continue
        for block in _blocks(written.unit, written.node.start, written.node.body)[1]:
            for place, key in _windows(block):
                seeds.setdefault(key, []).append(place)
    for key, places in seeds.items():
        if len(places) > 1:
            yield from _clone(context, places, len(key))


def _clone(context: CodeContext, places: list[_Place], length: int) -> Iterator[_Clone]:
    kept: list[_Place] = []
    for place in places:
        overlaps = kept and kept[-1].block is place.block and place.start < kept[-1].start + length
        if place.start not in place.block.covered and not overlaps:
            kept.append(place)
    if len(kept) < 2:
        return
    while _goes_on(kept, length):
        length += 1
    first = kept[0]
    statements = sum(first.block.weights[first.start : first.start + length])
    if _is_plain(first.block.statements[first.start : first.start + length]) or _is_page(first, length):
        return
    spans = []
    for place in kept:
        place.block.cover(place.start, place.start + length)
        run = place.block.statements[place.start : place.start + length]
        spans.append(context.places.location(place.block.unit.path, run[0].start, run[-1].end))
    homes = frozenset((place.block.unit.path, place.block.home) for place in kept)
    lines = spans[0].span.end_line - spans[0].span.line + 1 if spans[0].span else 0
    match = Match(
        location=spans[0],
        values={"statements": statements, "lines": lines, "places": len(spans)},
        confidence=Confidence.LOW
        if _are_versions(kept)
        else _confidence(statements - _guarding(first, length), lines, len(spans)),
        steps=tuple((span, "step_other") for span in spans[1:_SHOWN]),
    )
    yield statements * (len(spans) - 1), homes, match


def _are_versions(places: list[_Place]) -> bool:
    """Whether the places are versions of one file that are kept side by side."""
    paths = {place.block.unit.path for place in places}
    return len(paths) > 1 and len({without_version(path) for path in paths}) == 1


def _confidence(statements: int, lines: int, places: int) -> Confidence:
    """How likely it is that joining the places is worth a reviewer's time."""
    if statements >= 2 * _STATEMENTS or places > 2:
        return Confidence.HIGH
    if statements < _STATEMENTS - 2:
        return Confidence.LOW
    telling = (statements >= _TELLING and lines >= _TELLING_LINES) or lines >= _LONG_LINES
    return Confidence.MEDIUM if telling else Confidence.LOW


def _guarding(place: _Place, length: int) -> int:
    """How many statements of a run only turn calls away: `if not allowed: raise …`."""
    guards = [
        one
        for one in place.block.statements[place.start : place.start + length]
        if isinstance(one, ir.If) and not one.otherwise and one.then and isinstance(one.then[-1], ir.Throw | ir.Return)
    ]
    return sum(1 + len(one.then) for one in guards)


def _goes_on(places: list[_Place], length: int) -> bool:
    """Whether the next statement is the same in every place, and belongs to no other place."""
    found: set[int] = set()
    for number, place in enumerate(places):
        at = place.start + length
        if at >= len(place.block.hashes) or at in place.block.covered:
            return False
        after = places[number + 1] if number + 1 < len(places) else None
        if after is not None and after.block is place.block and at >= after.start:
            return False
        found.add(place.block.hashes[at])
    return len(found) == 1


def _windows(block: _Block) -> Iterator[tuple[_Place, tuple[int, ...]]]:
    """For each statement, the shortest run from there that is long enough to matter."""
    end = weight = length = 0
    for start in range(len(block.statements)):
        while end < len(block.statements) and (weight < _STATEMENTS or length < _LENGTH):
            weight += block.weights[end]
            length += block.lengths[end]
            end += 1
        if weight < _STATEMENTS or length < _LENGTH:
            return
        yield _Place(block, start), tuple(block.hashes[start:end])
        weight -= block.weights[start]
        length -= block.lengths[start]


def _blocks(unit: Unit, home: int, statements: list[ir.Stmt]) -> tuple[int, list[_Block]]:
    """How many statements there are, and the blocks that are long enough, outer ones first."""
    block = _Block(unit, home, statements)
    found: list[_Block] = []
    for statement in statements:
        weight = 1
        inner: list[_Block] = []
        for body in _bodies(statement):
            count, blocks = _blocks(unit, home, body)
            weight += count
            inner += blocks
        block.weights.append(weight)
        block.inner.append(inner)
        found += inner
    total = sum(block.weights)
    if total < _STATEMENTS:
        return total, []
    for statement in statements:
        text = b"".join(unit.module.source[statement.start : statement.end].split())
        block.hashes.append(hash(text))
        block.lengths.append(len(text))
    return total, [block, *found]


def _bodies(statement: ir.Stmt) -> Iterator[list[ir.Stmt]]:
    match statement:
        case ir.If():
            yield statement.then
            yield statement.otherwise
        case ir.For() | ir.While():
            yield statement.body
            yield statement.otherwise
        case ir.Try():
            yield statement.body
            yield from (handler.body for handler in statement.handlers)
            yield statement.otherwise
            yield statement.final
        case ir.With():
            yield statement.body
        case ir.Switch():
            yield from (case.body for case in statement.cases)


def _is_page(place: _Place, length: int) -> bool:
    """Whether most of a run only puts text and elements one after the other, as code that writes a page does."""
    run = place.block.statements[place.start : place.start + length]
    held = [one for one in within(*run) if isinstance(one, ir.With | ir.Do | ir.Assign | ir.Return | ir.If | ir.For)]
    shown = sum(isinstance(one, ir.With) or (isinstance(one, ir.Do) and _is_written(one.value)) for one in held)
    return any(isinstance(one, ir.With) for one in held) and shown > _MARKUP * len(held)


def _is_written(value: ir.Expr) -> bool:
    """`text("Name")`: a call with a literal only."""
    return isinstance(value, ir.Call) and all(isinstance(one, ir.Const | ir.Text) for one in value.args)


def _is_plain(statements: list[ir.Stmt]) -> bool:
    """Whether most statements only copy values: a form that is filled in, a table."""
    plain = sum(
        (isinstance(one, ir.Assign) and not isinstance(one.value, ir.Call | ir.Await)) or _sets(one)
        for one in statements
    )
    return plain > _PLAIN * len(statements)


def _sets(one: ir.Stmt) -> bool:
    """`target.setDose(getDose())`."""
    call = one.value if isinstance(one, ir.Do) else None
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or len(call.args) != 1:
        return False
    given = call.args[0]
    reads = isinstance(given, ir.Call) and not given.args
    return call.func.name.startswith("set") and (reads or isinstance(given, ir.Name | ir.Attr | ir.Const))
