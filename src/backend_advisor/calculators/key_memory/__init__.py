"""Memory of keys: what so many keys take in Redis or Valkey, and which machine holds them."""

from backend_advisor.calculators.key_memory.calculator import KeyMemoryInputs, KeyMemoryResult, compute

__all__ = ["KeyMemoryInputs", "KeyMemoryResult", "compute"]
