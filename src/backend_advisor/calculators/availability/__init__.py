"""Availability: parts that are all needed, parts of which some are enough, and what they come to together."""

from backend_advisor.calculators.availability.calculator import AvailabilityInputs, AvailabilityResult, compute
from backend_advisor.calculators.availability.parts import Part, PartResult

__all__ = ["AvailabilityInputs", "AvailabilityResult", "Part", "PartResult", "compute"]
