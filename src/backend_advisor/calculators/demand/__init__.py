"""Demand: mean and peak requests per second of so many users."""

from backend_advisor.calculators.demand.calculator import DemandInputs, DemandResult, compute

__all__ = ["DemandInputs", "DemandResult", "compute"]
