"""Markdown that also reads well unrendered, for pull requests and wikis."""

import re
from collections.abc import Iterable, Iterator

from backend_advisor.model import Advice, Code, Decision, Finding, Proof, Report, Source
from backend_advisor.report import proofs
from backend_advisor.report.computed import computed_lines, computed_title
from backend_advisor.report.decisions import decision_lines
from backend_advisor.report.facts import fact_line
from backend_advisor.report.overview import further, in_short, is_measured, opening
from backend_advisor.report.places import asks_back, place, subject
from backend_advisor.report.plan_tree import plan_lines
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style

_CODE_OR_LINK = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`|<https?://[^\s<>]+>)", re.DOTALL)
_SPECIAL = re.compile(r"([\\`*_\[\]#|~!])")
_BACKTICKS = re.compile(r"`+")


def render(report: Report, style: Style) -> str:
    """The whole report; nothing is held back."""
    parts = [f"# {style.say('report_title')}", *_verdict(report, style), *_scope(report, style)]
    parts.append(_bullets(f"**{escape(advice.title)}**: {without_html(text)}" for advice, text in in_short(report)))
    advice = [advice_markdown(advice, style, number=number) for number, advice in enumerate(report.advice, 1)]
    rest = [*_rest(report, style)]
    parts += [*rest, *advice] if asks_back(report) else [*advice, *rest]
    parts += [f"---\n\n{style.say('made_by', version=report.advisor_version)}"] if report.advisor_version else []
    return "\n\n".join(part for part in parts if part) + "\n"


def advice_markdown(advice: Advice, style: Style, number: int | None = None) -> str:
    """One advice in its four parts, with its findings and proofs."""
    title = escape(advice.title)
    kind = f"{'`' + ', '.join(advice.codes) + '` · ' if advice.codes else ''}"
    parts = [
        f"## {number}. {title}" if number else f"## {title}",
        f"*{style.say('answers_part', part=escape(advice.part))}*" if advice.part else "",
        f"{kind}{style.say(f'severity_{advice.severity.value}')} · {proofs.strength(advice.strength, style)}",
        _headed(style.say("root_cause"), without_html(advice.root_cause)),
        *(
            _headed(computed_title(one, style), _bullets(map(without_html, computed_lines(one, style))))
            for one in advice.computed
        ),
        *_decisions(advice, style, asked=True),
        _headed(style.say("findings"), _bullets(_finding(finding, style) for finding in advice.findings)),
        _headed(style.say("proof"), "\n\n".join(_proof(proof, advice, style) for proof in advice.proofs)),
        _headed(style.say("solution"), "\n".join(_steps(advice))),
        _headed(style.say("best_practices"), _bullets(map(without_html, advice.best_practices))),
        _headed(style.say("monitoring"), _bullets(map(without_html, advice.monitoring))),
        *_decisions(advice, style, asked=False),
        _headed(style.say("details"), "\n\n".join(_details(advice))),
        _headed(style.say("diagnosis"), without_html(advice.diagnosis)),
        _headed(style.say("facts"), _bullets(without_html(fact_line(fact, style)) for fact in advice.facts)),
        _headed(style.say("sources"), "\n".join(_sources(advice.sources, style))),
    ]
    return "\n\n".join(part for part in parts if part)


def _decisions(advice: Advice, style: Style, *, asked: bool) -> Iterator[str]:
    for one in advice.decisions:
        if one.asked is asked:
            yield _headed(f"{style.say('decisions')}: {escape(one.question)}", _decision(one, style))


def _decision(decision: Decision, style: Style) -> str:
    opening, *lines = decision_lines(decision, style)
    return "\n".join([without_html(opening), "", *map(without_html, lines)])


def escape(text: str) -> str:
    """Plain text as Markdown on one line: nothing in it becomes markup or a table's edge."""
    flat = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", flat).replace("&", "&amp;").replace("<", "&lt;")


def without_html(text: str) -> str:
    """Markdown of ours that may quote the asker: raw HTML in it becomes text."""
    pieces = _CODE_OR_LINK.split(text)
    return "".join(piece if odd % 2 else piece.replace("<", "&lt;") for odd, piece in enumerate(pieces))


