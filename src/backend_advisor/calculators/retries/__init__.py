"""Retries: how layers multiply them, how long they last against a deadline, and the timeout that fits."""

from backend_advisor.calculators.retries.calculator import RetriesInputs, RetriesResult, compute

__all__ = ["RetriesInputs", "RetriesResult", "compute"]
