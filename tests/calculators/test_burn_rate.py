"""Error budgets: the published thresholds, what they mean, and rules that Prometheus can read."""

import math
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.burn_rate import Alert, BurnRateInputs, compute
from backend_advisor.calculators.burn_rate.rules import prometheus_duration


def test_the_recommended_alerts_burn_as_published() -> None:
    alerts = compute(BurnRateInputs(slo=0.999)).alerts
    assert [round(alert.burn, 9) for alert in alerts] == [14.4, 6.0, 1.0]
    assert [alert.short_window for alert in alerts] == [300, 1800, 21_600]
    assert [alert.severity for alert in alerts] == ["page", "page", "ticket"]
    assert alerts[0].errors == pytest.approx(0.0144)


@pytest.mark.parametrize(
    ("errors", "exhausted"), [(0.001, 30 * 86400), (0.002, 15 * 86400), (0.01, 3 * 86400), (1.0, 2592)]
)
def test_the_published_times_to_exhaustion(errors: float, exhausted: float) -> None:
    assert compute(BurnRateInputs(slo=0.999, errors=errors)).exhausted == pytest.approx(exhausted)


@settings(deadline=None)
@given(
    slo=st.floats(0.5, 0.99999),
    days=st.integers(7, 90),
    budget=st.floats(0.001, 1),
    window=st.floats(720, 7 * 86400),
    rate=st.floats(0.01, 1e6),
)
def test_errors_at_the_threshold_use_their_share_in_the_window(
    slo: float, days: int, budget: float, window: float, rate: float
) -> None:
    alert = Alert(budget=budget, window=window, severity="page")
    result = compute(BurnRateInputs(slo=slo, period=days * 86400.0, alerts=(alert,), rate=rate))
    assert result.failures is not None
    found = result.alerts[0]
    assert rate * window * found.errors == pytest.approx(budget * result.failures, rel=1e-6)
    assert found.fires == (found.errors < 1)
    assert found.detection <= window or not found.fires


@settings(deadline=None)
@given(errors=st.floats(1e-6, 1), more=st.floats(1, 10))
def test_more_errors_exhaust_sooner(errors: float, more: float) -> None:
    soon = compute(BurnRateInputs(slo=0.99, errors=min(errors * more, 1.0))).exhausted
    late = compute(BurnRateInputs(slo=0.99, errors=errors)).exhausted
    assert soon is not None and late is not None
    assert soon <= late


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_rules_are_yaml_that_alarms_on_both_windows(language: str) -> None:
    made = calculate("burn-rate", {"slo": "99.5%", "alerts": "2%:1h, 10%:90min"}, language)  # type: ignore[arg-type]
    rules = yaml.safe_load(made.code[0].text)["groups"][0]["rules"]
    recorded = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    alerts = [rule for rule in rules if "alert" in rule]
    assert len(alerts) == 2
    assert len(recorded) == 4
    for rule in alerts:
        both = re.findall(r"(job:\S+) > \(([\d.]+) \* ([\d.]+)\)", rule["expr"])
        assert len(both) == 2 and all(name in recorded for name, _, _ in both)
        assert rule["labels"]["severity"] == "page"
    assert "14.4 * 0.005" in alerts[0]["expr"]
    assert "ratio_rate1h30m" in alerts[1]["expr"] and "ratio_rate7m30s" in alerts[1]["expr"]


def test_durations_are_written_as_prometheus_reads_them() -> None:
    assert [prometheus_duration(s) for s in (300, 5400, 259_200, 604_800, 450)] == ["5m", "1h30m", "3d", "1w", "7m30s"]


def test_alerts_that_cannot_fire_and_too_little_traffic_are_warned_of() -> None:
    low = calculate("burn-rate", {"slo": "90%"}, "en")
    assert any("can never fire" in text and "144 %" in text for text in low.warnings)
    assert low.results["alerts"][0]["detection"] == math.inf
    quiet = calculate("burn-rate", {"slo": "99.9%", "rate": "10/h"}, "en")
    assert any("failed requests within 5 min" in text for text in quiet.warnings)
    assert not calculate("burn-rate", {"slo": "99.9%", "rate": "1000/s"}, "en").warnings
