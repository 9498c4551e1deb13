"""What so many keys take in the memory of Redis or Valkey."""

from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class KeyMemoryInputs(Inputs):
    """`keys` of `key` and `value` bytes.

    `overhead`: bytes that each key takes beside. `fragmentation`: resident memory as a multiple of what is used.
    `full`: share of the machine's memory that the data may take, the rest being for copy-on-write and buffers.
    """

    keys: Annotated[int, kinds.count("20M")]
    value: Annotated[float, kinds.size("500B", zero=True)]
    key: Annotated[float, kinds.size("40B", zero=True)] = 40.0
    overhead: Annotated[float, kinds.size("100B", zero=True)] = 100.0
    fragmentation: Annotated[float, kinds.factor("1.2", least=1)] = 1.2
    full: Annotated[float, kinds.share("65%", one=True)] = 0.65


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMemoryResult:
    """Bytes: `raw` of keys and values alone, `data` with the overhead, `resident` with fragmentation, `machine`."""

    raw: float
    data: float
    resident: float
    machine: float


def compute(inputs: KeyMemoryInputs) -> KeyMemoryResult:
    """Work the bytes out."""
    raw = inputs.keys * (inputs.key + inputs.value)
    data = raw + inputs.keys * inputs.overhead
    resident = data * inputs.fragmentation
    return KeyMemoryResult(raw=raw, data=data, resident=resident, machine=resident / inputs.full)


def explain(inputs: KeyMemoryInputs, result: KeyMemoryResult, page: Page) -> None:
    """Write the working and what follows from it."""
    figures = page.figures
    page.holds("strings")
    keys, key, value = figures.count(inputs.keys), figures.size(inputs.key), figures.size(inputs.value)
    overhead, full = figures.size(inputs.overhead), figures.share(inputs.full)
    fragmentation = figures.number(inputs.fragmentation)
    raw, data = figures.size(result.raw), figures.size(result.data)
    resident, machine = figures.size(result.resident), figures.size(result.machine)
    page.step("data", keys=keys, key=key, value=value, overhead=overhead, data=data)
    page.step("resident", data=data, fragmentation=fragmentation, resident=resident)
    page.step("machine", resident=resident, full=full, machine=machine)
    page.says("data", raw=raw, data=data, overhead=overhead, resident=resident, fragmentation=fragmentation)
    page.says("machine", machine=machine, full=full)
    page.warns("measure")


CALCULATOR = Calculator(inputs=KeyMemoryInputs, compute=compute, explain=explain)
