"""What an SLO allows, at which burn rates to alarm, how soon, and when the budget is gone."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import MONTH
from backend_advisor.calculators.burn_rate.alerts import RECOMMENDED, SHORTER, Alert, AlertResult, AlertsKind
from backend_advisor.calculators.burn_rate.rules import prometheus_rules
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs
from backend_advisor.model import Code

_FEW_FAILURES = 5


@dataclass(frozen=True, kw_only=True)
class BurnRateInputs(Inputs):
    """`slo`: share of good requests promised over `period` seconds. `alerts`: share of the budget and window of each.

    `errors`: share of requests that fail now. `rate`: requests per second. `down`: seconds of full outage in the period
    so far.
    """

    slo: Annotated[float, kinds.share("99.9%")]
    period: Annotated[float, kinds.duration("30d")] = MONTH
    alerts: Annotated[tuple[Alert, ...], AlertsKind("2%:1h,5%:6h,10%:3d")] = RECOMMENDED
    errors: Annotated[float | None, kinds.share("0.5%", one=True)] = None
    rate: Annotated[float | None, kinds.rate("50/s")] = None
    down: Annotated[float | None, kinds.duration("20min", zero=True)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRateResult:
    """`budget`: share of requests that may fail; `outage`: the same as seconds of full outage; `failures`: as requests.

    `burn` and `exhausted`: how many times too fast the given errors use it, and after how many seconds it is gone.
    `left`: seconds of full outage that are left of it, below 0 when it is overdrawn.
    """

    budget: float
    outage: float
    failures: float | None
    alerts: tuple[AlertResult, ...]
    burn: float | None
    exhausted: float | None
    left: float | None


def compute(inputs: BurnRateInputs) -> BurnRateResult:
    """Work the budget out; raises InputError when an alert's window is longer than the period."""
    budget = float(f"{1 - inputs.slo:.12g}")
    requests = None if inputs.rate is None else inputs.rate * inputs.period
    return BurnRateResult(
        budget=budget,
        outage=inputs.period * budget,
        failures=None if requests is None else requests * budget,
        alerts=tuple(_alert(alert, budget, inputs) for alert in inputs.alerts),
        burn=None if inputs.errors is None else inputs.errors / budget,
        exhausted=None if inputs.errors is None else inputs.period * budget / inputs.errors,
        left=None if inputs.down is None else inputs.period * budget - inputs.down,
    )


def _alert(alert: Alert, budget: float, inputs: BurnRateInputs) -> AlertResult:
    if alert.window > inputs.period:
        told = {language: Figures(language).duration(alert.window) for language in ("en", "ko")}
        raise InputError("alerts", "window_share", share=Figures("en").share(alert.budget), window=told)
    burn = alert.budget * inputs.period / alert.window
    errors = burn * budget
    short = alert.window / SHORTER
    return AlertResult(
        severity=alert.severity,
        budget=alert.budget,
        window=alert.window,
        short_window=short,
        burn=burn,
        errors=errors,
        fires=errors < 1,
        detection=alert.window * errors if errors < 1 else math.inf,
        failures=None if inputs.rate is None else inputs.rate * short * errors,
    )


def explain(inputs: BurnRateInputs, result: BurnRateResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("steady")
    page.holds("metric")
    _explain_budget(inputs, result, page)
    for alert in result.alerts:
        _explain_alert(alert, inputs, result, page)
    _explain_errors(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(result, page)
    summaries = [
        page.text("summary", share=page.figures.share(alert.budget), window=page.figures.duration(alert.window))
        for alert in result.alerts
    ]
    page.code.append(Code(language="yaml", text=prometheus_rules(result.alerts, result.budget, summaries)))


def _explain_budget(inputs: BurnRateInputs, result: BurnRateResult, page: Page) -> None:
    figures = page.figures
    budget, period = figures.share(result.budget), figures.duration(inputs.period)
    page.step("budget", slo=figures.share(inputs.slo), budget=budget)
    page.step("outage", period=period, budget=budget, outage=figures.duration(result.outage))
    if inputs.rate is not None and result.failures is not None:
        page.step(
            "failures",
            rate=figures.rate(inputs.rate),
            period=period,
            budget=budget,
            failures=figures.count(result.failures),
        )
    if inputs.down is not None and result.left is not None:
        outage, down = figures.duration(result.outage), figures.duration(inputs.down)
        left = figures.duration(abs(result.left))
        page.step("left", outage=outage, down=down, left=left if result.left >= 0 else f"−{left}")


def _explain_alert(alert: AlertResult, inputs: BurnRateInputs, result: BurnRateResult, page: Page) -> None:
    figures = page.figures
    share, window, burn = figures.share(alert.budget), figures.duration(alert.window), figures.number(alert.burn, 4)
    page.step("burn", share=share, window=window, period=figures.duration(inputs.period), burn=burn)
    page.step(
        "threshold",
        share=share,
        window=window,
        burn=burn,
        budget=figures.share(result.budget),
        errors=figures.share(alert.errors),
    )


def _explain_errors(inputs: BurnRateInputs, result: BurnRateResult, page: Page) -> None:
    figures = page.figures
    if inputs.errors is None or result.exhausted is None or result.burn is None:
        return
    errors, budget = figures.share(inputs.errors), figures.share(result.budget)
    page.step("now", errors=errors, budget=budget, burn=figures.number(result.burn))
    page.step(
        "exhausted",
        period=figures.duration(inputs.period),
        burn=figures.number(result.burn),
        time=figures.duration(result.exhausted),
    )


def _conclude(inputs: BurnRateInputs, result: BurnRateResult, page: Page) -> None:
    figures = page.figures
    page.says(
        "budget",
        budget=figures.share(result.budget),
        outage=figures.duration(result.outage),
        period=figures.duration(inputs.period),
    )
    if inputs.down is not None and result.left is not None:
        page.says(
            "left" if result.left >= 0 else "overdrawn",
            down=figures.duration(inputs.down),
            share=figures.share(inputs.down / result.outage),
            left=figures.duration(abs(result.left)),
        )
    for alert in result.alerts:
        page.says(
            alert.severity,
            burn=figures.number(alert.burn, 4),
            window=figures.duration(alert.window),
            short=figures.duration(alert.short_window),
            errors=figures.share(alert.errors),
            detection=figures.duration(alert.detection),
        )
    if inputs.errors is not None and result.burn is not None and result.exhausted is not None:
        firing = [figures.duration(alert.window) for alert in result.alerts if inputs.errors > alert.errors]
        page.says(
            "exhausted" if result.burn > 1 else "lasts",
            errors=figures.share(inputs.errors),
            time=figures.duration(result.exhausted),
        )
        page.says("firing" if firing else "silent", windows=", ".join(firing))


def _warn(result: BurnRateResult, page: Page) -> None:
    figures = page.figures
    for alert in result.alerts:
        share, window = figures.share(alert.budget), figures.duration(alert.window)
        if not alert.fires:
            page.warns("never", share=share, window=window, errors=figures.share(alert.errors))
        elif alert.failures is not None and alert.failures < _FEW_FAILURES:
            page.warns(
                "few",
                share=share,
                window=window,
                failures=figures.number(alert.failures),
                short=figures.duration(alert.short_window),
            )


CALCULATOR = Calculator(inputs=BurnRateInputs, compute=compute, explain=explain)
