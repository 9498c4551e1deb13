"""How costly password hashes can be on this machine in the wanted time, and how many logins it then bears."""

import math
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.inputs import Inputs
from backend_advisor.calculators.password_hash.algorithms import Absent, Algorithm, algorithms
from backend_advisor.calculators.password_hash.measuring import (
    Clock,
    highest_cost,
    processor_clock,
    seconds_at,
)

BUSY_LIMIT = 0.8
_MIB = 1024 * 1024
_MEMORY = 19.0 * _MIB
_NAMES = ("argon2id", "scrypt", "bcrypt", "pbkdf2")


@dataclass(frozen=True, kw_only=True)
class PasswordHashInputs(Inputs):
    """`target`: seconds that a hash may take. `algorithm`: one of them, or all. `memory`: bytes for Argon2id.

    `rate`: logins per second at the peak.
    """

    target: Annotated[float, kinds.Quantity("duration", "250ms", least=0.01, most=5.0, from_least=True)] = 0.25
    algorithm: Annotated[str, kinds.Choice("all", ("all", *_NAMES))] = "all"
    memory: Annotated[float, kinds.Quantity("size", "19MiB", least=_MIB, most=1024 * _MIB, from_least=True)] = _MEMORY
    rate: Annotated[float | None, kinds.rate("20/s")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """One algorithm: its highest cost under the target with the seconds of a hash, and the same at OWASP's minimum.

    `cost` is Argon2id's passes, scrypt's log₂ N, bcrypt's work factor, PBKDF2's iterations. `missing` names the package
    that would have to be installed, "openssl" or "memory"; the figures are 0 then. `memory`: bytes of a hash. `cores`:
    processor cores that the given rate needs.
    """

    algorithm: str
    missing: str = ""
    cost: int = 0
    seconds: float = 0.0
    fits: bool = False
    logins: float = 0.0
    memory: int = 0
    minimum: int = 0
    minimum_seconds: float = 0.0
    enough: bool = False
    cores: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordHashResult:
    """What was measured, on which machine with how many cores, and whether that was busy with other things."""

    hashes: tuple[Hashed, ...]
    machine: str
    cpus: int
    busy: bool


def compute(inputs: PasswordHashInputs, clock: Clock | None = None) -> PasswordHashResult:
    """Measure, for some seconds. Not the same twice: this is the one calculator that depends on the machine."""
    clock = clock or processor_clock()
    wanted = [a for a in algorithms(int(inputs.memory)) if inputs.algorithm in ("all", a.name)]
    return PasswordHashResult(
        hashes=tuple(_hashed(algorithm, inputs, clock) for algorithm in wanted),
        machine=f"{platform.machine()}, {os.cpu_count() or 1} CPU, Python {platform.python_version()}",
        cpus=os.cpu_count() or 1,
        busy=_busy(),
    )


def _hashed(algorithm: Algorithm, inputs: PasswordHashInputs, clock: Clock) -> Hashed:
    try:
        hash_once = algorithm.load()
        found = highest_cost(algorithm, hash_once, inputs.target, clock)
        minimum = found.seconds if found.cost == algorithm.minimum else seconds_at(hash_once, algorithm.minimum, clock)
    except Absent as error:
        return Hashed(algorithm=algorithm.name, missing=error.what)
    except (MemoryError, OSError):
        return Hashed(algorithm=algorithm.name, missing="memory")
    return Hashed(
        algorithm=algorithm.name,
        cost=found.cost,
        seconds=found.seconds,
        fits=found.fits,
        logins=1 / found.seconds if found.seconds > 0 else math.inf,
        memory=algorithm.memory(found.cost),
        minimum=algorithm.minimum,
        minimum_seconds=minimum,
        enough=found.cost >= algorithm.minimum,
        cores=None if inputs.rate is None else math.ceil(inputs.rate * found.seconds / BUSY_LIMIT),
    )


def _busy() -> bool:
    """Whether others use more than half of the cores, which makes hashes look slower."""
    try:
        return os.getloadavg()[0] > (os.cpu_count() or 1) / 2
    except (OSError, AttributeError):
        return False


def explain(inputs: PasswordHashInputs, result: PasswordHashResult, page: Page) -> None:
    """Write what was measured and what follows from it."""
    page.holds("measured", machine=result.machine)
    page.holds("parameters", memory=page.figures.size(inputs.memory))
    for hashed in result.hashes:
        if hashed.missing in ("openssl", "memory"):
            page.warns(f"missing_{hashed.missing}", algorithm=_name(hashed, page))
        elif hashed.missing:
            page.warns("missing", algorithm=_name(hashed, page), package=hashed.missing)
        else:
            _explain(hashed, inputs, result, page)
    if result.busy:
        page.warns("busy")
    page.warns("shared")


def _explain(hashed: Hashed, inputs: PasswordHashInputs, result: PasswordHashResult, page: Page) -> None:
    figures, values = page.figures, dict(_values(hashed, page))
    target = figures.duration(inputs.target)
    page.step("cost", target=target, **values)
    page.step("logins", **values)
    if inputs.rate is not None and hashed.cores is not None:
        page.step("cores", rate=figures.rate(inputs.rate), cores=figures.count(hashed.cores), **values)
    if hashed.memory >= _MIB:
        total = figures.size(result.cpus * hashed.memory)
        page.step("memory", cpus=figures.count(result.cpus), total=total, **values)
    if not hashed.fits:
        page.says("slow", target=target, **values)
    else:
        page.says("enough" if hashed.enough else "short", target=target, **values)
    if not hashed.enough:
        page.warns("minimum", target=target, **values)


def _values(hashed: Hashed, page: Page) -> Iterator[tuple[str, Any]]:
    figures = page.figures
    yield "algorithm", _name(hashed, page)
    yield "cost", _cost(hashed.algorithm, hashed.cost, page)
    yield "minimum", _cost(hashed.algorithm, hashed.minimum, page)
    yield "seconds", figures.duration(hashed.seconds)
    yield "minimum_seconds", figures.duration(hashed.minimum_seconds)
    yield "logins", figures.rate(hashed.logins)
    yield "memory", figures.size(hashed.memory)


def _name(hashed: Hashed, page: Page) -> str:
    return page.text(f"name_{hashed.algorithm}")


def _cost(algorithm: str, cost: int, page: Page) -> str:
    return page.text(f"cost_{algorithm}", cost=page.figures.count(cost))


CALCULATOR = Calculator(inputs=PasswordHashInputs, compute=compute, explain=explain)
