"""Facts that change, each in one line: what, its value, since when and until when it holds, when it was checked."""

from backend_advisor.model import StatedFact
from backend_advisor.report.style import Style


def fact_line(fact: StatedFact, style: Style) -> str:
    """The fact with its dates; the next change and an overdue check stand at the end."""
    value = fact.value if fact.value is not None else style.say("fact_none")
    dates = [fact.version] if fact.version else []
    if fact.since:
        dates.append(style.say("fact_since", date=fact.since))
    if fact.until and fact.change is None:
        dates.append(style.say("fact_until", date=fact.until))
    dates.append(style.say("fact_checked", date=fact.checked))
    line = f"{fact.what}: {value} ({', '.join(dates)})"
    if fact.change is not None:
        after = fact.change.value if fact.change.value is not None else style.say("fact_none")
        line += f" {style.say('fact_change', date=fact.change.date, value=after)}"
    return f"{line} {style.say('fact_overdue')}" if fact.overdue else line


def most_urgent(facts: tuple[StatedFact, ...]) -> list[StatedFact]:
    """Facts about to change or overdue first, then those with dates, then in the order in which they were told."""
    return sorted(facts, key=lambda fact: (not (fact.change or fact.overdue), not (fact.since or fact.until)))
