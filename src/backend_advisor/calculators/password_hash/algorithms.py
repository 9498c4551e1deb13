"""The algorithms, each as a function of one cost, with the minimum that OWASP recommends.

scrypt and PBKDF2 are in the standard library; bcrypt and argon2-cffi are imported only when they are asked for.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Literal

Growth = Literal["doubling", "linear"]
Hash = Callable[[int], object]

_PASSWORD = b"correct horse battery staple"
_MIB = 1024 * 1024


class Absent(Exception):
    """An algorithm that cannot be measured here; `what` is the package that is missing, or "openssl"."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A hash whose time doubles with each step of the cost, or grows in line with it.

    `start` and `most` bound the cost, `step` is the unit that it is rounded down to, `minimum` OWASP's, and
    `load` gives the function that hashes once at a cost; `memory` bytes that a hash takes at a cost.
    """

    name: str
    growth: Growth
    start: int
    most: int
    step: int
    minimum: int
    load: Callable[[], Hash]
    memory: Callable[[int], int]


def algorithms(argon2_memory: int) -> tuple[Algorithm, ...]:
    """All of them, strongest first; Argon2id with so many bytes of memory."""
    kib = argon2_memory // 1024
    return (
        Algorithm(name="argon2id", growth="linear", start=1, most=1000, step=1, minimum=2, load=lambda: _argon2id(kib),
                  memory=lambda _cost: kib * 1024),
        Algorithm(name="scrypt", growth="doubling", start=10, most=19, step=1, minimum=17, load=_scrypt,
                  memory=lambda cost: 128 * 8 * 2**cost),
        Algorithm(name="bcrypt", growth="doubling", start=4, most=20, step=1, minimum=10, load=_bcrypt,
                  memory=lambda _cost: 4096),
        Algorithm(name="pbkdf2", growth="linear", start=10_000, most=10**9, step=10_000, minimum=600_000, load=_pbkdf2,
                  memory=lambda _cost: 0),
    )  # fmt: skip


def _pbkdf2() -> Hash:
    salt = secrets.token_bytes(16)
    return lambda iterations: hashlib.pbkdf2_hmac("sha256", _PASSWORD, salt, iterations)


def _scrypt() -> Hash:
    if not hasattr(hashlib, "scrypt"):
        raise Absent("openssl")
    salt = secrets.token_bytes(16)
    return lambda cost: hashlib.scrypt(
        _PASSWORD, salt=salt, n=2**cost, r=8, p=1, maxmem=2 * 128 * 8 * 2**cost + _MIB, dklen=32
    )


def _bcrypt() -> Hash:
    module = _imported("bcrypt", "bcrypt")
    return lambda cost: module.hashpw(_PASSWORD, module.gensalt(cost))


def _argon2id(kib: int) -> Hash:
    module = _imported("argon2", "argon2-cffi")
    return lambda passes: module.PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=1).hash(_PASSWORD)


def _imported(module: str, package: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError:
        raise Absent(package) from None
