"""What polling costs: requests and bytes per second, how many polls find a change, and what answering 304 saves."""

from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import DAY
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs

_BITS = (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0))


@dataclass(frozen=True, kw_only=True)
class PollingInputs(Inputs):
    """`clients` that ask every `interval` seconds and receive `body` bytes.

    `changes`: how often per second the answer for one client changes. `unchanged`: bytes of an answer 304.
    """

    clients: Annotated[int, kinds.count("200k")]
    interval: Annotated[float, kinds.duration("30s")]
    body: Annotated[float | None, kinds.size("20kB")] = None
    changes: Annotated[float | None, kinds.rate("6/h")] = None
    unchanged: Annotated[float, kinds.size("300B", zero=True)] = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingResult:
    """Requests and bytes per second.

    `changed`: share of polls that find a change; None where it is not given or each poll finds one. `conditional`:
    bytes per second when the others are answered 304. `saved`: the share of bytes that this saves.
    """

    rate: float
    per_day: float
    bandwidth: float | None
    changed: float | None
    conditional: float | None
    saved: float | None


def compute(inputs: PollingInputs) -> PollingResult:
    """Work the load out."""
    rate = inputs.clients / inputs.interval
    changed = None if inputs.changes is None else inputs.changes * inputs.interval
    if changed is not None and changed >= 1:
        changed = None
    bandwidth = conditional = saved = None
    if inputs.body is not None:
        bandwidth = rate * inputs.body
        if changed is not None:
            conditional = rate * (changed * inputs.body + (1 - changed) * min(inputs.unchanged, inputs.body))
            saved = 1 - conditional / bandwidth
    return PollingResult(
        rate=rate,
        per_day=rate * DAY,
        bandwidth=bandwidth,
        changed=changed,
        conditional=conditional,
        saved=saved,
    )


def explain(inputs: PollingInputs, result: PollingResult, page: Page) -> None:
    """Write the working and what follows from it."""
    figures = page.figures
    page.holds("spread")
    clients, interval, rate = figures.count(inputs.clients), figures.duration(inputs.interval), _rate(result, figures)
    page.step("rate", clients=clients, interval=interval, rate=rate)
    page.says("rate", rate=rate, per_day=figures.number(result.per_day))
    if inputs.body is not None and result.bandwidth is not None:
        body, bits = figures.size(inputs.body), _bits(result.bandwidth, figures)
        page.step("bandwidth", rate=rate, body=body, bandwidth=figures.throughput(result.bandwidth), bits=bits)
        page.says("bandwidth", bandwidth=figures.throughput(result.bandwidth), bits=bits)
    if inputs.changes is not None and result.changed is not None:
        _explain_changes(inputs, result, page)
    page.warns("requests_stay", rate=rate)
    page.warns("peak")


def _explain_changes(inputs: PollingInputs, result: PollingResult, page: Page) -> None:
    figures = page.figures
    changed, same = figures.share(result.changed or 0.0), figures.share(1 - (result.changed or 0.0))
    changes, interval = figures.rate(inputs.changes or 0.0), figures.duration(inputs.interval)
    page.step("changed", changes=changes, interval=interval, changed=changed)
    if inputs.body is None or result.conditional is None or result.saved is None:
        page.says("changed", changed=changed, same=same)
        return
    conditional, bits = figures.throughput(result.conditional), _bits(result.conditional, figures)
    page.step(
        "conditional",
        rate=_rate(result, figures),
        changed=changed,
        same=same,
        body=figures.size(inputs.body),
        unchanged=figures.size(inputs.unchanged),
        conditional=conditional,
        bits=bits,
    )
    saved = figures.share(result.saved)
    page.says("conditional", changed=changed, same=same, conditional=conditional, bits=bits, saved=saved)


def _rate(result: PollingResult, figures: Figures) -> str:
    """Requests per second; whole ones where there are many."""
    return figures.count(round(result.rate)) if result.rate >= 10 else figures.number(result.rate)


def _bits(per_second: float, figures: Figures) -> str:
    """Bytes per second in the unit of networks."""
    bits = per_second * 8
    unit, size = next((named for named in _BITS if bits >= named[1]), _BITS[-1])
    return f"{figures.number(bits / size, 2)} {unit}"


CALCULATOR = Calculator(inputs=PollingInputs, compute=compute, explain=explain)
