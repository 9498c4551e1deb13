"""Work on large trees: spread over all cores by forked processes, which have what the parent has read; and undisturbed
by the collector."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without the collector of cycles: it would walk all that was read again and again, and find nothing."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


_work: list[Callable[[int], object]] = []


def spread(work: Callable[[int], Result], count: int, *, worthwhile: bool = True) -> Iterator[Result]:
    """`work(0)` to `work(count - 1)` in this order; results must be picklable.

    One process does it all where the system cannot fork, where other threads run (a fork would copy their locks),
    on one core, or when the caller knows that the work is not `worthwhile` to spread. Should a process die, its work
    and all after it is done here.
    """
    workers = min(os.cpu_count() or 1, count)
    if not worthwhile or workers < 2 or not _can_fork():
        yield from map(work, range(count))
        return
    _work.append(work)
    # What the parent holds stays shared with its children as long as no collector touches it.
    gc.freeze()
    done = 0
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), initializer=_begin) as pool:
            for result in pool.map(_run, range(count)):
                yield result  # type: ignore[misc]
                done += 1
    except BrokenProcessPool:
        yield from map(work, range(done, count))
    finally:
        gc.unfreeze()
        _work.pop()


def _can_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _begin() -> None:
    """An interrupt ends a child at once; the parent tells of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(number: int) -> object:
    return _work[-1](number)
