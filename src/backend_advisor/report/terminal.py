"""The answer on a terminal: the verdict first, then the best advice in full, then the rest in brief.

A plain answer fits two screens: the caps get tighter until it does, and what they hold back is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from backend_advisor.model import Advice, Proof, Report, Source, Step
from backend_advisor.report import proofs
from backend_advisor.report.citations import cited, in_order, without_numbers
from backend_advisor.report.computed import computed_lines, computed_title
from backend_advisor.report.console import (
    LEVEL_STYLES,
    STRENGTH_STYLES,
    beside,
    code_text,
    indented,
    item,
    prose,
    to_text,
)
from backend_advisor.report.decisions import decision_lines
from backend_advisor.report.facts import fact_line, most_urgent
from backend_advisor.report.overview import answers_several, further, is_measured, opening, sentence
from backend_advisor.report.overview import beside as told_beside
from backend_advisor.report.places import asks_back, place, subject
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style
from backend_advisor.report.terminal_proof import proof_blocks

TWO_SCREENS = 100
_UNLIMITED = 1_000_000
_SOURCES_UNCITED = 3
_ASKED = 6
"""So many questions are put when the asker's own says too little."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of each part is shown."""

    advice: int = 1
    brief: int = 3
    findings: int = 3
    paragraphs: int = _UNLIMITED
    steps: int = 7
    whole_steps: bool = True
    coded: int = 4
    """Of how many of the first steps the code and the details are shown."""
    code_lines: int = 16
    practices: int = 4
    monitoring: int = 3
    facts: int = 2
    proofs: int = 2
    nodes: int = 10
    rejected: int = 3
    diagnosis: bool = False
    unknowns: int = 3


FULL = Caps(
    advice=_UNLIMITED, brief=_UNLIMITED, findings=_UNLIMITED, steps=_UNLIMITED, coded=_UNLIMITED, code_lines=_UNLIMITED,
    practices=_UNLIMITED, monitoring=_UNLIMITED, facts=_UNLIMITED, proofs=_UNLIMITED, nodes=_UNLIMITED,
    rejected=_UNLIMITED, diagnosis=True, unknowns=_UNLIMITED,
)  # fmt: skip
_SEVERAL = (
    Caps(advice=6, paragraphs=1, steps=4, code_lines=10, practices=1, monitoring=1, facts=1, whole_steps=True),
    Caps(advice=6, paragraphs=1, steps=4, code_lines=0, practices=1, monitoring=1, facts=1, whole_steps=False),
    Caps(advice=6, paragraphs=1, steps=4, code_lines=0, practices=0, monitoring=0, facts=1, whole_steps=False),
    Caps(advice=6, paragraphs=1, steps=3, code_lines=0, practices=0, monitoring=0, facts=0, whole_steps=False),
)
"""For an answer to several questions at once, which get the same room each."""
_TIGHTER = (
    Caps(advice=2, steps=8, coded=8, code_lines=24, practices=6, monitoring=5, facts=4, diagnosis=True),
    Caps(),
    Caps(coded=2, practices=3, monitoring=2),
    Caps(paragraphs=2, steps=6, coded=1, code_lines=12, practices=2, monitoring=2, proofs=1, nodes=7, rejected=2),
    Caps(
        brief=2, findings=2, paragraphs=2, steps=4, coded=0, practices=1, monitoring=1, facts=1, proofs=1,
        nodes=5, rejected=1, unknowns=2,
    ),
)  # fmt: skip


def render(report: Report, style: Style) -> str:
    """The report within two screens at the usual width, or all of it when the reader wants everything."""
    if style.verbose:
        return _rendered(report, style, FULL)
    for caps in _SEVERAL if answers_several(report) else _TIGHTER:
        text = _rendered(report, style, caps)
        if text.count("\n") <= TWO_SCREENS:
            break
    return text


