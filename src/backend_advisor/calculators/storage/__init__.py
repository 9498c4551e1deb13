"""Storage: how a table grows, how large it is after some months, and when a disk is full."""

from backend_advisor.calculators.storage.calculator import StorageInputs, StorageResult, compute

__all__ = ["StorageInputs", "StorageResult", "compute"]
