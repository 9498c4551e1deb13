"""One playbook as a page for the terminal: what it is, why it is bad, a bad and a good example, the fix, sources."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from rich.console import RenderableType
from rich.rule import Rule
from rich.text import Text

from backend_advisor.advice.dialects import labelled
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.facts import Statements
from backend_advisor.knowledge.playbook import Page, Playbook
from backend_advisor.model import Source
from backend_advisor.report.clean import clean_text
from backend_advisor.report.console import LEVEL_STYLES, beside, code_text, indented, item, prose, to_text
from backend_advisor.report.facts import fact_line
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style

_CITATION = re.compile(r"\s*\[@([^\]\s]+)\]")
_STEPS, _SOURCES = 4, 5


def playbook_page(playbook: Playbook, known: Knowledge, style: Style, day: date) -> str:
    """The page within two screens, with its facts as they are on a day; everything when the reader wants it."""
    page = playbook.pages[style.language]
    statements = Statements(known.facts, style.language, day)
    numbers = _numbers(page, playbook, statements)

    def cite(text: str) -> str:
        filled = statements.fill(text)
        cited = _CITATION.sub(lambda match: f" [{numbers[match[1]]}]" if match[1] in numbers else "", filled)
        return clean_text(cited)

    blocks: list[RenderableType] = [*_head(playbook, page, style)]
    blocks += _headed(style.say("root_cause"), prose(cite(labelled(page.root_cause))))
    blocks += _examples(playbook, style)
    blocks += _headed(style.say("diagnosis"), prose(cite(labelled(page.diagnosis))) if page.diagnosis else [])
    blocks += _solution(page, cite, style)
    if style.verbose:
        for key, items in (("best_practices", page.best_practices), ("monitoring", page.monitoring)):
            blocks += _headed(style.say(key), [block for one in items for block in item("•", cite(one))])
        changing = [block for fact in statements.told.values() for block in item("•", fact_line(fact, style))]
        blocks += _headed(style.say("facts"), changing)
    found = [known.sources[identifier] for identifier in numbers if identifier in known.sources]
    blocks += _sources(found, style)
    return to_text(blocks, style)


def _head(playbook: Playbook, page: Page, style: Style) -> Iterator[RenderableType]:
    yield Rule(Text(f"{playbook.code} {playbook.name}", style="bold"), align="left", style="blue")
    yield Text(page.title, style="bold")
    level = style.say(f"severity_{playbook.severity.value}")
    facts = [style.say("confidence", level=style.say(f"confidence_{playbook.confidence.value}"))]
    facts += [f"CWE-{number}" for number in playbook.cwe]
    if playbook.aliases:
        facts.append(style.say("aliases", names=", ".join(playbook.aliases)))
    if playbook.related:
        facts.append(style.say("related", codes=", ".join(playbook.related)))
    yield Text.assemble((level, LEVEL_STYLES[playbook.severity]), f" · {' · '.join(facts)}")


def _examples(playbook: Playbook, style: Style) -> Iterator[RenderableType]:
    for key, bad in (("example_bad", True), ("example_good", False)):
        shown = [example for example in playbook.examples if example.bad is bad]
        for example in shown if style.verbose else shown[:1]:
            yield Text(style.say(key), style="bold underline")
            yield indented(code_text(example.text.rstrip(), "red" if bad else "green"))


def _solution(page: Page, cite: Callable[[str], str], style: Style) -> Iterator[RenderableType]:
    steps = page.solution if style.verbose else page.solution[:_STEPS]
    blocks: list[RenderableType] = []
    for number, step in enumerate(steps, 1):
        blocks += item(f"{number}.", cite(step.text))
        code = step.code if style.verbose else step.code[:1]
        blocks += [indented(code_text(one.text.rstrip()), 3) for one in code]
    hidden = len(page.solution) - len(steps)
    if hidden:
        blocks.append(Text(style.say("more", count=hidden), style="dim"))
    yield from _headed(style.say("solution"), blocks)


def _sources(found: list[Source], style: Style) -> Iterator[RenderableType]:
    shown = found if style.verbose else found[:_SOURCES]
    rows: list[RenderableType] = [
        beside(f"[{number}]", Text.assemble(source_line(one, style), " ", (one.url, "blue"), overflow="fold"))
        for number, one in enumerate(shown, 1)
    ]
    if len(found) > len(shown):
        rows.append(Text(style.say("more", count=len(found) - len(shown)), style="dim"))
    yield from _headed(style.say("sources"), rows)


def _numbers(page: Page, playbook: Playbook, statements: Statements) -> dict[str, int]:
    """The numbers of sources in the order in which the page cites them."""
    texts = [page.root_cause, page.diagnosis, *(step.text for step in page.solution)]
    texts += [*page.best_practices, *page.monitoring]
    cited = dict.fromkeys(match for text in texts for match in _CITATION.findall(statements.fill(text)))
    return {name: number for number, name in enumerate({**cited, **dict.fromkeys(playbook.sources)}, 1)}


def _headed(title: str, blocks: list[RenderableType]) -> Iterator[RenderableType]:
    if blocks:
        yield Text(title, style="bold underline")
        yield from map(indented, blocks)
