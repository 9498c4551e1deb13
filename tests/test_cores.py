"""Work spread over processes gives what one process would give."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from backend_advisor import cores
from backend_advisor.cores import meanwhile, spread


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    # The test runner's own threads do nothing that a child would need.
    monkeypatch.setattr(cores, "_can_fork", lambda: True)


def test_results_come_in_order_from_several_processes() -> None:
    def work(number: int) -> tuple[int, int]:
        time.sleep(0.02)
        return number * number, os.getpid()

    found = list(spread(work, 30))
    assert [square for square, _ in found] == [number * number for number in range(30)]
    assert os.getpid() in {pid for _, pid in found}
    assert len({pid for _, pid in found}) == 2


def test_work_that_is_not_worthwhile_stays_here() -> None:
    assert set(spread(lambda _: os.getpid(), 5, worthwhile=False)) == {os.getpid()}


def test_what_a_dead_process_had_to_do_is_done_here() -> None:
    parent = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(spread(work, 4)) == [0, 1, 2, 3]


def test_a_mistake_in_the_work_is_raised() -> None:
    def work(number: int) -> int:
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        list(spread(work, 3))


def test_large_results_do_not_block_a_child() -> None:
    found = list(spread(lambda number: str(number) * 3_000_000, 6))
    assert [text[0] for text in found] == list("012345")


def test_work_is_done_meanwhile_elsewhere() -> None:
    result = meanwhile(lambda: (os.getpid(), "x" * 3_000_000))
    found = result()
    assert found is not None
    assert found[0] != os.getpid()
    assert len(found[1]) == 3_000_000


@pytest.mark.parametrize("broken", [lambda: 1 / 0, lambda: os._exit(1)])
def test_work_that_fails_elsewhere_gives_nothing(broken: Callable[[], object]) -> None:
    assert meanwhile(broken)() is None


def test_nothing_is_done_meanwhile_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert meanwhile(os.getpid)() is None
