"""Partitions and shards: how many throughput and size need, and how long a backlog takes to drain."""

from backend_advisor.calculators.kinds import Flow
from backend_advisor.calculators.partitions.calculator import PartitionsInputs, PartitionsResult, compute

__all__ = ["Flow", "PartitionsInputs", "PartitionsResult", "compute"]
