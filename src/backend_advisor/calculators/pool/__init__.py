"""Connection pools: how many connections, how long work waits for one, and whether the database can serve them all."""

from backend_advisor.calculators.pool.calculator import PoolInputs, PoolResult, Waiting, compute

__all__ = ["PoolInputs", "PoolResult", "Waiting", "compute"]