def _rendered(report: Report, style: Style, caps: Caps) -> str:
    blocks = [*_verdict(report, style), *_scope(report, style)]
    if asks_back(report):
        if not style.verbose:
            caps = replace(caps, advice=0, unknowns=_ASKED)
        blocks += [*_rest(report, style, caps), Text(), *_in_full(report, style, caps), *_brief(report, style, caps)]
        return to_text(blocks, style)
    blocks += [*_in_full(report, style, caps), *_brief(report, style, caps), *_rest(report, style, caps)]
    return to_text(blocks, style)


def _in_full(report: Report, style: Style, caps: Caps) -> Iterator[RenderableType]:
    near = (
        [] if asks_back(report) else [f"**{one.title}** ({_named(one)}): {text}" for one, text in told_beside(report)]
    )
    for number, advice in enumerate(report.advice[: caps.advice], 1):
        yield from _advice(
            advice, number, style, caps, near if number == 1 else [], opening=proofs.leading_proof(report)
        )


def _named(advice: Advice) -> str:
    """The code of an advice, and where its first finding is."""
    return ", ".join([advice.codes[0], *(f"`{place(one.location)}`" for one in advice.findings[:1])])


def _verdict(report: Report, style: Style) -> Iterator[RenderableType]:
    proof = proofs.leading_proof(report)
    if proof is None:
        return
    yield Text.assemble(("✔ ", "bold green"), (proofs.gain(proof, style), "bold green"))
    terms = [style.say(f"method_{proof.method}"), *proofs.conditions(proof, style)]
    yield indented(Text(" · ".join(terms)))
    if proof.target is not None:
        colour = {True: "bold green", False: "bold red", None: "yellow"}[proof.target.met]
        sign = {True: "✔", False: "✘", None: "?"}[proof.target.met]
        yield Text(f"{sign} {proofs.target(proof, style)}", style=colour)
    yield Text()


def _scope(report: Report, style: Style) -> Iterator[RenderableType]:
    if not report.in_scope:
        yield Text(style.say("out_of_scope"), style="bold")
    for referral in report.referrals:
        yield Text(f"{style.say('referrals')}: {subject(referral, style)}", style="bold")
        yield from map(indented, prose(referral.text))
        yield from _sources(referral.sources, style, None)
    if report.in_scope and not report.advice and not report.notices:
        yield Text(style.say("no_advice"))


def _advice(
    advice: Advice, number: int, style: Style, caps: Caps, near: Sequence[str], *, opening: Proof | None
) -> Iterator[RenderableType]:
    numbers = [number for number in cited(_shown(advice, caps)) if number <= len(advice.sources)]
    advice = in_order(advice, numbers)
    yield _title(f"{number}. {advice.title}", style)
    if advice.part:
        yield Text(style.say("answers_part", part=advice.part), style="italic")
    yield _facts(advice, style)
    yield from _headed(style.say("root_cause"), prose(_paragraphs(advice.root_cause, caps.paragraphs)))
    for one in advice.computed:
        lines = [block for line in computed_lines(one, style) for block in item("•", line)]
        yield from _headed(computed_title(one, style), lines)
    yield from _decisions(advice, style, asked=True)
    yield from _found(advice, style, caps)
    for proof in advice.proofs[: caps.proofs]:
        opens = proof is opening
        yield from proof_blocks(proof, advice, style, opening=opens, nodes=caps.nodes, rejected=caps.rejected)
    yield from _more(len(advice.proofs) - caps.proofs, style)
    yield from _headed(style.say("solution"), list(_steps(advice, style, caps)))
    yield from _headed(style.say("beside"), [block for line in near for block in item("•", line)])
    practices, monitoring = advice.best_practices, advice.monitoring
    yield from _headed(style.say("best_practices"), list(_bullets(practices, caps.practices, style)))
    yield from _headed(style.say("monitoring"), list(_bullets(monitoring, caps.monitoring, style)))
    yield from _decisions(advice, style, asked=False)
    changing = [fact_line(fact, style) for fact in most_urgent(advice.facts)]
    yield from _headed(style.say("details"), list(_details(advice, style, caps)))
    if caps.diagnosis and advice.diagnosis:
        yield from _headed(style.say("diagnosis"), prose(advice.diagnosis))
    yield from _headed(style.say("facts"), list(_bullets(changing, caps.facts, style)))
    few = 1 if caps in _SEVERAL else _SOURCES_UNCITED
    yield from _sources(advice.sources, style, None if caps is FULL else len(numbers) or few)
    yield Text()


