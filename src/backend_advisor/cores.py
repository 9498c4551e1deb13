"""Work on large trees: spread over all cores by forked processes, which have what the parent has read; and undisturbed
by the collector."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def collector_paused(*, for_good: bool = False) -> Iterator[None]:
    """Without the collector of cycles: it would walk all that was read again and again, and find nothing.

    `for_good` in a process that ends with this work: it does not walk it when it ends either.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        elif paused:
            gc.enable()


_work: list[Callable[[int], object]] = []


def spread(work: Callable[[int], Result], count: int, *, worthwhile: bool = True) -> Iterator[Result]:
    """`work(0)` to `work(count - 1)` in this order; results must be picklable.

    One process does it all where the system cannot fork, where other threads run (a fork would copy their locks),
    on one core, or when the caller knows that the work is not `worthwhile` to spread. Should a process die, what it
    had to do is done here. This process works too, from the last towards the first: one copy less of what was read.
    """
    workers = min(os.cpu_count() or 1, count)
    if not worthwhile or workers < 2 or not _can_fork():
        yield from map(work, range(count))
        return
    _work.append(work)
    # What the parent holds stays shared with its children as long as no collector touches it.
    gc.freeze()
    try:
        with ProcessPoolExecutor(workers - 1, multiprocessing.get_context("fork"), initializer=_begin) as pool:
            waiting = [pool.submit(_run, number) for number in range(count)]
            here = {number: work(number) for number in reversed(range(count)) if waiting[number].cancel()}
            for number, elsewhere in enumerate(waiting):
                yield here[number] if number in here else _result(elsewhere, work, number)
    finally:
        gc.unfreeze()
        _work.pop()


def _result(elsewhere: Future[object], work: Callable[[int], Result], number: int) -> Result:
    try:
        return elsewhere.result()  # type: ignore[return-value]
    except BrokenProcessPool:
        return work(number)


def _can_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _begin() -> None:
    """An interrupt ends a child at once; the parent tells of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(number: int) -> object:
    return _work[-1](number)
