"""Finding the cost: with hashes whose time is known, and with the real ones on this machine."""

import hashlib
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import calculate
from backend_advisor.calculators.password_hash import PasswordHashInputs, compute
from backend_advisor.calculators.password_hash.algorithms import Algorithm, algorithms
from backend_advisor.calculators.password_hash.measuring import highest_cost

BY_NAME = {algorithm.name: algorithm for algorithm in algorithms(19 * 1024 * 1024)}


@dataclass
class Machine:
    """A machine on which a hash of cost 1 (or the first cost) takes a known time."""

    algorithm: Algorithm
    unit: float
    now: float = 0.0
    runs: int = 0

    def seconds(self, cost: int) -> float:
        return self.unit * (2.0 ** (cost - self.algorithm.start) if self.algorithm.growth == "doubling" else cost)

    def hash_once(self, cost: int) -> None:
        self.now += self.seconds(cost)
        self.runs += 1

    def clock(self) -> float:
        return self.now


@settings(deadline=None)
@given(name=st.sampled_from(sorted(BY_NAME)), power=st.floats(-7, -2), target=st.floats(0.02, 2))
def test_the_highest_cost_under_the_target_is_found(name: str, power: float, target: float) -> None:
    algorithm = BY_NAME[name]
    unit = 10**power / (10_000 if name == "pbkdf2" else 1)
    machine = Machine(algorithm, unit)
    found = highest_cost(algorithm, machine.hash_once, target, machine.clock)
    assert found.fits == (machine.seconds(algorithm.start) <= target)
    if not found.fits:
        return
    assert found.seconds <= target * (1 + 1e-9)
    if found.cost < algorithm.most and algorithm.growth == "doubling":
        assert machine.seconds(found.cost + 1) > target * 0.99 or machine.seconds(found.cost) * 1.5 > target
    if algorithm.growth == "linear" and found.cost < algorithm.most:
        assert machine.seconds(found.cost + algorithm.step) > target * 0.89
    assert machine.now < 60 * target


def test_the_standard_librarys_hashes_are_measured_here() -> None:
    result = compute(PasswordHashInputs(target=0.02, algorithm="pbkdf2", rate=100.0))
    (hashed,) = result.hashes
    assert hashed.seconds > 0
    assert hashed.cost >= 10_000
    assert hashed.logins == pytest.approx(1 / hashed.seconds)
    assert hashed.cores is not None and hashed.cores >= 1
    assert hashed.minimum == 600_000


def test_scrypt_is_measured_with_the_memory_that_it_takes() -> None:
    (hashed,) = compute(PasswordHashInputs(target=0.02, algorithm="scrypt")).hashes
    assert hashed.memory == 1024 * 2**hashed.cost
    assert hashed.enough == (hashed.cost >= 17)


@pytest.mark.parametrize(
    ("algorithm", "module", "package"), [("bcrypt", "bcrypt", "bcrypt"), ("argon2id", "argon2", "argon2-cffi")]
)
def test_a_package_that_is_not_installed_is_named(
    algorithm: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    for language in ("en", "ko"):
        made = calculate("password-hash", {"algorithm": algorithm}, language)  # type: ignore[arg-type]
        assert made.results["hashes"][0]["missing"] == package
        assert any(package in text and "[passwords]" in text for text in made.warnings)
        assert made.conclusion == ()


@pytest.mark.parametrize("algorithm", ["bcrypt", "argon2id"])
def test_an_installed_package_is_measured(algorithm: str) -> None:
    pytest.importorskip("bcrypt" if algorithm == "bcrypt" else "argon2")
    (hashed,) = compute(PasswordHashInputs(target=0.05, algorithm=algorithm)).hashes
    assert not hashed.missing
    assert hashed.cost >= 1


def test_a_python_without_scrypt_and_a_machine_without_memory_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(hashlib, "scrypt", no_memory)
    assert compute(PasswordHashInputs(algorithm="scrypt")).hashes[0].missing == "memory"
    monkeypatch.delattr(hashlib, "scrypt")
    assert compute(PasswordHashInputs(algorithm="scrypt")).hashes[0].missing == "openssl"
    assert "built without" in " ".join(calculate("password-hash", {"algorithm": "scrypt"}, "en").warnings)


def test_a_minimum_that_does_not_fit_is_kept_and_told() -> None:
    made = calculate("password-hash", {"algorithm": "pbkdf2", "target": "10ms"}, "en")
    assert any("do not go below it" in text for text in made.warnings) != made.results["hashes"][0]["enough"]
    assert any("this machine" in text for text in made.assumptions)
