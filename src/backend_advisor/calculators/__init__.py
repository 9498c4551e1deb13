"""Calculators that show their working: pools, capacity, limits, caches, availability, retries, demand, sizes, hashing.

Each is a folder with its inputs and a pure function in `calculator.py`, and all its words beside it in YAML.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from backend_advisor.calculators.errors import InputError, UnknownCalculatorError

if TYPE_CHECKING:
    from backend_advisor.calculators.calculation import Calculation, Calculator
    from backend_advisor.calculators.description import Description
    from backend_advisor.calculators.inputs import Inputs
    from backend_advisor.model import Language

__all__ = [
    "NAMES",
    "InputError",
    "UnknownCalculatorError",
    "about",
    "calculate",
    "describe",
    "inputs_of",
    "work_out",
]

NAMES = (
    "pool",
    "capacity",
    "rate-limit",
    "cache",
    "availability",
    "retries",
    "burn-rate",
    "partitions",
    "storage",
    "password-hash",
    "polling",
    "upload-parts",
    "fan-out",
    "demand",
    "batch",
    "key-memory",
)


def calculate(name: str, inputs: Mapping[str, str], language: "Language") -> "Calculation":
    """Calculate with inputs as people write them, such as `{"rate": "400/s", "held": "6ms"}`.

    Raises UnknownCalculatorError for a name that is not one of `NAMES`, and InputError for a missing, unknown,
    unreadable or impossible input.
    """
    from backend_advisor.calculators.inputs import read

    calculator = _calculator(known(name))
    taken, given = read(calculator.inputs, inputs)
    return _made(known(name), calculator, taken, given, language)


def work_out(inputs: "Inputs", language: "Language") -> "Calculation":
    """Calculate with figures in base units: the `…Inputs` of any calculator, such as those of a case.

    What differs from an input's default counts as given. Raises InputError where inputs do not fit together.
    """
    from backend_advisor.calculators.inputs import defaults, kinds

    name = type(inputs).__module__.split(".")[-2].replace("_", "-")
    assumed = defaults(type(inputs))
    given = {key: "" for key in kinds(type(inputs)) if key not in assumed or getattr(inputs, key) != assumed[key]}
    return _made(name, _calculator(name), inputs, given, language)


def inputs_of(name: str) -> "type[Inputs]":
    """The dataclass of a calculator's inputs in base units, for `work_out`; raises UnknownCalculatorError."""
    inputs: type[Inputs] = _calculator(known(name)).inputs
    return inputs


def about(name: str, language: "Language") -> str:
    """What a calculator answers, in one line; raises UnknownCalculatorError."""
    from backend_advisor.phrases import phrase

    return phrase(_package(known(name)), language, "about")


def describe(name: str, language: "Language") -> "Description":
    """A calculator's inputs with their meanings, and an example; raises UnknownCalculatorError."""
    from backend_advisor.calculators.description import description

    return description(known(name), _package(known(name)), _calculator(known(name)).inputs, language)


def known(name: str) -> str:
    """The calculator's own spelling of a name; raises UnknownCalculatorError."""
    plain = name.strip().lower().replace("_", "-")
    if plain not in NAMES:
        raise UnknownCalculatorError(name, tuple(get_close_matches(plain, NAMES, n=2)))
    return plain


def _made(
    name: str, calculator: "Calculator[Any, Any]", inputs: "Inputs", given: Mapping[str, str], language: "Language"
) -> "Calculation":
    from backend_advisor.calculators.calculation import Page

    result = calculator.compute(inputs)
    page = Page(_package(name), language)
    calculator.explain(inputs, result, page)
    return page.calculation(name, inputs, given, result)


def _package(name: str) -> str:
    return f"{__name__}.{name.replace('-', '_')}"


def _calculator(name: str) -> "Calculator[Any, Any]":
    calculator: Calculator[Any, Any] = import_module(f"{_package(name)}.calculator").CALCULATOR
    return calculator
