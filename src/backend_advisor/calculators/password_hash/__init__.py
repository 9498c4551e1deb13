"""Password hashing: the highest cost that this machine computes in the wanted time, and the logins that follow."""

from backend_advisor.calculators.password_hash.algorithms import Absent
from backend_advisor.calculators.password_hash.calculator import (
    Hashed,
    PasswordHashInputs,
    PasswordHashResult,
    compute,
)

__all__ = ["Absent", "Hashed", "PasswordHashInputs", "PasswordHashResult", "compute"]
