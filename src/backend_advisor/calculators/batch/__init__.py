"""Batches: how long so many things take at a rate, and which rate a deadline needs."""

from backend_advisor.calculators.batch.calculator import BatchInputs, BatchResult, compute

__all__ = ["BatchInputs", "BatchResult", "compute"]
