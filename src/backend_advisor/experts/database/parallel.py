"""Run the query detectors over many statements on all cores; a few statements are not worth a second process."""

from collections.abc import Iterator

from backend_advisor.cores import spread
from backend_advisor.experts.database.detectors.registry import detectors_for, query_detectors
from backend_advisor.experts.database.workload import Workload
from backend_advisor.knowledge.detection import Failures, Match

FEWEST = 400
"""Statements from which on the work outweighs starting processes."""

CHUNK = 50


def query_matches(work: Workload, failures: Failures) -> Iterator[tuple[str, Match]]:
    """What the detectors saw in every query, in the order of the queries; detectors that fail are noted."""
    query_detectors()
    count = len(work.queries)

    def chunk(number: int) -> tuple[list[tuple[str, Match]], Failures]:
        start, noted = number * CHUNK, Failures()
        return list(_examine(work, range(start, min(start + CHUNK, count)), noted)), noted

    for found, noted in spread(chunk, -(-count // CHUNK), worthwhile=count >= FEWEST):
        failures.causes |= noted.causes
        yield from found


def _examine(work: Workload, numbers: range, failures: Failures) -> Iterator[tuple[str, Match]]:
    for number in numbers:
        context = work.context(work.queries[number])
        if context is not None:
            for code, detector in detectors_for(context.statement).items():
                yield from ((code, match) for match in failures.noting(code, detector(context)))
