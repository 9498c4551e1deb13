"""Work on large trees: spread over all cores by forked processes, which have what the parent has read; and undisturbed
by the collector."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

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


def spread(work: Callable[[int], Result], count: int, *, worthwhile: bool = True) -> Iterator[Result]:
    """`work(0)` to `work(count - 1)` in this order; results must be picklable.

    One process does it all where the system cannot fork, where other threads run (a fork would copy their locks), in a
    process that itself does a share of the work, on one core, or when the caller knows that the work is not
    `worthwhile` to spread. Each process takes the next piece when it has done one; this process works too, which is one
    copy less of what was read. Should a process die,
    what it had to do is done here.
    """
    workers = min(os.cpu_count() or 1, count)
    if not worthwhile or workers < 2 or not _can_fork():
        yield from map(work, range(count))
        return
    # What the parent holds stays shared with its children as long as no collector touches it.
    gc.freeze()
    try:
        results = _together(work, count, workers)
    finally:
        gc.unfreeze()
    yield from (results[number] if number in results else work(number) for number in range(count))


def meanwhile(work: Callable[[], Result]) -> Callable[[], Result | None]:
    """Begin `work` in a process of its own. What is given waits for its result: None when it could not be done."""
    if (os.cpu_count() or 1) < 2 or not _can_fork():
        return lambda: None
    forking = multiprocessing.get_context("fork")
    receiving, sending = forking.Pipe(duplex=False)
    child = forking.Process(target=_serve, args=(lambda _: work(), 1, forking.Value("i", 0), sending), daemon=True)
    gc.freeze()
    try:
        child.start()
    finally:
        gc.unfreeze()
    sending.close()

    def result() -> Result | None:
        results: dict[int, Result] = {}
        _receive(receiving, results, [])
        child.join()
        return results.get(0)

    return result


def _together(work: Callable[[int], Result], count: int, workers: int) -> dict[int, Result]:
    """What all processes have done; raises what the work raised in any of them."""
    forking = multiprocessing.get_context("fork")
    following = forking.Value("i", 1)  # the first piece is this process's own: its children take the next ones
    results: dict[int, Result] = {}
    failed: list[Exception] = []
    children, readers = [], []
    try:
        for _ in range(workers - 1):
            receiving, sending = forking.Pipe(duplex=False)
            child = forking.Process(target=_serve, args=(work, count, following, sending), daemon=True)
            child.start()
            sending.close()
            children.append(child)
            readers.append(threading.Thread(target=_receive, args=(receiving, results, failed), daemon=True))
        for reader in readers:
            reader.start()
        results[0] = work(0)
        for number in _claimed(following, count):
            results[number] = work(number)
        for reader in readers:
            reader.join()
    finally:
        for child in children:
            child.terminate()
            child.join()
    if failed:
        raise failed[0]
    return results


def _claimed(following: Any, count: int) -> Iterator[int]:
    """The numbers that nobody has taken yet, one after the other."""
    while True:
        with following.get_lock():
            number = following.value
            following.value += 1
        if number >= count:
            return
        yield number


def _serve(work: Callable[[int], object], count: int, following: Any, sending: Connection) -> None:
    """A child's life. An interrupt ends it at once; the parent tells of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number in _claimed(following, count):
        try:
            sending.send((number, work(number), None))
        except Exception as error:
            sending.send((number, None, error))
    sending.close()


def _receive(receiving: Connection, results: dict[int, Any], failed: list[Exception]) -> None:
    """Take results until the child has no more, or is no more."""
    with suppress(EOFError, OSError):
        while True:
            number, result, error = receiving.recv()
            if error is not None:
                failed.append(error)
            else:
                results[number] = result


def _can_fork() -> bool:
    shares_work = multiprocessing.current_process().daemon
    return not shares_work and "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
