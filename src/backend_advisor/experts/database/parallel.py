"""Run the query detectors over many statements on all cores; a few statements are not worth a second process."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from backend_advisor.experts.database.detectors.registry import detectors_for, query_detectors
from backend_advisor.experts.database.workload import Workload
from backend_advisor.knowledge.detection import Match

FEWEST = 400
"""Statements from which on the work outweighs starting processes."""

CHUNK = 50

_shared: list[Workload] = []


def query_matches(work: Workload) -> Iterator[tuple[str, Match]]:
    """What the detectors saw in every query, in the order of the queries."""
    workers = os.cpu_count() or 1
    # A forked process has the parsed statements already; sending them would cost more than it saves.
    if len(work.queries) < FEWEST or workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from _examine(work, range(len(work.queries)))
        return
    query_detectors()
    _shared.append(work)
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
            starts = range(0, len(work.queries), CHUNK)
            for found in pool.map(_examine_chunk, starts):
                yield from found
    finally:
        _shared.pop()


def _examine_chunk(start: int) -> list[tuple[str, Match]]:
    work = _shared[-1]
    return list(_examine(work, range(start, min(start + CHUNK, len(work.queries)))))


def _examine(work: Workload, numbers: range) -> Iterator[tuple[str, Match]]:
    for number in numbers:
        context = work.context(work.queries[number])
        if context is not None:
            for code, detector in detectors_for(context.statement).items():
                yield from ((code, match) for match in detector(context))
