"""Polling: requests and bytes per second of clients that ask at an interval, and what answering 304 saves."""

from backend_advisor.calculators.polling.calculator import PollingInputs, PollingResult, compute

__all__ = ["PollingInputs", "PollingResult", "compute"]
