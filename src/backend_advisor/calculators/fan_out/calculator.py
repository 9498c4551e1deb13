"""What the tail of single calls does to a request that waits for all of them."""

from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class FanOutInputs(Inputs):
    """`calls` that one request makes and waits for.

    `slow`: share of the calls of one service that take longer than its limit (its p99: 1 %). `target`: share of the
    requests that may take longer.
    """

    calls: Annotated[int, kinds.count("20", most=1_000_000)]
    slow: Annotated[float, kinds.share("1%")] = 0.01
    target: Annotated[float, kinds.share("1%")] = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutResult:
    """`fast`: share of requests without a slow call; `waiting`: the others.

    `needed`: share of a service's calls that has to be within the limit.
    """

    fast: float
    waiting: float
    needed: float


def compute(inputs: FanOutInputs) -> FanOutResult:
    """Work the shares out."""
    fast = float((1 - inputs.slow) ** inputs.calls)
    return FanOutResult(fast=fast, waiting=1 - fast, needed=float((1 - inputs.target) ** (1 / inputs.calls)))


def explain(inputs: FanOutInputs, result: FanOutResult, page: Page) -> None:
    """Write the working and what follows from it."""
    figures = page.figures
    page.holds("independent")
    calls, slow, target = figures.count(inputs.calls), figures.share(inputs.slow), figures.share(inputs.target)
    within, waiting = figures.number(1 - inputs.slow, 4), figures.share(result.waiting)
    needed = figures.share(result.needed)
    page.step("waiting", within=within, calls=calls, waiting=waiting)
    page.step("needed", rest=figures.number(1 - inputs.target, 4), calls=calls, needed=needed)
    page.says("waiting", waiting=waiting, calls=calls, slow=slow)
    page.says("needed", needed=needed, target=target)
    page.warns("average")


CALCULATOR = Calculator(inputs=FanOutInputs, compute=compute, explain=explain)
