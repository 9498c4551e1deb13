"""Finding the highest cost of an algorithm that stays under a time, by hashing."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend_advisor.calculators.password_hash.algorithms import Algorithm, Hash

Clock = Callable[[], float]
_RUNS = 3
_LONG_ENOUGH = 0.02
_ROUNDS = 6
_NEAR = 0.9
_FINE_ENOUGH = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The highest cost under the target and its seconds; `fits` is False when even the lowest cost takes longer."""

    cost: int
    seconds: float
    fits: bool


def processor_clock() -> Clock:
    """Seconds of processor time, which other work on the machine does not lengthen; wall time where it is coarse."""
    fine = time.get_clock_info("process_time").resolution <= _FINE_ENOUGH
    return time.process_time if fine else time.perf_counter


def highest_cost(algorithm: Algorithm, hash_once: Hash, target: float, clock: Clock) -> Measured:
    """The highest cost with a hash under `target` seconds."""
    find = _by_doubling if algorithm.growth == "doubling" else _in_line
    return find(algorithm, lambda cost, runs: _seconds(hash_once, cost, runs, clock), target)


def seconds_at(hash_once: Hash, cost: int, clock: Clock) -> float:
    """Seconds of one hash at a cost: the median of three."""
    return _seconds(hash_once, cost, _RUNS, clock)


def _by_doubling(algorithm: Algorithm, seconds: Callable[[int, int], float], target: float) -> Measured:
    """Step by step upwards; all steps together take about four times the target."""
    cost, best = algorithm.start, seconds(algorithm.start, _RUNS)
    while cost < algorithm.most and best * 1.5 <= target:
        # Far below the target one run is enough to go on.
        following = seconds(cost + 1, 1 if best * 8 < target else _RUNS)
        if following > target:
            break
        cost, best = cost + 1, following
    return Measured(cost=cost, seconds=best, fits=best <= target)


def _in_line(algorithm: Algorithm, seconds: Callable[[int, int], float], target: float) -> Measured:
    """Guess from a run that is long enough to time, then correct the guess by what it took."""
    probe = algorithm.start
    spent = seconds(probe, 1)
    while spent < min(_LONG_ENOUGH, target / 4) and probe * 2 <= algorithm.most:
        probe *= 2
        spent = seconds(probe, 1)
    cost, tried = _rounded(algorithm, probe * target / max(spent, 1e-9)), dict[int, float]()
    while cost not in tried and len(tried) < _ROUNDS:
        tried[cost] = spent = seconds(cost, _RUNS)
        if _NEAR * target <= spent <= target:
            break
        following = _rounded(algorithm, cost * target / max(spent, 1e-9))
        cost = following if spent <= target else max(min(following, cost - algorithm.step), algorithm.start)
    under = [one for one, took in tried.items() if took <= target]
    best = max(under, default=min(tried))
    return Measured(cost=best, seconds=tried[best], fits=bool(under))


def _rounded(algorithm: Algorithm, cost: float) -> int:
    whole = int(min(cost, algorithm.most)) // algorithm.step * algorithm.step
    return max(whole, algorithm.start)


def _seconds(hash_once: Hash, cost: int, runs: int, clock: Clock) -> float:
    spent = []
    for _ in range(runs):
        begin = clock()
        hash_once(cost)
        spent.append(clock() - begin)
    return statistics.median(spent)
