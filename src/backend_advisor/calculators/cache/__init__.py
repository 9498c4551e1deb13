"""Caches: mean latency, load on the origin, the hit ratio that a target needs, and what a cold cache does."""

from backend_advisor.calculators.cache.calculator import CacheInputs, CacheResult, compute

__all__ = ["CacheInputs", "CacheResult", "compute"]
