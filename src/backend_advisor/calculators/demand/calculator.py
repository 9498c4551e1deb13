"""How many requests per second users make, on average and at the peak."""

from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import DAY
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import Inputs

_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class DemandInputs(Inputs):
    """`users` of a day and the requests that each makes: `each` a day, or at the `pace`.

    `busiest`: share of the day's requests in its busiest hour. `burst`: the busiest seconds of that hour, as a
    multiple of its mean.
    """

    users: Annotated[int, kinds.count("300k")]
    each: Annotated[int | None, kinds.count("40")] = None
    pace: Annotated[float | None, kinds.rate("40/day", daily=True)] = None
    busiest: Annotated[float, kinds.share("20%", one=True)] = 0.10
    burst: Annotated[float, kinds.factor("2", least=1)] = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandResult:
    """Requests a day, and per second on average, in the busiest hour and at its peak."""

    day: float
    mean: float
    hour: float
    peak: float


def compute(inputs: DemandInputs) -> DemandResult:
    """Work the rates out; raises InputError when nothing is said of what a user does."""
    if inputs.each is not None:
        day = float(inputs.users * inputs.each)
    elif inputs.pace is not None:
        day = inputs.users * inputs.pace * DAY
    else:
        raise InputError("each", "missing", example="each=40")
    hour = day * inputs.busiest / _HOUR
    return DemandResult(day=day, mean=day / DAY, hour=hour, peak=hour * inputs.burst)


def explain(inputs: DemandInputs, result: DemandResult, page: Page) -> None:
    """Write the working and what follows from it."""
    figures = page.figures
    day, busiest, burst = figures.number(result.day, 4), figures.share(inputs.busiest), figures.number(inputs.burst)
    each = figures.number(result.day / inputs.users, 4)
    mean, hour, peak = figures.rate(result.mean), figures.rate(result.hour), figures.rate(result.peak)
    page.step("day", users=figures.count(inputs.users), each=each, day=day)
    page.step("mean", day=day, mean=mean)
    page.step("hour", day=day, busiest=busiest, hour=hour)
    page.step("peak", hour=hour, burst=burst, peak=peak)
    page.says("rates", day=day, mean=mean, hour=hour, busiest=busiest)
    page.says("peak", peak=peak, burst=burst)
    page.warns("open")


CALCULATOR = Calculator(inputs=DemandInputs, compute=compute, explain=explain)
