"""Fan-out: how many requests wait for a slow call, and how fast each call has to be so that few do."""

from backend_advisor.calculators.fan_out.calculator import FanOutInputs, FanOutResult, compute

__all__ = ["FanOutInputs", "FanOutResult", "compute"]
