"""How large a connection pool has to be, what work waits for it, and what all pools together ask of the database."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs
from backend_advisor.calculators.pool import erlang

BEYOND = 0.01
"""The share of work that may wait longer than the target: the target is a 99th percentile."""
BUSY_LIMIT = 0.8
_MOST_BUSY = 100_000


@dataclass(frozen=True, kw_only=True)
class PoolInputs(Inputs):
    """The work and the database.

    `rate`: units of work that take a connection, per second, over all instances. `held`: seconds that each holds it.
    `instances`: processes with a pool of their own. `wait`: seconds that 99 of 100 should wait at most.
    `pool`: the size that is set now. `cores` and `max_connections` are the database's, `reserved` the connections that
    it keeps for superusers, `surge` the share of further instances while a new version is rolled out.
    """

    rate: Annotated[float, kinds.rate("400/s")]
    held: Annotated[float, kinds.duration("6ms")]
    instances: Annotated[int, kinds.count("4", most=100_000)] = 1
    wait: Annotated[float, kinds.duration("10ms", zero=True)] = 0.010
    pool: Annotated[int | None, kinds.count("10", most=1_000_000)] = None
    cores: Annotated[int | None, kinds.count("8", most=100_000)] = None
    max_connections: Annotated[int | None, kinds.count("100", most=10_000_000)] = None
    reserved: Annotated[int, kinds.count("3", least=0, most=10_000_000)] = 3
    surge: Annotated[float, kinds.share("25%", zero=True, one=True)] = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How work waits with a pool of `size`: the share that waits, and seconds. Infinite when the pool is too small."""

    size: int
    utilisation: float
    probability: float
    mean: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolResult:
    """Connections: `busy` on average over all instances, `load` of one; `smallest` meets the target, `current` is set.

    `total` is of all instances, `peak` while a version is rolled out, `available` what the database leaves to them,
    `fitting` the largest pool with which the peak still fits, `useful` what the cores can make use of.
    """

    busy: float
    load: float
    smallest: Waiting
    current: Waiting | None
    total: int
    peak_instances: int
    peak: int
    available: int | None
    fitting: Waiting | None
    useful: int | None


def compute(inputs: PoolInputs) -> PoolResult:
    """Size the pool; raises InputError when one instance keeps more than 100,000 connections busy."""
    busy = inputs.rate * inputs.held
    load = busy / inputs.instances
    if load > _MOST_BUSY:
        most = Figures("en").count(_MOST_BUSY)
        raise InputError("rate", "load", busy=Figures("en").number(load), most=most)
    smallest = erlang.smallest(load, inputs.held, inputs.wait, BEYOND)
    chosen = inputs.pool or smallest
    peak_instances = inputs.instances + math.ceil(round(inputs.instances * inputs.surge, 9))
    available = None if inputs.max_connections is None else max(inputs.max_connections - inputs.reserved, 0)
    fitting = 0 if available is None else available // peak_instances
    return PoolResult(
        busy=busy,
        load=load,
        smallest=_waiting(smallest, load, inputs.held),
        current=_waiting(inputs.pool, load, inputs.held) if inputs.pool else None,
        total=inputs.instances * chosen,
        peak_instances=peak_instances,
        peak=peak_instances * chosen,
        available=available,
        fitting=_waiting(fitting, load, inputs.held) if 0 < fitting < chosen else None,
        useful=None if inputs.cores is None else 2 * inputs.cores + 1,
    )


def _waiting(size: int, load: float, held: float) -> Waiting:
    return Waiting(
        size=size,
        utilisation=load / size,
        probability=erlang.waiting(size, load),
        mean=erlang.mean_wait(size, load, held),
        p99=erlang.wait_quantile(size, load, held, BEYOND),
    )


