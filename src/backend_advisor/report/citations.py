"""Numbers of sources, counted anew for the part of an advice that is shown, so that none is missing in between."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backend_advisor.model import Advice

_CODE_OR_NUMBER = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\[(\d+)\]", re.DOTALL)
_NUMBERS = re.compile(r"(?: \[\d+\])+")


def cited(texts: Iterable[str]) -> list[int]:
    """The numbers that Markdown texts cite, in the order of their first appearance; code cites nothing."""
    found = (match[1] for text in texts for match in _CODE_OR_NUMBER.finditer(text))
    return list(dict.fromkeys(int(number) for number in found if number))


def in_order(advice: Advice, first: Sequence[int]) -> Advice:
    """The advice with the sources of these numbers first, in this order, and all its texts numbered to match."""
    count = len(advice.sources)
    order = list(dict.fromkeys([*(number for number in first if 1 <= number <= count), *range(1, count + 1)]))
    new = {old: position for position, old in enumerate(order, 1)}
    return replace(
        advice,
        root_cause=_numbered(advice.root_cause, new),
        diagnosis=_numbered(advice.diagnosis, new),
        solution=tuple(replace(step, text=_numbered(step.text, new)) for step in advice.solution),
        best_practices=tuple(_numbered(item, new) for item in advice.best_practices),
        monitoring=tuple(_numbered(item, new) for item in advice.monitoring),
        sources=tuple(advice.sources[number - 1] for number in order),
    )


def without_numbers(text: str) -> str:
    """A text to be shown where its sources are not."""
    return _NUMBERS.sub("", text)


def _numbered(text: str, new: Mapping[int, int]) -> str:
    def replaced(match: re.Match[str]) -> str:
        number = int(match[1]) if match[1] else 0
        return f"[{new[number]}]" if number in new else match[0]

    return _CODE_OR_NUMBER.sub(replaced, text)
