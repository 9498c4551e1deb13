"""Error budgets: what an SLO allows, at which burn rates to alarm, and when the budget is gone."""

from backend_advisor.calculators.burn_rate.alerts import Alert, AlertResult
from backend_advisor.calculators.burn_rate.calculator import BurnRateInputs, BurnRateResult, compute

__all__ = ["Alert", "AlertResult", "BurnRateInputs", "BurnRateResult", "compute"]
