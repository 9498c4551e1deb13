"""Rate limits: what a token bucket, a fixed window, a sliding log and a sliding counter let through and remember."""

from backend_advisor.calculators.rate_limit.calculator import RateLimitInputs, RateLimitResult, compute

__all__ = ["RateLimitInputs", "RateLimitResult", "compute"]
