"""What a calculator takes, for a reader who has not given anything yet."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend_advisor.calculators.figures import Figures
from backend_advisor.calculators.inputs import Inputs, defaults, kinds, required
from backend_advisor.phrases import phrase

if TYPE_CHECKING:
    from backend_advisor.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An input: its meaning, how one is written, and what is assumed where it is not given (empty: nothing)."""

    name: str
    meaning: str
    example: str
    required: bool
    assumed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A calculator before it calculates. `example` is the inputs of a call that works."""

    name: str
    title: str
    about: str
    inputs: tuple[Asked, ...]
    example: str


def description(name: str, package: str, inputs: type[Inputs], language: "Language") -> Description:
    """The description of a calculator whose phrases stand in a package."""
    from backend_advisor.calculators.calculation import without_citations

    figures, assumed, needed = Figures(language), defaults(inputs), required(inputs)
    asked = [
        Asked(
            name=key,
            meaning=without_citations(phrase(package, language, f"input_{key}")),
            example=f"{key}={kind.example}",
            required=key in needed,
            assumed=kind.show(assumed[key], figures) if key in assumed else "",
        )
        for key, kind in kinds(inputs).items()
    ]
    return Description(
        name=name,
        title=phrase(package, language, "title"),
        about=phrase(package, language, "about"),
        inputs=tuple(sorted(asked, key=lambda one: not one.required)),
        example=phrase(package, language, "example"),
    )