def _decisions(advice: Advice, style: Style, *, asked: bool) -> Iterator[RenderableType]:
    """The choices that the question asks for open the answer; others that the page is about end it."""
    for decision in advice.decisions:
        if decision.asked is asked:
            lines = [block for line in decision_lines(decision, style) for block in _line(line)]
            yield from _headed(f"{style.say('decisions')}: {decision.question}", lines)


def _title(text: str, style: Style) -> RenderableType:
    """A heading with a rule beside it, or under it where a narrow terminal would cut the heading."""
    title = Text(text, style="bold")
    if title.cell_len + 2 > style.width:
        return Group(title, Rule(style="blue"))
    return Rule(title, align="left", style="blue")


def _facts(advice: Advice, style: Style) -> Text:
    return Text.assemble(
        (proofs.strength(advice.strength, style), STRENGTH_STYLES[advice.strength]),
        " · ",
        (style.say(f"severity_{advice.severity.value}"), LEVEL_STYLES[advice.severity]),
        (f" · {', '.join(advice.codes)}" if advice.codes else "", "dim"),
    )


def _found(advice: Advice, style: Style, caps: Caps) -> Iterator[RenderableType]:
    """Where the findings are; what they say already opens the root cause."""
    lines: list[RenderableType] = []
    for finding in advice.findings[: caps.findings]:
        text = "" if finding.message in advice.root_cause else f"  {finding.message}"
        lines.append(Text.assemble((place(finding.location), "blue"), f"  {finding.code}{text}"))
        lines += [indented(beside("→", _station(step))) for step in finding.steps]
    lines += _more(len(advice.findings) - caps.findings, style)
    yield from _headed(style.say("findings"), lines)


def _station(step: Step) -> RenderableType:
    return prose(f"`{place(step.location)}` {step.text}")[0]


def _steps(advice: Advice, style: Style, caps: Caps) -> Iterator[RenderableType]:
    """The first steps as a plan; of code only what was measured, whole, since it is there to be copied."""
    for number, step in enumerate(advice.solution[: caps.steps], 1):
        text = opening(step) if caps.whole_steps else sentence(step.text)
        below = (
            number <= caps.coded
            and caps.code_lines
            and (further(step) or any(not is_measured(code, advice) for code in step.code))
        )
        yield from item(f"{number}.", f"{text} ↓" if below else text)
        yield from (indented(code_text(one.text.rstrip()), 3) for one in step.code if is_measured(one, advice))
    yield from _more(len(advice.solution) - caps.steps, style)


def _details(advice: Advice, style: Style, caps: Caps) -> Iterator[RenderableType]:
    """What the first steps say beyond their plan, and their code; a long example is cut."""
    for number, step in enumerate(advice.solution[: min(caps.coded, caps.steps)] if caps.code_lines else (), 1):
        rest = further(step)
        blocks = item(f"{number}.", rest) if rest else []
        for code in step.code:
            if is_measured(code, advice):
                continue
            if not blocks:
                blocks = [Text(f"{number}.")]
            lines = code.text.rstrip().split("\n")
            blocks.append(indented(code_text("\n".join(lines[: caps.code_lines])), 3))
            blocks += _more(len(lines) - caps.code_lines, style)
        yield from blocks


def _line(text: str) -> Iterable[RenderableType]:
    return item("•", text[2:]) if text.startswith("- ") else prose(text)


