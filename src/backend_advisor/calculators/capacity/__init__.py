"""Capacity: what a rate keeps busy, how many instances it needs, and what piles up when there are too few."""

from backend_advisor.calculators.capacity.calculator import CapacityInputs, CapacityResult, compute

__all__ = ["CapacityInputs", "CapacityResult", "compute"]
