"""Prometheus rules that alarm when both windows of an alert burn the budget too fast."""

from collections.abc import Sequence

from backend_advisor.calculators.burn_rate.alerts import AlertResult

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_RECORD = "job:slo_errors_per_request:ratio_rate{window}"


def prometheus_rules(alerts: Sequence[AlertResult], budget: float, summaries: Sequence[str]) -> str:
    """A rules file: a recorded error ratio for each window, and an alert for each pair of windows."""
    windows = sorted({seconds for alert in alerts for seconds in (alert.window, alert.short_window)})
    lines = ["groups:", "  - name: slo-burn-rate", "    rules:"]
    for seconds in windows:
        window = prometheus_duration(seconds)
        lines += [
            f"      - record: {_RECORD.format(window=window)}",
            "        expr: >-",
            f'          sum by (job) (rate(http_requests_total{{code=~"5.."}}[{window}]))',
            f"          / sum by (job) (rate(http_requests_total[{window}]))",
        ]
    for alert, summary in zip(alerts, summaries, strict=True):
        limit = f"({alert.burn:.6g} * {budget:.6g})"
        lines += [
            "      - alert: ErrorBudgetBurn",
            "        expr: >-",
            f"          {_RECORD.format(window=prometheus_duration(alert.window))} > {limit}",
            f"          and {_RECORD.format(window=prometheus_duration(alert.short_window))} > {limit}",
            "        labels:",
            f"          severity: {alert.severity}",
            "        annotations:",
            f'          summary: "{summary}"',
        ]
    return "\n".join(lines)


def prometheus_duration(seconds: float) -> str:
    """Whole seconds as Prometheus writes them, such as "1h" or "1h30m"."""
    rest, text = round(seconds), ""
    for unit, length in _UNITS:
        whole, rest = divmod(rest, length)
        text += f"{whole}{unit}" if whole else ""
    return text
