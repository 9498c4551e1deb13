"""Whether matching a regular expression can take exponential time in an engine that backtracks.

The pattern becomes an automaton with a state for each character class in it. Time is exponential when some state is
reached again from itself in two ways by the same text, and the match can still fail afterwards.
"""

from dataclasses import dataclass, field

from backend_advisor.experts.security.pattern_tree import Choice, Classes, Loop, Part, Row, Unreadable, parsed

_MOST_STATES = 60
_COPIES = 12


@dataclass(slots=True)
class _Automaton:
    classes: list[int] = field(default_factory=list)
    follow: dict[tuple[int, int], int] = field(default_factory=dict)

    def state(self, characters: int) -> int:
        if len(self.classes) >= _MOST_STATES:
            raise Unreadable
        self.classes.append(characters)
        return len(self.classes) - 1

    def link(self, before: set[int], after: set[int]) -> None:
        for left in before:
            for right in after:
                self.follow[left, right] = self.follow.get((left, right), 0) + 1


@dataclass(slots=True)
class _Piece:
    first: set[int]
    last: set[int]
    empty: bool


def exponential(pattern: str, *, whole: bool) -> bool:
    """Whether some text makes the match take exponential time. `whole`: the whole text has to match."""
    try:
        tree, anchored = parsed(pattern)
        automaton = _Automaton()
        piece = _built(automaton, tree)
    except (Unreadable, RecursionError):
        return False
    # Where the match may end, a search that went too far has ended long before.
    ends = set() if whole or anchored else piece.last
    return bool(_ambiguous(automaton, ends))


def _built(automaton: _Automaton, part: Part) -> _Piece:
    if isinstance(part, Classes):
        state = automaton.state(part.characters)
        return _Piece({state}, {state}, empty=False)
    if isinstance(part, Row):
        return _in_a_row(automaton, [_built(automaton, one) for one in part.parts])
    if isinstance(part, Choice):
        pieces = [_built(automaton, one) for one in part.parts]
        return _Piece(
            set().union(*(one.first for one in pieces)),
            set().union(*(one.last for one in pieces)),
            any(one.empty for one in pieces),
        )
    return _repeated(automaton, part)


def _in_a_row(automaton: _Automaton, pieces: list[_Piece]) -> _Piece:
    whole = _Piece(set(), set(), empty=True)
    for piece in pieces:
        automaton.link(whole.last, piece.first)
        whole = _Piece(
            whole.first | piece.first if whole.empty else whole.first,
            whole.last | piece.last if piece.empty else piece.last,
            whole.empty and piece.empty,
        )
    return whole


def _repeated(automaton: _Automaton, part: Loop) -> _Piece:
    if part.most is not None and part.most <= _COPIES:
        copies = [_built(automaton, part.part) for _ in range(part.most)]
        for copy in copies[part.least :]:
            copy.empty = True
        return _in_a_row(automaton, copies)
    if part.least == part.most:
        raise Unreadable
    piece = _built(automaton, part.part)
    automaton.link(piece.last, piece.first)
    return _Piece(piece.first, piece.last, piece.empty or part.least == 0)


def _ambiguous(automaton: _Automaton, ends: set[int]) -> set[int]:
    """The states that one text leads back to in two ways, neither of them through these."""
    after: dict[int, list[int]] = {}
    for left, right in automaton.follow:
        if left not in ends and right not in ends:
            after.setdefault(left, []).append(right)
    found: set[int] = set()
    for state in range(len(automaton.classes)):
        if _returns_twice(automaton, after, state):
            found.add(state)
    return found


def _returns_twice(automaton: _Automaton, after: dict[int, list[int]], state: int) -> bool:
    """Whether two different ways over the same text lead from a state back to it."""
    classes = automaton.classes
    start = (state, state, False)
    seen = {start}
    waiting = [start]
    while waiting:
        left, right, parted = waiting.pop()
        for one in after.get(left, ()):
            for other in after.get(right, ()):
                if not classes[one] & classes[other]:
                    continue
                differs = parted or one != other or (left == right and automaton.follow[left, one] > 1)
                if one == other == state and differs:
                    return True
                step = (one, other, differs)
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
    return False
