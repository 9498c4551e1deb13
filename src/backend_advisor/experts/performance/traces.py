"""What a trace shows: a call that repeats for each row, calls one after another, and where the time went."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from backend_advisor.experts.performance.spans import Span, covered, read_spans
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Match, finding
from backend_advisor.model import Artifact, ArtifactKind, Case, Confidence, Finding, Location, Unread
from backend_advisor.model import Span as Place
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""

_REPEATED, _IN_SEQUENCE, _WHERE = "PERF226", "PERF227", "PERF228"
_FEWEST_REPEATS, _SURE_REPEATS = 5, 10
_SHARE = 0.05
"""A call that takes less of its request than this is not worth starting earlier."""
_SHORTEST = 0.01
_GAP = 0.1
"""Calls follow one another when the time between them is at most this share of the two."""
_TOLD = 3
_MOST_REQUESTS = 5


def found_in_traces(case: Case, knowledge: Knowledge) -> Iterator[Finding]:
    """What the traces of a case show, worst request first. Where the time went is told to whoever asks."""
    for artifact in case.of_kind(ArtifactKind.TRACE):
        for code, match in _matches(artifact):
            if code != _WHERE or case.question.strip():
                yield finding(knowledge.playbooks[code], match, case.language)


def without_spans(case: Case) -> Iterator[Unread]:
    """The traces of which no span could be read, with the forms that can be."""
    for artifact in case.of_kind(ArtifactKind.TRACE):
        if not read_spans(artifact.text):
            yield Unread(name=artifact.name, reason=phrase(_PACKAGE, case.language, "no_spans"))


def _matches(artifact: Artifact) -> Iterator[tuple[str, Match]]:
    requests = sorted(_requests(read_spans(artifact.text)), key=lambda one: -one.entry.duration)
    for request in requests[:_MOST_REQUESTS]:
        yield from ((_REPEATED, match) for match in _repeated(request, artifact))
        yield from ((_IN_SEQUENCE, match) for match in _in_sequence(request, artifact))
    if requests and requests[0].inside:
        yield _WHERE, _where(requests[0], artifact)


class _Request:
    """A span that begins a request, and all that was done for it in the same service."""

    def __init__(self, entry: Span, children: dict[str, list[Span]]) -> None:
        self.entry = entry
        self.children = children
        self.inside = list(self._inside(entry))

    def _inside(self, entry: Span) -> Iterator[Span]:
        waiting, seen = [entry], {entry.id}
        while waiting:
            for span in self.children.get(waiting.pop().id, ()):
                if not span.enters and span.id not in seen:
                    seen.add(span.id)
                    waiting.append(span)
                    yield span


def _requests(spans: Sequence[Span]) -> Iterator[_Request]:
    known = {span.id for span in spans}
    children: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        children[span.parent].append(span)
    for span in spans:
        if span.enters or span.parent not in known:
            yield _Request(span, children)


def _repeated(request: _Request, artifact: Artifact) -> Iterator[Match]:
    groups: dict[str, list[Span]] = defaultdict(list)
    for span in request.inside:
        if span.leaves:
            groups[span.operation].append(span)
    for operation, spans in groups.items():
        if len(spans) >= _FEWEST_REPEATS:
            sure = len(spans) >= _SURE_REPEATS and spans[0].is_query
            yield Match(
                location=_place(spans[0], artifact),
                values={
                    "call": operation,
                    "count": len(spans),
                    "request": request.entry.name,
                    "time": _time(covered(spans)),
                    "whole": _time(request.entry.duration),
                },
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            )


def _in_sequence(request: _Request, artifact: Artifact) -> Iterator[Match]:
    """Calls of one span to other services, each begun when the former had ended. Queries may share a connection."""
    least = max(_SHORTEST, _SHARE * request.entry.duration)
    for children in (request.children.get(one.id, ()) for one in (request.entry, *request.inside)):
        calls = sorted(
            (one for one in children if one.leaves and not one.is_query and one.duration >= least),
            key=lambda one: one.start,
        )
        chain: list[Span] = []
        for call in (*calls, None):
            if call is not None and (not chain or _follows(chain[-1], call)):
                chain.append(call)
                continue
            if len({one.operation for one in chain}) == len(chain) > 1:
                yield Match(
                    location=_place(chain[0], artifact),
                    values={
                        "count": len(chain),
                        "first": chain[0].operation,
                        "time": _time(sum(one.duration for one in chain)),
                        "longest": _time(max(one.duration for one in chain)),
                        "whole": _time(request.entry.duration),
                    },
                )
            chain = [call] if call is not None else []


def _follows(former: Span, latter: Span) -> bool:
    between = latter.start - former.end
    return -0.001 <= between <= _GAP * (former.duration + latter.duration)


def _where(request: _Request, artifact: Artifact) -> Match:
    """The operations that took most of a request by themselves, and how much no span explains."""
    by_itself: dict[str, list[float]] = defaultdict(list)
    for span in request.inside:
        rest = span.duration - covered(request.children.get(span.id, ()))
        by_itself[span.operation].append(max(0.0, rest))
    unexplained = max(0.0, request.entry.duration - covered(request.children.get(request.entry.id, ())))
    largest = sorted(by_itself.items(), key=lambda one: -sum(one[1]))[:_TOLD]
    told = [f"{_time(sum(times))}: {len(times)} × {operation}" for operation, times in largest]
    share = unexplained / request.entry.duration if request.entry.duration else 0.0
    return Match(
        location=_place(request.entry, artifact),
        values={
            "request": request.entry.name,
            "whole": _time(request.entry.duration),
            "unexplained": _time(unexplained),
            "share": f"{share:.0%}",
            "parts": "; ".join(told),
        },
    )


def _place(span: Span, artifact: Artifact) -> Location:
    """Where the span's identifier stands in the file."""
    at = artifact.text.find(f'"{span.id}"')
    if at < 0:
        return Location(artifact=artifact.name, path=span.id, excerpt=span.operation)
    line = artifact.first_line + artifact.text.count("\n", 0, at)
    column = at - artifact.text.rfind("\n", 0, at)
    place = Place(line=line, column=column, end_line=line, end_column=column + len(span.id) + 2)
    return Location(artifact=artifact.name, span=place, excerpt=span.operation)


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.0f} ms"
