"""Facts that change with time or version: kept apart from the prose that uses them as `[=fact-id]`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from backend_advisor.model import FactChange, Language, StatedFact, Technology

REFERENCE = re.compile(r"\[=([a-z0-9]+(?:[._-][a-z0-9]+)*)\]")
_WITH_PARTICLE = re.compile(REFERENCE.pattern + "([가-힣]*)")
USUAL_INTERVAL = 180
"""Days after which a fact should be checked again when it names no interval of its own."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    en: str
    ko: str

    def in_language(self, language: Language) -> str:
        """The text in one of them."""
        return self.ko if language == "ko" else self.en


class FactValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """What holds between two days (both inclusive, both open when missing), for one version when that is named."""

    value: Text | str
    since: date | None = None
    until: date | None = None
    version: str | None = None
    source: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this is the value on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def text(self, language: Language) -> str:
        """The value as written in one language."""
        return self.value if isinstance(self.value, str) else self.value.in_language(language)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is one way now and may be another way later, with its source and the day it was checked."""

    what: Text
    source: str
    checked: date
    values: tuple[FactValue, ...]
    check_every: int = USUAL_INTERVAL
    technology: str | None = None

    def on(self, day: date, version: str | None = None) -> FactValue | None:
        """The value on a day, for a version when one fits, else the first stated; None when nothing holds then."""
        holding = [value for value in self.values if value.holds_on(day)]
        fitting = [value for value in holding if version and value.version and _covers(value.version, version)]
        return next(iter(fitting or holding), None)

    def next_change(self, day: date) -> tuple[date, FactValue | None] | None:
        """The first day after the given one on which another value holds, with that value."""
        starts = {value.since for value in self.values if value.since and value.since > day}
        ends = {value.until + timedelta(days=1) for value in self.values if value.until and value.until >= day}
        first = min(starts | ends, default=None)
        return None if first is None else (first, self.on(first))

    def is_overdue(self, day: date) -> bool:
        """Whether its check interval has passed."""
        return day > self.checked + timedelta(days=self.check_every)


def state(identifier: str, fact: Fact, language: Language, day: date, version: str | None = None) -> StatedFact:
    """The fact as it is told on a day."""
    value = fact.on(day, version)
    change = fact.next_change(day)
    return StatedFact(
        id=identifier,
        what=fact.what.in_language(language),
        value=value.text(language) if value else None,
        version=value.version if value else None,
        since=_iso(value.since) if value else None,
        until=_iso(value.until) if value else None,
        change=FactChange(date=change[0].isoformat(), value=change[1].text(language) if change[1] else None)
        if change
        else None,
        source=(value.source if value and value.source else fact.source),
        checked=fact.checked.isoformat(),
        overdue=fact.is_overdue(day),
    )


class Statements:
    """Puts facts into texts, and remembers which were told."""

    def __init__(
        self, facts: Mapping[str, Fact], language: Language, day: date, stack: Iterable[Technology] = ()
    ) -> None:
        self._facts, self._language, self._day = facts, language, day
        self._versions = {technology.id: technology.version for technology in stack}
        self.told: dict[str, StatedFact] = {}

    def fill(self, text: str) -> str:
        """The text with each `[=fact-id]` as its value and a citation of its source, put after a Korean ending."""
        return _WITH_PARTICLE.sub(self._value, text) if "[=" in text else text

    def _value(self, match: re.Match[str]) -> str:
        identifier = match[1]
        if identifier not in self.told:
            fact = self._facts[identifier]
            version = self._versions.get(fact.technology) if fact.technology else None
            self.told[identifier] = state(identifier, fact, self._language, self._day, version)
        stated = self.told[identifier]
        return f"{stated.value or '–'}{match[2]} [@{stated.source}]"


def in_order(facts: Mapping[str, Fact], day: date) -> list[str]:
    """The ids of facts, those that change soonest first, then by id."""

    def soonest(name: str) -> tuple[date, str]:
        change = facts[name].next_change(day)
        return (change[0] if change else date.max, name)

    return sorted(facts, key=soonest)


def _covers(stated: str, asked: str) -> bool:
    """Whether a value stated for version `17` is meant when `17.4` (or `17` for `17.4`) is asked for."""
    return stated == asked or asked.startswith(f"{stated}.") or stated.startswith(f"{asked}.")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def sources_of(fact: Fact) -> list[str]:
    """The ids of every source that a fact names."""
    return list(dict.fromkeys([fact.source, *(value.source for value in fact.values if value.source)]))