def explain(inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("random")
    page.holds("even")
    page.holds("held")
    _explain_size(inputs, result, page)
    for waiting in (result.smallest, result.current):
        if waiting is not None:
            _explain_wait(waiting, inputs, result, page)
    _explain_total(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(inputs, result, page)


def _explain_size(inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    figures, size = page.figures, result.smallest.size
    load, held, wait = figures.number(result.load, 4), figures.duration(inputs.held), figures.duration(inputs.wait)
    page.step("busy", rate=figures.rate(inputs.rate), held=held, busy=figures.number(result.busy, 4))
    page.step("load", busy=figures.number(result.busy, 4), instances=figures.count(inputs.instances), load=load)
    page.step(
        "smallest",
        size=figures.count(size),
        load=load,
        held=held,
        wait=wait,
        probability=figures.share(result.smallest.probability),
        beyond=figures.share(erlang.longer_than(size, result.load, inputs.held, inputs.wait)),
        fewer=figures.share(erlang.longer_than(size - 1, result.load, inputs.held, inputs.wait)),
        limit=figures.share(BEYOND),
    )


def _explain_wait(waiting: Waiting, inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    figures = page.figures
    values = {
        "size": figures.count(waiting.size),
        "load": figures.number(result.load, 4),
        "held": figures.duration(inputs.held),
        "probability": figures.share(waiting.probability),
        "limit": figures.share(BEYOND),
        "mean": figures.duration(waiting.mean),
        "p99": figures.duration(waiting.p99),
    }
    page.step("utilisation", utilisation=figures.share(waiting.utilisation), **values)
    if math.isfinite(waiting.mean):
        page.step("probability", **values)
        page.step("mean", **values)
        page.step("p99", **values)


def _explain_total(inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    figures = page.figures
    size = figures.count(inputs.pool or result.smallest.size)
    page.step("total", instances=figures.count(inputs.instances), size=size, total=figures.count(result.total))
    if result.peak_instances > inputs.instances:
        page.step(
            "peak",
            instances=figures.count(inputs.instances),
            surge=figures.share(inputs.surge),
            size=size,
            peak=figures.count(result.peak),
        )
    if inputs.max_connections is not None and result.available is not None:
        page.step(
            "available",
            max=figures.count(inputs.max_connections),
            reserved=figures.count(inputs.reserved),
            available=figures.count(result.available),
        )
    if inputs.cores is not None and result.useful is not None:
        page.step("useful", cores=figures.count(inputs.cores), useful=figures.count(result.useful))


def _conclude(inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    figures, smallest = page.figures, result.smallest
    page.says(
        "smallest",
        size=figures.count(smallest.size),
        wait=figures.duration(inputs.wait),
        mean=figures.duration(smallest.mean),
        p99=figures.duration(smallest.p99),
    )
    if result.current is not None:
        key = "current" if math.isfinite(result.current.mean) else "unstable"
        page.says(
            key,
            size=figures.count(result.current.size),
            load=figures.number(result.load, 4),
            mean=figures.duration(result.current.mean),
            p99=figures.duration(result.current.p99),
        )
    page.says("total", total=figures.count(result.total), peak=figures.count(result.peak))


def _warn(inputs: PoolInputs, result: PoolResult, page: Page) -> None:
    figures, chosen = page.figures, result.current or result.smallest
    if math.isfinite(chosen.mean) and chosen.utilisation > BUSY_LIMIT:
        page.warns("busy", utilisation=figures.share(chosen.utilisation))
    if result.available is not None and result.peak > result.available:
        page.warns("full", peak=figures.count(result.peak), available=figures.count(result.available))
        if result.fitting is not None:
            size = figures.count(result.fitting.size)
            if math.isfinite(result.fitting.p99):
                page.warns("fitting", size=size, p99=figures.duration(result.fitting.p99))
            else:
                page.warns("fitting_too_few", size=size)
    if inputs.cores is not None and result.busy > inputs.cores:
        page.warns("cores", busy=figures.number(result.busy, 4), cores=figures.count(inputs.cores))
    if result.useful is not None and result.total > result.useful:
        page.warns("useful", total=figures.count(result.total), useful=figures.count(result.useful))


CALCULATOR = Calculator(inputs=PoolInputs, compute=compute, explain=explain)