def _bullets(items: Sequence[str], limit: int, style: Style) -> Iterator[RenderableType]:
    if not limit:
        return
    for one in items[:limit]:
        yield from item("•", one)
    yield from _more(len(items) - limit, style)


def _shown(advice: Advice, caps: Caps) -> Iterator[str]:
    """The texts that are shown, in their order."""
    steps = advice.solution[: caps.steps]
    yield _paragraphs(advice.root_cause, caps.paragraphs)
    yield from (opening(step) if caps.whole_steps else sentence(step.text) for step in steps)
    yield from (*advice.best_practices[: caps.practices], *advice.monitoring[: caps.monitoring])
    yield from map(further, steps[: caps.coded] if caps.code_lines else ())
    yield advice.diagnosis if caps.diagnosis else ""


def _sources(sources: Sequence[Source], style: Style, limit: int | None) -> Iterator[RenderableType]:
    lines: list[RenderableType] = []
    for number, source in enumerate(sources[:limit], 1):
        named = source_line(source, style) if limit is None else f"{source.title}, {source.section}"
        lines.append(beside(f"[{number}]", Text.assemble(named, " ", (source.url, "blue"), overflow="fold")))
    lines += _more(len(sources) - len(lines), style)
    yield from _headed(style.say("sources"), lines)


def _brief(report: Report, style: Style, caps: Caps) -> Iterator[RenderableType]:
    beside = {one.codes for one, _ in told_beside(report)} if caps.advice and not asks_back(report) else set()
    rest = [one for one in report.advice[caps.advice :] if one.codes not in beside]
    if not rest:
        return
    yield _title(style.say("guessed_advice" if asks_back(report) else "more_advice"), style)
    for number, advice in enumerate(rest[: caps.brief], caps.advice + 1):
        yield Text.assemble((f"{number}. {advice.title}  ", "bold"), _facts(advice, style))
        seen = next((f"{place(f.location)}: {f.message}" for f in advice.findings), "")
        if seen:
            yield indented(Text(seen, overflow="ellipsis", no_wrap=True))
        elif advice.solution:
            yield from map(indented, prose(without_numbers(_paragraphs(advice.solution[0].text, 1))))
    yield from _more(len(rest) - caps.brief, style)
    if asks_back(report):
        yield Text(style.say("next_explain", code=rest[0].codes[0]), style="dim")
    yield Text()


def _rest(report: Report, style: Style, caps: Caps) -> Iterator[RenderableType]:
    case = report.case
    missing = [f"{one.question} {one.changes}" for one in case.unknowns]
    lists = {
        "unknowns": missing,
        "unread": [f"{one.name}: {one.reason}" for one in case.unread],
        "suppressed": [
            f"{place(one.finding.location)}: {one.finding.code} ({one.reason})" for one in report.suppressed
        ],
        "notices": list(report.notices),
    }
    if asks_back(report):
        lists = {"notices": lists.pop("notices"), **lists}
    for key, items in lists.items():
        if not items:
            continue
        yield Text(style.say(key), style="bold")
        mark = " ?" if key == "unknowns" else " •"
        yield from (beside(mark, Text(one)) for one in items[: caps.unknowns])
        yield from _more(len(items) - caps.unknowns, style)


def _headed(title: str, blocks: Sequence[RenderableType]) -> Iterator[RenderableType]:
    if blocks:
        yield Text(title, style="bold underline" if title else "")
        yield from map(indented, blocks)


def _more(count: int, style: Style) -> Iterable[RenderableType]:
    return [Text(style.say("more", count=count), style="dim")] if count > 0 else []


def _paragraphs(text: str, limit: int) -> str:
    """The first paragraphs; a code block that the cut would leave open is closed."""
    kept = "\n\n".join(text.split("\n\n")[:limit])
    return kept + "\n```" if kept.count("```") % 2 else kept
