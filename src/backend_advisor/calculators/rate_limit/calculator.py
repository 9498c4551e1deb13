"""What each way of limiting a rate lets through in the worst case, what it remembers, and what Retry-After says."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs

_BURST_SHARE = 10
"""Without a stated burst a bucket holds a tenth of the limit."""
BUSY_LIMIT = 0.8


@dataclass(frozen=True, kw_only=True)
class RateLimitInputs(Inputs):
    """The limit and who is limited.

    `limit` requests in each `window` (seconds) for one key, such as a user. `burst`: requests at once. `users`: keys
    that are active within a window. `rate`: requests per second of all of them. `capacity`: requests per second that
    the backend stands. `key` and `entry`: bytes of a key with its counter, and of one remembered request.
    """

    limit: Annotated[int, kinds.count("100")]
    window: Annotated[float, kinds.duration("1min")]
    burst: Annotated[int | None, kinds.count("20")] = None
    users: Annotated[int | None, kinds.count("50k")] = None
    rate: Annotated[float | None, kinds.rate("2000/s")] = None
    capacity: Annotated[float | None, kinds.rate("5000/s")] = None
    key: Annotated[float, kinds.size("85B")] = 85.0
    entry: Annotated[float, kinds.size("100B")] = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitResult:
    """Requests, bytes and seconds.

    `refill` tokens per second give the limit in the long run, `strict_refill` never more than it in any window (None
    when the burst is the whole limit). `worst_…` are requests that can pass within one window. Memory is for one key,
    and in all (None when neither users nor a rate are known). `retry_…` are the most whole seconds for Retry-After.
    `admitted` is the rate that passes when all users use all of their limit, `used` what the average user uses of it.
    """

    burst: int
    refill: float
    strict_refill: float | None
    worst_fixed: int
    worst_bucket: int
    keys: int | None
    counter_bytes: float
    two_counters_bytes: float
    log_bytes: float
    counter_total: float | None
    two_counters_total: float | None
    log_total: float | None
    retry_window: int
    retry_bucket: int
    admitted: float | None
    used: float | None


def compute(inputs: RateLimitInputs) -> RateLimitResult:
    """Compare the ways to limit; raises InputError when the burst is larger than the limit."""
    burst = inputs.burst or max(inputs.limit // _BURST_SHARE, 1)
    if burst > inputs.limit:
        raise InputError("burst", "more_than", other="limit", value=Figures("en").count(inputs.limit))
    keys, entries = _remembered(inputs)
    users = inputs.users
    return RateLimitResult(
        burst=burst,
        refill=inputs.limit / inputs.window,
        strict_refill=(inputs.limit - burst) / inputs.window if burst < inputs.limit else None,
        worst_fixed=2 * inputs.limit,
        worst_bucket=inputs.limit + burst,
        keys=keys,
        counter_bytes=inputs.key,
        two_counters_bytes=2 * inputs.key,
        log_bytes=inputs.key + inputs.limit * inputs.entry,
        counter_total=None if keys is None else keys * inputs.key,
        two_counters_total=None if keys is None else 2 * keys * inputs.key,
        log_total=None if keys is None or entries is None else keys * inputs.key + entries * inputs.entry,
        retry_window=math.ceil(inputs.window),
        retry_bucket=math.ceil(round(inputs.window / inputs.limit, 9)) or 1,
        admitted=users * inputs.limit / inputs.window if users else None,
        used=inputs.rate / users / (inputs.limit / inputs.window) if users and inputs.rate else None,
    )


def _remembered(inputs: RateLimitInputs) -> tuple[int | None, float | None]:
    """Keys and log entries at most: no more than requests come in a window, and no more than the limits admit."""
    arrivals = None if inputs.rate is None else math.ceil(inputs.rate * inputs.window)
    admitted = None if inputs.users is None else inputs.users * inputs.limit
    keys = min((n for n in (inputs.users, arrivals) if n is not None), default=None)
    return keys, min((n for n in (admitted, arrivals) if n is not None), default=None)


def explain(inputs: RateLimitInputs, result: RateLimitResult, page: Page) -> None:
    """Write the working and what follows from it."""
    if inputs.burst is None:
        page.holds("burst", burst=page.figures.count(result.burst))
    page.holds("memory")
    _explain_passing(inputs, result, page)
    _explain_memory(inputs, result, page)
    _explain_load(inputs, result, page)
    _conclude(result, page)
    _warn(inputs, result, page)


def _explain_passing(inputs: RateLimitInputs, result: RateLimitResult, page: Page) -> None:
    figures = page.figures
    limit, window = figures.count(inputs.limit), figures.duration(inputs.window)
    burst = figures.count(result.burst)
    page.step("refill", limit=limit, window=window, refill=figures.rate(result.refill))
    page.step("worst_bucket", limit=limit, burst=burst, worst=figures.count(result.worst_bucket))
    if result.strict_refill is not None:
        page.step("strict", limit=limit, burst=burst, window=window, refill=figures.rate(result.strict_refill))
    page.step("worst_fixed", limit=limit, worst=figures.count(result.worst_fixed))
    page.step("retry_window", window=window, seconds=figures.count(result.retry_window))
    page.step("retry_bucket", limit=limit, window=window, seconds=figures.count(result.retry_bucket))


def _explain_memory(inputs: RateLimitInputs, result: RateLimitResult, page: Page) -> None:
    figures = page.figures
    key, entry, limit = figures.size(inputs.key), figures.size(inputs.entry), figures.count(inputs.limit)
    page.step("counter", key=key, bytes=figures.size(result.counter_bytes))
    page.step("two_counters", key=key, bytes=figures.size(result.two_counters_bytes))
    page.step("log", key=key, entry=entry, limit=limit, bytes=figures.size(result.log_bytes))
    if result.keys is None or result.counter_total is None:
        return
    page.step(
        "totals",
        keys=figures.count(result.keys),
        key=key,
        counter=figures.size(result.counter_total),
        two_counters=figures.size(result.two_counters_total or 0),
        log=figures.size(result.log_total or 0),
    )


def _explain_load(inputs: RateLimitInputs, result: RateLimitResult, page: Page) -> None:
    figures = page.figures
    if inputs.users is None or result.admitted is None:
        return
    users, limit, window = figures.count(inputs.users), figures.count(inputs.limit), figures.duration(inputs.window)
    page.step("admitted", users=users, limit=limit, window=window, admitted=figures.rate(result.admitted))
    if result.used is not None and inputs.rate is not None:
        page.step(
            "used",
            rate=figures.rate(inputs.rate),
            users=users,
            refill=figures.rate(result.refill),
            used=figures.share(result.used),
        )


def _conclude(result: RateLimitResult, page: Page) -> None:
    figures = page.figures
    page.says("bucket", burst=figures.count(result.burst), refill=figures.rate(result.refill),
              worst=figures.count(result.worst_bucket))  # fmt: skip
    if result.strict_refill is not None:
        page.says("strict", burst=figures.count(result.burst), refill=figures.rate(result.strict_refill))
    page.says("windows", worst=figures.count(result.worst_fixed), log=figures.size(result.log_bytes),
              two_counters=figures.size(result.two_counters_bytes))  # fmt: skip
    page.says("retry", window=figures.count(result.retry_window), bucket=figures.count(result.retry_bucket))


def _warn(inputs: RateLimitInputs, result: RateLimitResult, page: Page) -> None:
    figures = page.figures
    if inputs.capacity is not None and result.admitted is not None and result.admitted > inputs.capacity:
        page.warns("capacity", admitted=figures.rate(result.admitted), capacity=figures.rate(inputs.capacity))
    if result.used is not None and result.used > BUSY_LIMIT:
        page.warns("used", used=figures.share(result.used))
    if result.log_total is not None and result.counter_total and result.log_total > 10 * result.counter_total:
        page.warns("log", log=figures.size(result.log_total), times=figures.number(
            result.log_total / result.counter_total))  # fmt: skip
    page.warns("border")


CALCULATOR = Calculator(inputs=RateLimitInputs, compute=compute, explain=explain)
