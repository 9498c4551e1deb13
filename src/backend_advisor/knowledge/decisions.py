"""Decision guides as data: options, the criteria that speak for or against them, and what in a case answers these."""

from collections.abc import Mapping, Set
from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from backend_advisor.knowledge.facts import Text
from backend_advisor.model import Source

if TYPE_CHECKING:
    from backend_advisor.knowledge.document import Reporter


class Effect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much (-3 to 3) a criterion speaks for an option, and why."""

    by: float
    why: Text


class FigureSign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stated figure that answers a criterion: its base unit, what it is about, and between which values.

    With `role` only observations, targets or limits count. `says` is the answer that it gives.
    """

    unit: str
    about: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    role: str | None = None
    says: Literal["yes", "no"] = "yes"


class Signs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What in a case answers a criterion: words (patterns) that say yes or that say no, technologies, figures."""

    words: tuple[str, ...] = ()
    words_against: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    figures: tuple[FigureSign, ...] = ()


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question whose answer speaks for some options and against others."""

    question: Text
    if_yes: dict[str, Effect]
    if_no: dict[str, Effect] = {}
    signs: Signs = Signs()
    sources: tuple[str, ...] = ()


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that can be chosen. `base` is what speaks for it when nothing is known, `wrong_when` what would later
    show that it was the wrong choice."""

    name: Text | str
    wrong_when: Text
    base: float = 0.0
    why: Text | None = None
    """Why it is a good start when nothing is known."""
    technologies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Guide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision. It belongs to the advice of `playbook`."""

    playbook: str
    question: Text
    options: dict[str, Option]
    criteria: dict[str, Criterion]
    reviewed: date

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of every source that the guide names."""
        of_options = (source for option in self.options.values() for source in option.sources)
        of_criteria = (source for criterion in self.criteria.values() for source in criterion.sources)
        return tuple(dict.fromkeys([*of_options, *of_criteria]))


def check_guide(guide: Guide, reporter: "Reporter", codes: Set[str], sources: Mapping[str, Source]) -> None:
    """Note what is wrong in a guide: unknown pages, options, sources; criteria that decide nothing or cite nothing."""
    if guide.playbook not in codes:
        reporter.error(1, f"playbook `{guide.playbook}` does not exist")
    if len(guide.options) < 2 or not guide.criteria:
        reporter.error(1, "a guide needs two options and a criterion")
    for source in guide.sources:
        if source not in sources:
            reporter.error(1, f"source `{source}` is not in the registry")
    for key, criterion in guide.criteria.items():
        for option in (criterion.if_yes | criterion.if_no).keys() - guide.options.keys():
            reporter.error(1, f"criterion `{key}`: option `{option}` does not exist")
        effects = [*criterion.if_yes.values(), *criterion.if_no.values()]
        if not any(effect.by for effect in effects):
            reporter.error(1, f"criterion `{key}` decides nothing")
        if any(abs(effect.by) > _MOST for effect in effects):
            reporter.error(1, f"criterion `{key}`: an effect lies beyond {_MOST}")
        if not criterion.sources:
            reporter.error(1, f"criterion `{key}` cites no source")
    for name, one in guide.options.items():
        if abs(one.base) > _MOST:
            reporter.error(1, f"option `{name}`: its base lies beyond {_MOST}")


_MOST = 3
