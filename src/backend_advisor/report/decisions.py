"""A decision weighed for a case, as lines of Markdown: the ranking with its reasons, and what would change it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from backend_advisor.model import Case, Decision, RankedOption
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style

_REASONS, _SWINGS = 3, 3
_WHOLE = 1_000


def decision_lines(decision: Decision, style: Style) -> Iterator[str]:
    """The best option with its reasons, the others in a line each, the open questions that decide."""
    reasons, swings = (_WHOLE, _WHOLE) if style.verbose else (_REASONS, _SWINGS)
    first, *others = decision.options
    if not decision.known:
        yield style.say("decision_open", option=first.title)
    else:
        yield style.say("decision_first", option=first.title, known=decision.known, of=decision.of)
    quoted: set[str] = set()
    yield from (f"- {line}" for line in _reasons(first, style, reasons, quoted))
    for option in others:
        told = "; ".join(_reasons(option, style, 1 if not style.verbose else _WHOLE, quoted))
        yield f"- {option.title} ({option.score:+g}){'; ' if told else ''}{told}"
    for swing in decision.swings[:swings]:
        yield f"- ? {swing.question} {style.say('decision_swing', yes=swing.yes, no=swing.no)}"
    if first.wrong_when:
        yield f"- {style.say('decision_wrong_when', option=first.title, sign=first.wrong_when)}"


def _reasons(option: RankedOption, style: Style, most: int, quoted: set[str]) -> list[str]:
    """Its strongest reasons, each with the words of the question that gave it unless these were quoted before."""
    lines = []
    for reason in option.reasons[:most]:
        is_new = bool(reason.because) and reason.because not in quoted
        quoted.add(reason.because)
        because = style.say("decision_because", words=reason.because) if is_new else ""
        lines.append(f"{reason.text} ({reason.by:+g}{'; ' if because else ''}{because})")
    return lines


def decision_text(decision: Decision, style: Style, *, markdown: bool) -> str:
    """A decision by itself."""
    if markdown:
        opening, *lines = decision_lines(decision, style)
        return "\n".join([f"# {decision.question}", "", opening, "", *lines, "", *_sources(decision, style)]) + "\n"
    from backend_advisor.report.console import item, prose, to_text

    blocks = prose(f"**{decision.question}**")
    for line in decision_lines(decision, style):
        blocks += item("•", line[2:]) if line.startswith("- ") else prose(line)
    return to_text(blocks, style) + "\n".join(_sources(decision, style)) + "\n"


def decision_record(decision: Decision, case: Case, style: Style, day: date) -> str:
    """An architecture decision record in Markdown: context, decision, consequences, options, sources."""
    first, *_ = decision.options
    everything = replace(style, verbose=True)
    parts = [
        f"# {decision.question}",
        f"- {style.say('record_status')}\n- {style.say('record_date', date=day.isoformat())}",
        f"## {style.say('record_context')}\n\n{case.question.strip() or style.say('record_no_context')}",
        f"## {style.say('record_decision')}\n\n{style.say('record_chosen', option=first.title)}\n\n"
        + "\n".join(f"- {line}" for line in _reasons(first, everything, _WHOLE, set())),
        f"## {style.say('record_consequences')}\n\n"
        + style.say("decision_wrong_when", option=first.title, sign=first.wrong_when),
        f"## {style.say('record_options')}\n\n"
        + "\n\n".join(
            f"### {option.title} ({option.score:+g})\n\n"
            + "\n".join(f"- {line}" for line in _reasons(option, everything, _WHOLE, set()))
            for option in decision.options
        ),
        f"## {style.say('record_open')}\n\n"
        + "\n".join(
            f"- {swing.question} {style.say('decision_swing', yes=swing.yes, no=swing.no)}" for swing in decision.swings
        )
        if decision.swings
        else "",
        f"## {style.say('sources')}\n\n" + "\n".join(_sources(decision, style)),
    ]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _sources(decision: Decision, style: Style) -> Iterator[str]:
    for number, source in enumerate(decision.sources, 1):
        yield f"{number}. {source_line(source, style)}: <{source.url}>"