def fence(code: Code) -> str:
    """A code block whose fence is longer than any in the code."""
    longest = max((len(run[0]) for run in _BACKTICKS.finditer(code.text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{code.language}\n{code.text.rstrip()}\n{ticks}"


def inline_code(text: str) -> str:
    """Text as inline code, whatever backticks and bars it holds."""
    flat = " ".join(text.split()).replace("|", "\\|")
    if "`" in flat:
        return f"`` {flat} ``" if "``" not in flat else escape(text)
    return f"`{flat}`"


def _headed(title: str, body: str) -> str:
    return f"### {title}\n\n{body}" if body else ""


def _bullets(items: Iterable[str]) -> str:
    return "\n".join("- " + item.replace("\n", "\n  ") for item in items)


def _verdict(report: Report, style: Style) -> Iterator[str]:
    proof = proofs.leading_proof(report)
    if proof is None:
        return
    yield f"**{proofs.gain(proof, style)}**"
    terms = [style.say(f"method_{proof.method}"), *proofs.conditions(proof, style)]
    yield escape(" · ".join(terms))
    if proof.target is not None:
        yield f"**{escape(proofs.target(proof, style))}**"


def _scope(report: Report, style: Style) -> Iterator[str]:
    if not report.in_scope:
        yield style.say("out_of_scope")
    for referral in report.referrals:
        sources = "\n".join(_sources(referral.sources, style))
        yield f"## {style.say('referrals')}: {escape(subject(referral, style))}"
        yield f"{without_html(referral.text)}\n\n{sources}".rstrip()
    if report.in_scope and not report.advice and not report.notices:
        yield style.say("no_advice")


def _finding(finding: Finding, style: Style) -> str:
    lines = [f"`{finding.code}` {inline_code(place(finding.location))} {escape(finding.message)}"]
    lines += [f"  - {inline_code(place(step.location))} {escape(step.text)}" for step in finding.steps]
    if finding.fix is not None:
        lines.append(f"  - {style.say('fix')}: {escape(finding.fix.title)}")
    return "\n".join(line if number == 0 else line[2:] for number, line in enumerate(lines))


def _steps(advice: Advice) -> Iterator[str]:
    """The steps as a plan; of code only what was measured."""
    for number, step in enumerate(advice.solution, 1):
        lead = f"{number}. "
        measured = (fence(code) for code in step.code if is_measured(code, advice))
        body = "\n\n".join([without_html(opening(step)), *measured])
        yield lead + body.replace("\n", "\n" + " " * len(lead))


def _details(advice: Advice) -> Iterator[str]:
    """What the steps say beyond the plan, and their code."""
    for number, step in enumerate(advice.solution, 1):
        blocks = [without_html(further(step)), *(fence(code) for code in step.code if not is_measured(code, advice))]
        blocks = [block for block in blocks if block]
        if blocks:
            yield "\n\n".join([f"**{number}.**", *blocks])


def _proof(proof: Proof, advice: Advice, style: Style) -> str:
    parts = [f"{proofs.mark(proof)} {escape(proof.claim)}  \n{escape(proofs.outcome(proof, style))}"]
    gained = proofs.gain(proof, style)
    if gained:
        parts.append(f"**{escape(gained)}**")
    parts.append(_bullets(map(escape, proofs.conditions(proof, style))))
    parts.append(f"**{escape(proofs.target(proof, style))}**" if proof.target else "")
    parts.append("\n".join(_bars(proof, style)))
    for key, plan in proofs.plans(proof):
        lines = [
            f"{line.branch}{line.label}  ({', '.join([*line.figures, line.amount])})"
            + (f"  ◄ {style.say('plan_costly')}" if line.costly else "")
            for line in plan_lines(plan, style)
        ]
        parts.append(f"{style.say(key)}\n\n{fence(Code(language='text', text=chr(10).join(lines)))}")
    parts.append("\n".join(_changes(proof, advice, style)))
    parts.append("\n".join(_rejected(proof, style)))
    return "\n\n".join(part for part in parts if part)


def _bars(proof: Proof, style: Style) -> Iterator[str]:
    bars = list(proofs.bars(proof, style))
    if bars:
        yield f"| | {style.say('before')} | {style.say('after')} |"
        yield "|---|---:|---:|"
        yield from (f"| {bar.title} | {bar.before_text} | {bar.after_text} |" for bar in bars)


def _changes(proof: Proof, advice: Advice, style: Style) -> Iterator[str]:
    if proof.changes:
        yield f"**{style.say(proofs.changes_key(proof))}**\n"
    for change in proof.changes:
        facts = " · ".join(proofs.change_facts(change, style))
        yield f"- {inline_code(change.apply)}  \n  {facts}".rstrip()
        if change.reason:
            yield f"  {escape(change.reason)}"
        if change.rollback and not proofs.shown_in_solution(change.rollback, advice):
            yield f"  {style.say('rollback')}: {inline_code(change.rollback)}"


def _rejected(proof: Proof, style: Style) -> Iterator[str]:
    if proof.rejected:
        yield f"| {style.say('rejected')} | {style.say('measured')} | {style.say('reason')} |"
        yield "|---|---:|---|"
    for trial in proof.rejected:
        yield f"| {inline_code(trial.statement)} | {proofs.trial_figure(trial, style)} | {escape(trial.reason)} |"


def _sources(sources: Iterable[Source], style: Style) -> Iterator[str]:
    for number, source in enumerate(sources, 1):
        address = source.url.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
        yield f"{number}. {escape(source_line(source, style))}: <{address}>"


def _rest(report: Report, style: Style) -> Iterator[str]:
    case = report.case
    lists = {
        "unknowns": [f"{escape(one.question)} {escape(one.changes)}" for one in case.unknowns],
        "unread": [f"{inline_code(one.name)}: {escape(one.reason)}" for one in case.unread],
        "suppressed": [
            f"`{one.finding.code}` {inline_code(place(one.finding.location))}: {escape(one.reason)}"
            for one in report.suppressed
        ],
        "notices": [escape(notice) for notice in report.notices],
    }
    if asks_back(report):
        lists = {"notices": lists.pop("notices"), **lists}
    for key, items in lists.items():
        if items:
            yield f"## {style.say(key)}\n\n{_bullets(items)}"
