"""What the asker's figures come to, as lines of Markdown."""

from collections.abc import Iterator

from backend_advisor.model import Computed
from backend_advisor.report.citations import without_numbers
from backend_advisor.report.style import Style

_CONCLUSIONS = 3


def computed_title(one: Computed, style: Style) -> str:
    """What is computed, and whether from the asker's figures alone."""
    return f"{style.say('computed_partly' if one.assumed else 'computed')}: {one.title}"


def computed_lines(one: Computed, style: Style) -> Iterator[str]:
    """The conclusion and its warnings, what was given and assumed, and the working when the reader wants everything."""
    shown = one.conclusion if style.verbose else one.conclusion[:_CONCLUSIONS]
    yield from (without_numbers(text) for text in (*shown, *one.warnings))
    yield style.say("computed_given", texts="; ".join(map(without_numbers, one.given)))
    if one.assumed:
        yield style.say("computed_assumed", texts="; ".join(map(without_numbers, one.assumed)))
    if style.verbose:
        yield from (without_numbers(text) for text in one.working)
    yield style.say("computed_next", name=one.calculator)
