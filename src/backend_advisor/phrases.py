"""Short bilingual texts: filling in values, and the phrase files that a room keeps beside its code.

Which form a Korean particle takes after a value, also after a Latin one, is the one rule of `particles`.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import TYPE_CHECKING, Any

from backend_advisor.particles import PARTICLE, particle

if TYPE_CHECKING:
    from backend_advisor.model import Language


class _PhraseFormatter(Formatter):
    """`str.format` that also picks a Korean particle: `{column:을/를}` gives "id를" and "이름을"."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if PARTICLE.match(format_spec):
            text = str(value)
            return text + particle(text, format_spec)
        return str(super().format_field(value, format_spec))


_FORMATTER = _PhraseFormatter()
_QUOTED = re.compile(r"\{(?P<field>[\w.]+)\}`(?P<form>은|는|이|가|을|를|과|와|으로|로)(?![가-힣(])")
"""A value in quotes of code, with a particle written after it as if the value were known."""
_PAIRS = ("은/는", "이/가", "을/를", "과/와", "으로/로")


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Put values into a template's named fields; raises KeyError when one is missing.

    A particle that is written after a value in quotes of code (`{call}`을) takes the form that the value asks for.
    """
    if "}`" in template:
        template = _QUOTED.sub(lambda match: _with_particle(match, values), template)
    return _FORMATTER.vformat(template, (), values)


def _with_particle(match: re.Match[str], values: Mapping[str, Any]) -> str:
    pair = next(one for one in _PAIRS if match["form"] in one.split("/"))
    value = values.get(match["field"])
    if value is None:
        return match.group()
    return f"{{{match['field']}}}`{particle(str(value), pair)}"


@cache
def phrases(package: str, language: "Language") -> Mapping[str, str]:
    """The texts in `phrases.LANGUAGE.yaml` of a package, by key."""
    import yaml

    text = resources.files(package).joinpath(f"phrases.{language}.yaml").read_text("utf-8")
    loaded: dict[str, str] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


def phrase(package: str, language: "Language", key: str, /, **values: object) -> str:
    """One text of a package in the given language, filled in."""
    return fill(phrases(package, language)[key], values)
