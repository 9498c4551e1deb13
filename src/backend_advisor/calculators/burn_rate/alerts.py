"""Alerts on the burn rate: which share of the budget, in which window, and what follows from the two."""

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from backend_advisor.calculators.amounts import DAY, Unreadable, duration, share
from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.kinds import Refused

SHORTER = 12
"""The short window is a twelfth of the long one, so that an alert ends soon after the errors."""
_SHORTEST = 12 * 60.0
_MOST = 10

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Alarm when the share `budget` of the error budget is used within `window` seconds."""

    budget: float
    window: float
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResult:
    """`burn` times the budget's pace alarms, which is the share `errors` of requests, in both windows (seconds).

    `detection`: seconds until a full outage alarms, `fires` whether any share of errors can. `failures`: failed
    requests within the short window that are enough (None without a rate).
    """

    severity: Severity
    budget: float
    window: float
    short_window: float
    burn: float
    errors: float
    fires: bool
    detection: float
    failures: float | None


RECOMMENDED = (
    Alert(budget=0.02, window=3600.0, severity="page"),
    Alert(budget=0.05, window=6 * 3600.0, severity="page"),
    Alert(budget=0.10, window=3 * DAY, severity="ticket"),
)


@dataclass(frozen=True, slots=True)
class AlertsKind:
    """Alerts as "2%:1h,5%:6h,10%:3d"; those on less than a day are pages, the others tickets."""

    example: str
    name: str = "alerts"

    def read(self, text: str) -> tuple[Alert, ...]:
        """The alerts; raises Unreadable."""
        return tuple(_alert(piece) for piece in re.split(r"[,;]", text))

    def check(self, value: Any) -> None:
        """One to ten alerts, each on a share of the budget within twelve minutes at least."""
        if not isinstance(value, tuple) or not value or not all(isinstance(alert, Alert) for alert in value):
            raise Refused("alerts", example=self.example)
        if len(value) > _MOST:
            raise Refused("too_many", most=_MOST)
        for alert in value:
            if not (0 < alert.budget <= 1 and math.isfinite(alert.window) and alert.window >= _SHORTEST):
                raise Refused("alerts", example=self.example)

    def show(self, value: Any, figures: Figures) -> str:
        """The alerts as they are written."""
        return ", ".join(f"{figures.share(alert.budget)}:{figures.duration(alert.window)}" for alert in value)


def _alert(text: str) -> Alert:
    budget, colon, window = text.strip().partition(":")
    if not colon:
        raise Unreadable("alerts")
    seconds = duration(window)
    return Alert(budget=share(budget), window=seconds, severity="page" if seconds < DAY else "ticket")
