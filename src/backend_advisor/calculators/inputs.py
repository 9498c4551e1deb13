"""The inputs of a calculation: declared as fields of a dataclass, read from texts, checked wherever they come from."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from backend_advisor.calculators.amounts import Unreadable
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.kinds import Kind, Refused

_LONGEST_QUOTE = 40


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Base of every calculator's inputs: each field is checked against its kind when an instance is made.

    A field without a default must be given; a default is what is assumed; None means that the part of the
    calculation that needs it is left out. Raises InputError.
    """

    def __post_init__(self) -> None:
        for name, kind in kinds(type(self)).items():
            value = getattr(self, name)
            if value is None and _default(type(self), name) is None:
                continue
            try:
                kind.check(value)
            except Refused as error:
                raise InputError(name, error.cause, **error.values_of) from None


Taken = TypeVar("Taken", bound=Inputs)


def kinds(inputs: type[Inputs]) -> Mapping[str, Kind]:
    """The kind of each input, in the order of declaration."""
    hints = get_type_hints(inputs, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in fields(inputs)}


def required(inputs: type[Inputs]) -> tuple[str, ...]:
    """The names of the inputs that must be given."""
    return tuple(field.name for field in fields(inputs) if field.default is MISSING)


def defaults(inputs: type[Inputs]) -> Mapping[str, Any]:
    """What is assumed where nothing is given."""
    return {field.name: field.default for field in fields(inputs) if field.default not in (MISSING, None)}


def read(inputs: type[Taken], texts: Mapping[str, str]) -> tuple[Taken, Mapping[str, str]]:
    """The inputs that texts by name stand for, and the texts as they may be shown; raises InputError."""
    known = kinds(inputs)
    values: dict[str, Any] = {}
    for written, text in texts.items():
        name = written.strip().lower().replace("-", "_")
        if name not in known:
            raise InputError(quoted(written), "unknown", near=_near(name, known))
        if name in values:
            raise InputError(name, "twice")
        values[name] = _value(name, known[name], text)
    for name in required(inputs):
        if name not in values:
            raise InputError(name, "missing", example=f"{name}={known[name].example}")
    shown = {written.strip().lower().replace("-", "_"): quoted(text) for written, text in texts.items()}
    return inputs(**values), shown


def _value(name: str, kind: Kind, text: str) -> Any:
    try:
        value = kind.read(text)
        kind.check(value)
    except (Unreadable, Refused) as error:
        values = {"example": f"{name}={kind.example}", **error.values_of}
        if "unit" in values:
            values["unit"] = quoted(str(values["unit"]))
        raise InputError(f"{name}={quoted(text)}", error.cause, **values) from None
    return value


def _near(name: str, known: Mapping[str, Kind]) -> str:
    """The input that was likely meant, else all of them."""
    return ", ".join(get_close_matches(name, known, n=1) or known)


def quoted(text: str) -> str:
    """A text of the user's, safe to show and short."""
    flat = "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))
    return flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 1] + "…"


def _default(inputs: type[Inputs], name: str) -> Any:
    field: Field[Any] = inputs.__dataclass_fields__[name]
    return field.default
