"""What retries in several layers do to the bottom one, how long they last, and the timeout that fits a deadline."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import Unreadable
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs
from backend_advisor.calculators.kinds import Refused

Jitter = Literal["full", "equal", "none"]
_MEAN_OF_PAUSE: dict[str, float] = {"full": 0.5, "equal": 0.75, "none": 1.0}
_MOST_LAYERS = 10
_MOST_ATTEMPTS = 100
_MANY = 10


@dataclass(frozen=True, slots=True)
class AttemptsKind:
    """Attempts of each layer, outermost first: "3,3,3"."""

    example: str
    name: str = "attempts"

    def read(self, text: str) -> tuple[int, ...]:
        """The numbers; raises Unreadable."""
        pieces = re.split(r"[,;x×]", text.replace(" ", ""))
        if not all(re.fullmatch(r"[0-9]{1,6}", piece) for piece in pieces):
            raise Unreadable("attempts")
        return tuple(int(piece) for piece in pieces)

    def check(self, value: Any) -> None:
        """One to ten layers of one to a hundred attempts."""
        if not isinstance(value, tuple) or not value or not all(type(one) is int and one >= 1 for one in value):
            raise Refused("attempts", example=self.example)
        if len(value) > _MOST_LAYERS:
            raise Refused("too_many", most=_MOST_LAYERS)
        if max(value) > _MOST_ATTEMPTS:
            raise Refused("too_large", most=_MOST_ATTEMPTS)

    def show(self, value: Any, _figures: Figures) -> str:
        """The numbers."""
        return ", ".join(str(one) for one in value)


@dataclass(frozen=True, kw_only=True)
class RetriesInputs(Inputs):
    """The layers and their retries.

    `attempts`: of each layer, outermost first, the first try included; or `tries`, those of each of `layers` alike.
    `timeout`: seconds of one attempt at the bottom (without it only the attempts are counted).
    `deadline`: seconds after which the caller at the top gives up. Pauses are `backoff` × `factor`^i seconds, `cap` at
    most, with `jitter`. `failure`: share of attempts at the bottom that fail. `rate`: requests per second at the top.
    `budget`: retries that a client may add, as a share of its requests.
    """

    attempts: Annotated[tuple[int, ...] | None, AttemptsKind("3,3,3")] = None
    timeout: Annotated[float | None, kinds.duration("500ms")] = None
    tries: Annotated[int | None, kinds.count("3", most=_MOST_ATTEMPTS)] = None
    layers: Annotated[int | None, kinds.count("4", most=_MOST_LAYERS)] = None
    deadline: Annotated[float | None, kinds.duration("2s")] = None
    backoff: Annotated[float, kinds.duration("100ms", zero=True)] = 0.1
    factor: Annotated[float, kinds.factor("2", least=1, most=100)] = 2.0
    cap: Annotated[float, kinds.duration("20s", zero=True)] = 20.0
    jitter: Annotated[Jitter, kinds.Choice("full", ("full", "equal", "none"))] = "full"
    failure: Annotated[float | None, kinds.share("5%", zero=True, one=True)] = None
    rate: Annotated[float | None, kinds.rate("200/s")] = None
    budget: Annotated[float, kinds.share("10%", zero=True, one=True)] = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriesResult:
    """Attempts and seconds; without a timeout only pauses last.

    `amplification`: attempts at the bottom for one request at most; `expected` with the given failures (None without),
    and `failing` what is left of them. `pauses` of the bottom layer at most, `worst` and `mean` its duration when all
    attempts time out, `nested` that of all layers. `fitting_timeout` keeps all layers within the deadline (None without
    one, 0 when the pauses alone exceed it); `fitting_attempts` are those of the bottom layer that fit with the timeout.
    Loads are requests per second at the bottom.
    """

    amplification: float
    expected: float | None
    failing: float | None
    pauses: float
    worst: float
    mean: float
    nested: float
    nested_pauses: float
    fitting_timeout: float | None
    fitting_attempts: int | None
    load: float | None
    budgeted_load: float | None


def compute(inputs: RetriesInputs) -> RetriesResult:
    """Work the retries out; raises InputError when no attempts are given."""
    layers = _layers(inputs)
    timeout = inputs.timeout or 0.0
    amplification = math.prod(float(one) for one in layers)
    pauses = sum(_pauses(inputs, layers[-1]))
    worst = layers[-1] * timeout + pauses
    nested_pauses = _nested(inputs, 0.0)
    expected, failing = _with_failures(inputs)
    fitting = None
    if inputs.deadline is not None and inputs.timeout is not None:
        fitting = max((inputs.deadline - nested_pauses) / amplification, 0.0)
    return RetriesResult(
        amplification=amplification,
        expected=expected,
        failing=failing,
        pauses=pauses,
        worst=worst,
        mean=worst - pauses * (1 - _MEAN_OF_PAUSE[inputs.jitter]),
        nested=_nested(inputs, timeout),
        nested_pauses=nested_pauses,
        fitting_timeout=fitting,
        fitting_attempts=_fitting_attempts(inputs),
        load=None if inputs.rate is None else inputs.rate * amplification,
        budgeted_load=None if inputs.rate is None else inputs.rate * (1 + inputs.budget),
    )


def _layers(inputs: RetriesInputs) -> tuple[int, ...]:
    if inputs.attempts is not None:
        return inputs.attempts
    if inputs.tries is None:
        raise InputError("attempts", "missing", example="attempts=3,3")
    return (inputs.tries,) * (inputs.layers or 1)


def _pauses(inputs: RetriesInputs, attempts: int) -> Iterator[float]:
    """The longest pause before each retry; jitter only makes it shorter."""
    for retry in range(attempts - 1):
        yield min(inputs.cap, inputs.backoff * inputs.factor**retry)


def _nested(inputs: RetriesInputs, timeout: float) -> float:
    """How long all layers take when each waits for the one below and everything times out."""
    longest = timeout
    for attempts in reversed(_layers(inputs)):
        longest = attempts * longest + sum(_pauses(inputs, attempts))
    return longest


def _with_failures(inputs: RetriesInputs) -> tuple[float | None, float | None]:
    """Attempts at the bottom for one request, and the share of requests that fail, when attempts fail by themselves."""
    if inputs.failure is None:
        return None, None
    expected, failing = 1.0, inputs.failure
    for attempts in reversed(_layers(inputs)):
        expected *= sum(failing**tried for tried in range(attempts))
        failing = failing**attempts
    return expected, failing


def _fitting_attempts(inputs: RetriesInputs) -> int | None:
    """The most attempts of one layer that fit into the deadline with the given timeout."""
    if inputs.deadline is None or inputs.timeout is None:
        return None
    fitting = 0
    for attempts in range(1, _MOST_ATTEMPTS + 1):
        if attempts * inputs.timeout + sum(_pauses(inputs, attempts)) > inputs.deadline * (1 + 1e-12):
            break
        fitting = attempts
    return fitting


def explain(inputs: RetriesInputs, result: RetriesResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("all_fail")
    page.holds("pauses")
    _explain_load(inputs, result, page)
    _explain_time(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(inputs, result, page)


def _explain_load(inputs: RetriesInputs, result: RetriesResult, page: Page) -> None:
    figures = page.figures
    product = " × ".join(map(str, _layers(inputs)))
    page.step("amplification", product=product, amplification=figures.count(result.amplification))
    if inputs.rate is not None and result.load is not None:
        page.step(
            "load",
            rate=figures.rate(inputs.rate),
            amplification=figures.count(result.amplification),
            load=figures.rate(result.load),
        )
        page.step(
            "budget",
            rate=figures.rate(inputs.rate),
            budget=figures.share(inputs.budget),
            load=figures.rate(result.budgeted_load or 0),
        )
    if inputs.failure is not None and result.expected is not None and result.failing is not None:
        page.step("expected", failure=figures.share(inputs.failure), expected=figures.number(result.expected, 4))
        page.step(
            "failing",
            failure=figures.share(inputs.failure),
            amplification=figures.count(result.amplification),
            failing=figures.share(result.failing),
        )


def _explain_time(inputs: RetriesInputs, result: RetriesResult, page: Page) -> None:
    if inputs.timeout is None:
        return
    layers = _layers(inputs)
    figures, bottom = page.figures, layers[-1]
    shown = [figures.duration(pause) for pause in _pauses(inputs, bottom)]
    listed = " + ".join(shown if len(shown) <= 6 else [*shown[:3], "…", shown[-1]]) or figures.duration(0)
    timeout = figures.duration(inputs.timeout)
    page.step("pauses", listed=listed, pauses=figures.duration(result.pauses))
    values = {"attempts": bottom, "timeout": timeout, "pauses": figures.duration(result.pauses)}
    page.step("worst", worst=figures.duration(result.worst), **values)
    if len(layers) > 1:
        page.step(
            "nested",
            amplification=figures.count(result.amplification),
            timeout=timeout,
            pauses=figures.duration(result.nested_pauses),
            nested=figures.duration(result.nested),
        )
    if inputs.deadline is not None and result.fitting_timeout is not None:
        page.step(
            "fitting",
            deadline=figures.duration(inputs.deadline),
            pauses=figures.duration(result.nested_pauses),
            amplification=figures.count(result.amplification),
            fitting=figures.duration(result.fitting_timeout),
        )


def _conclude(inputs: RetriesInputs, result: RetriesResult, page: Page) -> None:
    figures = page.figures
    layers = len(_layers(inputs))
    key = "amplification_one" if layers == 1 else "amplification"
    page.says(key, amplification=figures.count(result.amplification), layers=layers)
    if inputs.timeout is None:
        return
    page.says(f"time_{inputs.jitter}", nested=figures.duration(result.nested), worst=figures.duration(result.worst),
              mean=figures.duration(result.mean))  # fmt: skip
    if inputs.deadline is None or result.fitting_timeout is None:
        return
    deadline = figures.duration(inputs.deadline)
    if result.nested <= inputs.deadline:
        page.says("fits", deadline=deadline)
    elif result.fitting_timeout > 0:
        page.says("fitting", deadline=deadline, fitting=figures.duration(result.fitting_timeout))
    else:
        page.says("never_fits", deadline=deadline, pauses=figures.duration(result.nested_pauses))
    if result.nested > inputs.deadline and result.fitting_attempts:
        page.says("one_layer", attempts=result.fitting_attempts, timeout=figures.duration(inputs.timeout),
                  deadline=deadline)  # fmt: skip


def _warn(inputs: RetriesInputs, result: RetriesResult, page: Page) -> None:
    figures = page.figures
    if sum(one > 1 for one in _layers(inputs)) > 1:
        page.warns("layers", budget=figures.share(inputs.budget))
    elif result.amplification >= _MANY:
        page.warns("many", amplification=figures.count(result.amplification), budget=figures.share(inputs.budget))
    if inputs.timeout is not None and inputs.deadline is not None and result.nested > inputs.deadline:
        page.warns("deadline", nested=figures.duration(result.nested), deadline=figures.duration(inputs.deadline))
    if inputs.jitter == "none" and result.amplification > 1:
        page.warns("no_jitter")
    page.warns("idempotent")


CALCULATOR = Calculator(inputs=RetriesInputs, compute=compute, explain=explain)
