"""What a cache's hit ratio means for latency and for the origin, now, a point lower, and when the cache is cold."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs

POINT = 0.01
BUSY_LIMIT = 0.8


@dataclass(frozen=True, kw_only=True)
class CacheInputs(Inputs):
    """The cache: `hit` share of requests answered from it, seconds of a hit and of a whole miss, requests per second.

    `target`: mean seconds wanted. `origin`: requests per second that the origin stands. `keys`: entries in use.
    """

    hit: Annotated[float, kinds.share("95%", zero=True, one=True)]
    hit_time: Annotated[float, kinds.duration("1ms")]
    miss_time: Annotated[float, kinds.duration("40ms")]
    rate: Annotated[float, kinds.rate("5000/s")]
    target: Annotated[float | None, kinds.duration("3ms")] = None
    origin: Annotated[float | None, kinds.rate("400/s")] = None
    keys: Annotated[int | None, kinds.count("1M")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheResult:
    """Seconds, requests per second, shares.

    `lower_…` hold one point of hit ratio less. `hit_for_…` is the hit ratio that a target needs; None when none is
    given, and above 1 never: `target_reachable` says whether any hit ratio meets the mean. `cold_factor` is how many
    times its usual load the origin takes with an empty cache, `admit` the share of requests it stands then, `warm_up`
    the seconds until the hit ratio is back when all keys are equally wanted.
    """

    mean: float
    load: float
    tail_is_miss: bool
    lower_hit: float
    lower_mean: float
    lower_load: float
    load_growth: float
    hit_for_target: float | None
    target_reachable: bool
    hit_for_origin: float | None
    cold_factor: float
    admit: float | None
    warm_up: float | None


def compute(inputs: CacheInputs) -> CacheResult:
    """Work the cache out; raises InputError when a miss takes less time than a hit."""
    if inputs.miss_time < inputs.hit_time:
        value = {language: Figures(language).duration(inputs.hit_time) for language in ("en", "ko")}
        raise InputError("miss_time", "less_than", other="hit_time", value=value)
    lower = max(inputs.hit - POINT, 0.0)
    load, lower_load = inputs.rate * (1 - inputs.hit), inputs.rate * (1 - lower)
    return CacheResult(
        mean=_mean(inputs, inputs.hit),
        load=load,
        tail_is_miss=1 - inputs.hit > POINT + 1e-12,
        lower_hit=lower,
        lower_mean=_mean(inputs, lower),
        lower_load=lower_load,
        load_growth=lower_load / load - 1 if load > 0 else math.inf,
        hit_for_target=_hit_for_target(inputs),
        target_reachable=inputs.target is None or inputs.target >= inputs.hit_time,
        hit_for_origin=None if inputs.origin is None else max(0.0, 1 - inputs.origin / inputs.rate),
        cold_factor=inputs.rate / load if load > 0 else math.inf,
        admit=None if inputs.origin is None else min(1.0, inputs.origin / inputs.rate),
        warm_up=_warm_up(inputs),
    )


def _mean(inputs: CacheInputs, hit: float) -> float:
    return hit * inputs.hit_time + (1 - hit) * inputs.miss_time


def _hit_for_target(inputs: CacheInputs) -> float | None:
    if inputs.target is None or inputs.target < inputs.hit_time:
        return None
    if inputs.target >= inputs.miss_time:
        return 0.0
    return (inputs.miss_time - inputs.target) / (inputs.miss_time - inputs.hit_time)


def _warm_up(inputs: CacheInputs) -> float | None:
    """Keys asked for at random are in the cache as 1 − e^(−rate × t ÷ keys); the origin fills no faster than it can."""
    if inputs.keys is None or not 0 < inputs.hit < 1:
        return None
    asked = -math.log1p(-inputs.hit) * inputs.keys / inputs.rate
    filled = inputs.hit * inputs.keys / inputs.origin if inputs.origin is not None else 0.0
    return max(asked, filled)


def explain(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("independent")
    if result.warm_up is not None:
        page.holds("uniform")
    _explain_now(inputs, result, page)
    _explain_targets(inputs, result, page)
    _explain_cold(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(inputs, result, page)


def _explain_now(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    figures = page.figures
    hit_time, miss_time = figures.duration(inputs.hit_time), figures.duration(inputs.miss_time)
    hit, miss = figures.share(inputs.hit), figures.share(1 - inputs.hit)
    rate_ = figures.rate(inputs.rate)
    page.step("mean", hit=hit, miss=miss, hit_time=hit_time, miss_time=miss_time, mean=figures.duration(result.mean))
    page.step("load", rate=rate_, miss=miss, load=figures.rate(result.load))
    page.step(
        "lower_load",
        rate=rate_,
        miss=figures.share(1 - result.lower_hit),
        load=figures.rate(result.lower_load),
    )


def _explain_targets(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    figures = page.figures
    if inputs.target is not None and result.hit_for_target is not None:
        page.step(
            "hit_for_target",
            target=figures.duration(inputs.target),
            hit_time=figures.duration(inputs.hit_time),
            miss_time=figures.duration(inputs.miss_time),
            hit=figures.share(result.hit_for_target),
        )
    if inputs.origin is not None and result.hit_for_origin is not None:
        page.step(
            "hit_for_origin",
            origin=figures.rate(inputs.origin),
            rate=figures.rate(inputs.rate),
            hit=figures.share(result.hit_for_origin),
        )


def _explain_cold(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    figures = page.figures
    if math.isfinite(result.cold_factor):
        factor = figures.factor(result.cold_factor)
        page.step("cold", rate=figures.rate(inputs.rate), load=figures.rate(result.load), factor=factor)
    if inputs.keys is not None and result.warm_up is not None:
        page.step(
            "warm_up" if inputs.origin is None else "warm_up_limited",
            keys=figures.count(inputs.keys),
            rate=figures.rate(inputs.rate),
            hit=figures.share(inputs.hit),
            miss=figures.share(1 - inputs.hit),
            origin=figures.rate(inputs.origin or inputs.rate),
            time=figures.duration(result.warm_up),
        )


def _conclude(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    figures = page.figures
    page.says("now", mean=figures.duration(result.mean), load=figures.rate(result.load))
    page.says("tail_miss" if result.tail_is_miss else "tail_hit", miss_time=figures.duration(inputs.miss_time))
    if math.isfinite(result.load_growth) and result.lower_hit < inputs.hit:
        page.says(
            "point",
            hit=figures.share(inputs.hit),
            lower=figures.share(result.lower_hit),
            growth=figures.share(result.load_growth),
            mean=figures.duration(result.lower_mean),
        )
    if result.hit_for_target is not None and inputs.target is not None:
        key = "target_met" if result.hit_for_target <= inputs.hit else "target_missed"
        page.says(key, target=figures.duration(inputs.target), hit=figures.share(result.hit_for_target))
    if result.hit_for_origin is not None and inputs.origin is not None:
        key = "origin_met" if result.hit_for_origin <= inputs.hit else "origin_missed"
        page.says(key, origin=figures.rate(inputs.origin), hit=figures.share(result.hit_for_origin))


def _warn(inputs: CacheInputs, result: CacheResult, page: Page) -> None:
    figures = page.figures
    if not result.target_reachable:
        page.warns("unreachable", hit_time=figures.duration(inputs.hit_time))
    if inputs.origin is None and math.isfinite(result.cold_factor):
        page.warns("cold", factor=figures.factor(result.cold_factor))
    if inputs.origin is None:
        return
    if result.load > BUSY_LIMIT * inputs.origin:
        page.warns("busy", used=figures.share(result.load / inputs.origin))
    if result.admit is not None and result.admit < 1:
        page.warns("cold_origin", factor=figures.factor(inputs.rate / inputs.origin), admit=figures.share(result.admit))


CALCULATOR = Calculator(inputs=CacheInputs, compute=compute, explain=explain)
