"""What is done between two places of a file: the acts of known calls there, also through the program's functions."""

from bisect import bisect_left
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code.program import Program, Unit
from backend_advisor.rules.registry import CodeContext

WRITES = frozenset(
    ["db.write", "db.write_many", "db.commit", "orm.save", "queue.publish", "task.enqueue", "mail.send", "file.write"]
)
"""Acts that leave something behind."""
DATABASE = frozenset(["db.query", "db.read", "db.read_all", "db.write", "db.write_many", "orm.filter", "orm.save"])
"""Acts on a database."""
OUTSIDE = DATABASE | WRITES | {"http.request"}
"""Acts that depend on something outside the process."""

_Place = tuple[int, frozenset[str]]
_known: WeakKeyDictionary[Program, dict[str, list[_Place]]] = WeakKeyDictionary()


def acts_between(context: CodeContext, unit: Unit, start: int, end: int) -> frozenset[str]:
    """Every act that is performed by calls in this stretch of a file."""
    places = _places(context).get(unit.path, [])
    found: set[str] = set()
    for at, acts in places[bisect_left(places, start, key=_start) :]:
        if at >= end:
            break
        found |= acts
    return frozenset(found)


def _start(place: _Place) -> int:
    return place[0]


def _places(context: CodeContext) -> dict[str, list[_Place]]:
    known = _known.get(context.program)
    if known is None:
        known = {}
        for path, place in _all(context):
            known.setdefault(path, []).append(place)
        for places in known.values():
            places.sort(key=_start)
        _known[context.program] = known
    return known


def _all(context: CodeContext) -> Iterator[tuple[str, _Place]]:
    for call in context.seen.calls.values():
        if call.role.does:
            yield call.unit.path, (call.node.start, frozenset(call.role.does))
    for reach in context.seen.reaches.values():
        yield reach.unit.path, (reach.node.start, frozenset(reach.acts))
