"""Findings in their code, grouped by file, for a terminal."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from backend_advisor.model import NOT_REVIEWED, Artifact, Finding, Location, Report, Severity
from backend_advisor.report import proofs
from backend_advisor.report.changes import Change, changes
from backend_advisor.report.console import LEVEL_STYLES, code_text, to_text
from backend_advisor.report.places import SourceLine, findings_by_place, place, source_lines
from backend_advisor.report.places import artifacts_by_name as by_name
from backend_advisor.report.style import Style

_TAB = "    "
_SHOWN_LINES = 6
_PATHS_SHOWN = 5


def render(report: Report, style: Style) -> str:
    """Each finding with its code underlined, what leads to it, its fix, and a summary that names the next step."""
    named = by_name(report.case)
    lines: list[Text] = []
    for name, found in groupby(findings_by_place(report.findings), key=lambda f: f.location.artifact):
        lines += [Text(_flat(name), style="bold underline"), Text()]
        for finding in found:
            lines += [*_finding(finding, named, style), Text()]
    lines += _beside(report, style)
    lines += _summary(report, style)
    return to_text(lines, style)


def _finding(finding: Finding, named: dict[str, list[Artifact]], style: Style) -> Iterator[Text]:
    level = LEVEL_STYLES[finding.severity]
    head = Text.assemble(
        (style.say(f"severity_{finding.severity.value}"), level),
        (f"[{finding.code}]", level),
        f" {finding.name}: ",
        (_flat(finding.message), "bold"),
    )
    yield head
    yield from _frame(finding.location, named, level, "^", style)
    for number, step in enumerate(finding.steps, 1):
        yield Text.assemble(("  ├ ", "blue"), f"{number}. {_flat(step.text)}")
        yield from _frame(step.location, named, "blue", "-", style)
    strongest = min((e.strength for e in finding.evidence), key=list(proofs.MARKS).index, default=None)
    facts = [style.say("confidence", level=style.say(f"confidence_{finding.confidence.value}"))]
    if strongest is not None:
        facts.insert(0, proofs.strength(strongest, style))
    yield Text(f"  = {' · '.join(facts)}", style="dim")
    if finding.fix is not None:
        applicability = style.say(f"applicability_{finding.fix.applicability}")
        yield Text.assemble(("  = ", "green"), f"{style.say('fix')} ({applicability}): {_flat(finding.fix.title)}")
        for change in changes(finding.fix, named):
            yield from _diff(change)


def _frame(
    location: Location, named: dict[str, list[Artifact]], colour: str, mark: str, style: Style
) -> Iterator[Text]:
    lines = source_lines(location, named)
    gutter = len(str(lines[-1].number)) if lines else 1
    yield Text.assemble((" " * gutter + "--> ", "blue"), _flat(place(location)))
    if not lines:
        if location.excerpt:
            yield Text.assemble((" " * gutter + " | ", "blue"), " ".join(location.excerpt.split()))
        return
    yield Text(" " * gutter + " |", style="blue")
    for line in lines[:_SHOWN_LINES]:
        yield from _framed(line, gutter, style.width - gutter - 3, colour, mark)
    if len(lines) > _SHOWN_LINES:
        yield Text(" " * gutter + " …", style="blue")


def _framed(line: SourceLine, gutter: int, room: int, colour: str, mark: str) -> Iterator[Text]:
    """The line and the marks under it; a long line is cut to the part around the span."""
    shown, start, end = _cut(line, max(room, 20))
    yield Text.assemble((f"{line.number:>{gutter}} | ", "blue"), shown)
    if start is not None and end is not None:
        before = " " * cell_len(shown[:start])
        yield Text.assemble((" " * gutter + " | ", "blue"), before, (mark * max(cell_len(shown[start:end]), 1), colour))


def _cut(line: SourceLine, room: int) -> tuple[str, int | None, int | None]:
    text = line.text.rstrip()
    start = None if line.start is None else min(line.start, len(text))
    end = None if line.end is None else min(line.end, len(text))
    left, marked, right = text[: start or 0], text[start or 0 : end], text[end:] if end is not None else ""
    left, marked, right = (piece.replace("\t", _TAB) for piece in (left, marked, right))
    if cell_len(left) > room // 2 and cell_len(left + marked + right) > room:
        keep = max(room // 2 - 1, 1)
        while left and cell_len(left) > keep:
            left = left[max(1, (cell_len(left) - keep) // 2) :]
        left = "…" + left
    whole = left + marked + right
    if cell_len(whole) > room:
        whole = set_cell_size(whole, room - 1).rstrip() + "…"
    if line.start is None:
        return whole, None, None
    begin = min(len(left), len(whole))
    return whole, begin, min(begin + len(marked), len(whole))


def _diff(change: Change) -> Iterator[Text]:
    yield from (code_text(f"    - {text}", "red") for text in change.old)
    yield from (code_text(f"    + {text}", "green") for text in change.new)


def _beside(report: Report, style: Style) -> Iterator[Text]:
    limit = None if style.verbose else _PATHS_SHOWN
    groups = {
        "unread": [f"{one.name}: {one.reason}" for one in report.case.unread],
        "notices": list(report.notices),
    }
    if style.verbose:
        groups["suppressed"] = [
            f"{place(one.finding.location)}: {one.finding.code} ({one.reason})" for one in report.suppressed
        ]
    for key, items in groups.items():
        if items:
            yield Text(style.say(key), style="bold")
            yield from (Text(f"  - {_flat(item)}") for item in items[:limit])
            if limit is not None and len(items) > limit:
                yield Text(f"  {style.say('more', count=len(items) - limit)}", style="dim")
            yield Text()


def _summary(report: Report, style: Style) -> Iterator[Text]:
    findings = report.findings
    silenced = [_count("suppressed", len(report.suppressed), style)] if report.suppressed else []
    unread = [_count("unread", len(report.case.unread), style)] if report.case.unread else []
    if not findings:
        examined = {one.name for one in report.case.artifacts if one.kind not in NOT_REVIEWED}
        found = style.say("nothing_found", files=_count("files", len(examined), style))
        yield Text.assemble(
            (found, "green") if examined else style.say("nothing_examined"),
            "".join(f" {extra}." for extra in [*silenced, *unread]),
        )
        return
    levels = Counter(finding.severity for finding in findings)
    counts = [_count(level.value, levels[level], style) for level in Severity if levels[level]]
    found_in = {finding.location.artifact for finding in findings}
    yield Text(
        style.say(
            "summary",
            findings=_count("findings", len(findings), style),
            files=_count("files", len(found_in), style),
            levels=", ".join([*counts, *silenced, *unread]),
        ),
        style="bold",
    )
    fixable = sum(finding.fix is not None for finding in findings)
    tips = [_count("fixable", fixable, style)] if fixable else []
    first = min(findings, key=lambda finding: list(Severity).index(finding.severity))
    yield Text(" · ".join([*tips, style.say("next_explain", code=first.code)]), style="dim")


def _flat(text: str) -> str:
    return " ".join(text.split())


def _count(key: str, count: int, style: Style) -> str:
    return style.say(f"{key}_one" if count == 1 else f"{key}_many", count=f"{count:,}")
