"""How long so many things take, and which rate or how many workers finish them in time."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class BatchInputs(Inputs):
    """`items` to do or that come, at a `rate` or with `workers` that take `time` seconds for each; `within` a time."""

    items: Annotated[int, kinds.count("50k")]
    rate: Annotated[float | None, kinds.rate("10/s")] = None
    time: Annotated[float | None, kinds.duration("300ms")] = None
    workers: Annotated[int, kinds.count("4", most=1_000_000)] = 1
    within: Annotated[float | None, kinds.duration("30min")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """`rate` at which they are done and `takes` seconds for all; `needed` rate and `workers` for the time given."""

    rate: float | None
    takes: float | None
    needed: float | None
    workers: int | None


def compute(inputs: BatchInputs) -> BatchResult:
    """Work it out; raises InputError when neither a rate nor a time is said."""
    rate = inputs.rate if inputs.rate is not None or inputs.time is None else inputs.workers / inputs.time
    if rate is None and inputs.within is None:
        raise InputError("rate", "missing", example="rate=10/s")
    needed = None if inputs.within is None else inputs.items / inputs.within
    workers = None
    if needed is not None and inputs.time is not None:
        workers = max(math.ceil(round(needed * inputs.time, 9)), 1)
    return BatchResult(rate=rate, takes=None if rate is None else inputs.items / rate, needed=needed, workers=workers)


def explain(inputs: BatchInputs, result: BatchResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("even")
    if result.rate is not None and result.takes is not None:
        _explain_duration(inputs, result.rate, result.takes, page)
    if inputs.within is not None and result.needed is not None:
        _explain_deadline(inputs, inputs.within, result.needed, result, page)


def _explain_duration(inputs: BatchInputs, rate: float, takes: float, page: Page) -> None:
    figures = page.figures
    items, told, took = figures.count(inputs.items), figures.rate(rate), figures.duration(takes)
    if inputs.rate is None and inputs.time is not None:
        time, workers = figures.duration(inputs.time), figures.count(inputs.workers)
        page.step("rate", workers=workers, time=time, rate=told)
    page.step("takes", items=items, rate=told, takes=took)
    page.says("takes", items=items, rate=told, takes=took, seconds=figures.count(round(takes)))


def _explain_deadline(inputs: BatchInputs, within: float, needed: float, result: BatchResult, page: Page) -> None:
    figures = page.figures
    items, time, told = figures.count(inputs.items), figures.duration(within), figures.rate(needed)
    page.step("needed", items=items, within=time, needed=told)
    page.says("needed", items=items, within=time, needed=told)
    if result.workers is not None and inputs.time is not None:
        workers = figures.count(result.workers)
        page.step("workers", needed=told, time=figures.duration(inputs.time), workers=workers)
        page.says("workers", workers=workers)
    if result.rate is not None and needed > result.rate:
        page.warns("late", needed=told, rate=figures.rate(result.rate))


CALCULATOR = Calculator(inputs=BatchInputs, compute=compute, explain=explain)
