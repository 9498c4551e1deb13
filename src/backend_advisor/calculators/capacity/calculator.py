"""How much work is in progress at a rate, how many instances it needs, and how fast a queue grows without them."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import Inputs

_STEEP = 0.8


@dataclass(frozen=True, kw_only=True)
class CapacityInputs(Inputs):
    """The work and what one instance does of it.

    `rate`: requests or jobs per second, of all instances. `time`: seconds that each takes. `workers`: how many an
    instance does at once. `one`: what one instance was measured to do, per second (else workers ÷ time). `instances`:
    those that run. `load`: the share of an instance that is planned to be busy. `stopped`: seconds for which nothing
    is done while work goes on coming. `slower`: seconds that each takes when something behind it becomes slow.
    """

    rate: Annotated[float, kinds.rate("300/s")]
    time: Annotated[float | None, kinds.duration("200ms")] = None
    workers: Annotated[int | None, kinds.count("40", most=1_000_000)] = None
    one: Annotated[float | None, kinds.rate("60/s")] = None
    instances: Annotated[int | None, kinds.count("6", most=1_000_000)] = None
    load: Annotated[float, kinds.share("70%", one=True)] = 0.7
    stopped: Annotated[float | None, kinds.duration("30s")] = None
    slower: Annotated[float | None, kinds.duration("650ms")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityResult:
    """`busy`: requests in progress on average. `one`: what an instance does per second.

    `least` instances bear the rate, `needed` with the planned load. `most`: what all that run do per second, `use` the
    share of it that the rate takes, `growth` by how many per second the queue grows (0: it does not). `piled`: what has
    come while all stood still, `drain` the seconds until it is done afterwards (infinite: never). `busier`:
    requests in progress with the slower time, `left` what all that run do per second then.
    """

    busy: float | None
    one: float | None
    least: int | None
    needed: int | None
    most: float | None
    use: float | None
    growth: float | None
    piled: float | None
    drain: float | None
    busier: float | None
    left: float | None


def compute(inputs: CapacityInputs) -> CapacityResult:
    """Work it out; raises InputError when nothing is said of how much one request or one instance takes."""
    one = inputs.one
    if one is None and inputs.workers is not None and inputs.time is not None:
        one = inputs.workers / inputs.time
    if one is None and inputs.time is None and inputs.stopped is None:
        raise InputError("time", "missing", example="time=200ms")
    most = None if one is None or inputs.instances is None else one * inputs.instances
    piled = None if inputs.stopped is None else inputs.rate * inputs.stopped
    return CapacityResult(
        busy=None if inputs.time is None else inputs.rate * inputs.time,
        one=one,
        least=None if one is None else _up(inputs.rate / one),
        needed=None if one is None else _up(inputs.rate / (one * inputs.load)),
        most=most,
        use=None if most is None else inputs.rate / most,
        growth=None if most is None else max(inputs.rate - most, 0.0),
        piled=piled,
        drain=None
        if piled is None or most is None
        else piled / (most - inputs.rate)
        if most > inputs.rate
        else math.inf,
        busier=None if inputs.slower is None else inputs.rate * inputs.slower,
        left=None
        if inputs.slower is None or inputs.workers is None
        else (inputs.instances or 1) * inputs.workers / inputs.slower,
    )


def _up(load: float) -> int:
    """The next whole number, and one at least; the noise of division does not count."""
    return max(math.ceil(round(load, 9)), 1)


def explain(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("even")
    _explain_work(inputs, result, page)
    _explain_instances(inputs, result, page)
    _explain_pile(inputs, result, page)
    _conclude(inputs, result, page)
    _explain_slower(inputs, result, page)
    if result.use is not None and _STEEP < result.use <= 1:
        page.warns("steep", use=page.figures.share(result.use))
    if result.needed is not None:
        page.warns("spare")


def _explain_work(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    figures = page.figures
    rate = figures.rate(inputs.rate)
    if inputs.time is not None and result.busy is not None:
        page.step("busy", rate=rate, time=figures.duration(inputs.time), busy=figures.number(result.busy, 4))
    if inputs.one is None and inputs.workers is not None and inputs.time is not None and result.one is not None:
        workers, time = figures.count(inputs.workers), figures.duration(inputs.time)
        page.step("one", workers=workers, time=time, one=figures.rate(result.one))


def _explain_instances(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    figures = page.figures
    if result.one is None or result.least is None or result.needed is None:
        return
    rate, one, load = figures.rate(inputs.rate), figures.rate(result.one), figures.share(inputs.load)
    page.step("least", rate=rate, one=one, least=figures.count(result.least))
    page.step("needed", rate=rate, one=one, load=load, needed=figures.count(result.needed))
    if inputs.instances is not None and result.most is not None and result.use is not None:
        page.step("most", instances=figures.count(inputs.instances), one=one, most=figures.rate(result.most))
        page.step("use", rate=rate, most=figures.rate(result.most), use=figures.share(result.use))


def _explain_pile(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    figures = page.figures
    if inputs.stopped is None or result.piled is None:
        return
    rate, piled = figures.rate(inputs.rate), figures.count(round(result.piled))
    page.step("piled", rate=rate, stopped=figures.duration(inputs.stopped), piled=piled)
    if result.most is not None and result.drain is not None and math.isfinite(result.drain):
        page.step("drain", piled=piled, most=figures.rate(result.most), rate=rate, drain=figures.duration(result.drain))


def _explain_slower(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    figures = page.figures
    if inputs.slower is None or result.busier is None:
        return
    rate, slower, busier = figures.rate(inputs.rate), figures.duration(inputs.slower), figures.number(result.busier, 4)
    page.step("busier", rate=rate, slower=slower, busier=busier)
    page.says("busier", slower=slower, busier=busier)
    if result.left is None or inputs.workers is None:
        return
    slots, left = figures.count(inputs.workers * (inputs.instances or 1)), figures.rate(result.left)
    page.step("left", slots=slots, slower=slower, left=left)
    if result.left >= inputs.rate:
        page.says("left", slots=slots, left=left)
    else:
        page.says("short", slots=slots, left=left, rate=rate, growth=figures.rate(inputs.rate - result.left))
        page.warns("more_workers")


def _conclude(inputs: CapacityInputs, result: CapacityResult, page: Page) -> None:
    figures = page.figures
    if result.busy is not None:
        page.says("busy", busy=figures.number(result.busy, 4))
    if result.needed is not None and result.least is not None:
        load = figures.share(inputs.load)
        page.says("needed", needed=figures.count(result.needed), least=figures.count(result.least), load=load)
    if result.growth is not None and result.most is not None and result.use is not None:
        key = "grows" if result.growth > 0 else "bears"
        most, use = figures.rate(result.most), figures.share(result.use)
        page.says(key, most=most, use=use, growth=figures.rate(result.growth))
    if result.piled is not None:
        page.says("piled", piled=figures.count(round(result.piled)))
        if result.drain is not None:
            page.says("drain" if math.isfinite(result.drain) else "never", drain=figures.duration(result.drain))


CALCULATOR = Calculator(inputs=CapacityInputs, compute=compute, explain=explain)
