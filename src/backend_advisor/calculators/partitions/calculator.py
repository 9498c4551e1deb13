"""How many partitions or shards throughput and size need, what one hot key does, and when a backlog is drained."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import MONTH
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import Inputs
from backend_advisor.calculators.kinds import Flow, FlowKind

BUSY_LIMIT = 0.8


@dataclass(frozen=True, kw_only=True)
class PartitionsInputs(Inputs):
    """What comes in and what one partition and one consumer stand; flows are things or bytes per second.

    `produce`: what is written. `consume`: what has to be read (else what is written). `per_partition` and
    `per_consumer`: what one of them was measured to do. `size`: bytes now, `growth`: bytes per second more, `limit`:
    bytes that a partition may hold after `months`. `lag`: things or bytes that wait. `partitions`: those there are now
    (else as many as are needed), `consumers`: those that run (else one for each partition). `hot`: the share of all
    writes that one key has.
    """

    produce: Annotated[Flow | None, FlowKind("50MB/s")] = None
    consume: Annotated[Flow | None, FlowKind("50MB/s")] = None
    per_partition: Annotated[Flow | None, FlowKind("10MB/s")] = None
    per_consumer: Annotated[Flow | None, FlowKind("5MB/s")] = None
    size: Annotated[float | None, kinds.size("2TB", zero=True)] = None
    growth: Annotated[float, kinds.growth("100GB/month")] = 0.0
    months: Annotated[int, kinds.count("12", least=0, most=1200)] = 12
    limit: Annotated[float | None, kinds.size("200GB")] = None
    lag: Annotated[Flow | None, FlowKind("5M", stored=True)] = None
    partitions: Annotated[int | None, kinds.count("12", most=1_000_000)] = None
    consumers: Annotated[int | None, kinds.count("12", most=1_000_000)] = None
    hot: Annotated[float | None, kinds.share("15%", one=True)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionsResult:
    """Partitions that writing, reading and size need (None where nothing is given of it); `least` is the most of these.

    `roomy` is that number with no partition over 80 %. `partitions`: those there are, else the least; `utilisation`: of
    their busiest side.
    `size_then`: bytes after the months. `working`: consumers that have a partition, `spare` the flow they can read
    beyond what is written, `drain` the seconds until the backlog is gone (infinite: never). `hot_write` and `hot_read`:
    use of the partition and the consumer that have the hot key.
    """

    by_writing: int | None
    by_reading: int | None
    by_size: int | None
    least: int
    partitions: int
    roomy: int
    utilisation: float
    size_then: float | None
    working: int | None
    spare: float | None
    drain: float | None
    hot_write: float | None
    hot_read: float | None


def compute(inputs: PartitionsInputs) -> PartitionsResult:
    """Count partitions; raises InputError when nothing can be counted or flows are in different units."""
    _check(inputs)
    consume = inputs.consume or inputs.produce
    size_then = None if inputs.size is None else inputs.size + inputs.growth * MONTH * inputs.months
    writing, reading = _needed(inputs.produce, inputs.per_partition), _needed(consume, inputs.per_consumer)
    holding = size_then / inputs.limit if size_then is not None and inputs.limit else None
    loads = [load for load in (writing, reading, holding) if load is not None]
    least = max((_up(load) for load in loads), default=1)
    partitions = inputs.partitions or least
    working = min(inputs.consumers or partitions, partitions) if inputs.per_consumer else None
    spare = _spare(inputs, working)
    return PartitionsResult(
        by_writing=None if writing is None else _up(writing),
        by_reading=None if reading is None else _up(reading),
        by_size=None if holding is None else _up(holding),
        least=least,
        partitions=partitions,
        roomy=max((_up(load / BUSY_LIMIT) for load in loads), default=1),
        utilisation=max(loads, default=0.0) / partitions,
        size_then=size_then,
        working=working,
        spare=spare,
        drain=_drain(inputs.lag, spare),
        hot_write=None if inputs.hot is None or writing is None else writing * inputs.hot,
        hot_read=None if inputs.hot is None or reading is None else reading * inputs.hot,
    )


def _check(inputs: PartitionsInputs) -> None:
    flows = {
        "produce": inputs.produce,
        "consume": inputs.consume,
        "per_partition": inputs.per_partition,
        "per_consumer": inputs.per_consumer,
        "lag": inputs.lag,
    }
    given = {name: flow for name, flow in flows.items() if flow is not None}
    for name, flow in given.items():
        first = next(iter(given))
        if flow.of != given[first].of:
            raise InputError(name, "other_unit", other=first)
    if inputs.size is not None and inputs.limit is None:
        raise InputError("size", "needs", other="limit")
    if inputs.lag is not None and not (inputs.produce and inputs.per_consumer):
        raise InputError("lag", "needs", other="produce, per_consumer")
    throughput = (inputs.produce or inputs.consume) and (inputs.per_partition or inputs.per_consumer)
    if not throughput and inputs.size is None:
        raise InputError("produce", "nothing_asked")


def _needed(flow: Flow | None, of_one: Flow | None) -> float | None:
    return None if flow is None or of_one is None else flow.value / of_one.value


def _up(load: float) -> int:
    """The next whole number, and one at least; the noise of division does not count."""
    return max(math.ceil(round(load, 9)), 1)


def _spare(inputs: PartitionsInputs, working: int | None) -> float | None:
    if working is None or inputs.per_consumer is None or inputs.produce is None:
        return None
    return working * inputs.per_consumer.value - inputs.produce.value


def _drain(lag: Flow | None, spare: float | None) -> float | None:
    if lag is None or spare is None:
        return None
    return lag.value / spare if spare > 0 else math.inf


def explain(inputs: PartitionsInputs, result: PartitionsResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("even")
    if inputs.consume is None and inputs.produce is not None and inputs.per_consumer is not None:
        page.holds("consume")
    _explain_throughput(inputs, result, page)
    _explain_size(inputs, result, page)
    _explain_count(result, page)
    _explain_drain(inputs, result, page)
    _conclude(result, page)
    _warn(inputs, result, page)


def _explain_throughput(inputs: PartitionsInputs, result: PartitionsResult, page: Page) -> None:
    if inputs.produce and inputs.per_partition and result.by_writing is not None:
        page.step(
            "writing",
            produce=_flow(inputs.produce, page),
            per_partition=_flow(inputs.per_partition, page),
            count=page.figures.count(result.by_writing),
        )
    consume = inputs.consume or inputs.produce
    if consume and inputs.per_consumer and result.by_reading is not None:
        page.step(
            "reading",
            consume=_flow(consume, page),
            per_consumer=_flow(inputs.per_consumer, page),
            count=page.figures.count(result.by_reading),
        )


def _explain_size(inputs: PartitionsInputs, result: PartitionsResult, page: Page) -> None:
    figures = page.figures
    if inputs.size is None or inputs.limit is None or result.size_then is None or result.by_size is None:
        return
    size_then = figures.size(result.size_then)
    page.step(
        "size_then",
        size=figures.size(inputs.size),
        growth=figures.growth(inputs.growth),
        months=figures.count(inputs.months),
        size_then=size_then,
    )
    page.step("holding", size_then=size_then, limit=figures.size(inputs.limit), count=figures.count(result.by_size))


def _explain_count(result: PartitionsResult, page: Page) -> None:
    figures = page.figures
    counts = [n for n in (result.by_writing, result.by_reading, result.by_size) if n is not None]
    page.step("least", counts=", ".join(map(figures.count, counts)), least=figures.count(result.least))
    page.step(
        "roomy",
        partitions=figures.count(result.partitions),
        utilisation=figures.share(result.utilisation),
        roomy=figures.count(result.roomy),
    )


def _explain_drain(inputs: PartitionsInputs, result: PartitionsResult, page: Page) -> None:
    if inputs.lag is None or inputs.produce is None or inputs.per_consumer is None:
        return
    if result.working is None or result.spare is None or result.drain is None:
        return
    spare = _flow(Flow(abs(result.spare), inputs.produce.of), page)
    page.step(
        "spare",
        working=page.figures.count(result.working),
        per_consumer=_flow(inputs.per_consumer, page),
        produce=_flow(inputs.produce, page),
        spare=spare if result.spare >= 0 else f"−{spare}",
    )
    if result.spare > 0:
        lag = FlowKind("", stored=True).show(inputs.lag, page.figures)
        page.step("drain", lag=lag, spare=spare, drain=page.figures.duration(result.drain))


def _flow(flow: Flow, page: Page) -> str:
    return FlowKind("").show(flow, page.figures)


def _conclude(result: PartitionsResult, page: Page) -> None:
    figures = page.figures
    page.says("least", least=figures.count(result.least))
    page.says("used", partitions=figures.count(result.partitions), utilisation=figures.share(result.utilisation))
    if result.roomy > result.partitions:
        page.says("roomy", roomy=figures.count(result.roomy))
    if result.drain is not None and result.working is not None:
        key = "drain" if math.isfinite(result.drain) else "never"
        page.says(key, drain=figures.duration(result.drain), working=figures.count(result.working))


def _warn(inputs: PartitionsInputs, result: PartitionsResult, page: Page) -> None:
    figures = page.figures
    if result.partitions < result.least:
        page.warns("too_few", partitions=figures.count(result.partitions), least=figures.count(result.least))
    elif result.utilisation > BUSY_LIMIT:
        page.warns("busy", utilisation=figures.share(result.utilisation))
    if inputs.consumers is not None and result.working is not None and inputs.consumers > result.working:
        page.warns("idle", idle=figures.count(inputs.consumers - result.working))
    for key, used in (("hot_write", result.hot_write), ("hot_read", result.hot_read)):
        if inputs.hot is not None and used is not None and used > BUSY_LIMIT:
            page.warns(key, hot=figures.share(inputs.hot), used=figures.share(used))
    if result.by_writing is not None or result.by_reading is not None:
        page.warns("keys")


CALCULATOR = Calculator(inputs=PartitionsInputs, compute=compute, explain=explain)
