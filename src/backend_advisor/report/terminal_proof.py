"""A proof on a terminal: plans before and after, bars, what to apply at what cost, what was rejected."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from backend_advisor.model import Advice, PlanNode, Proof
from backend_advisor.quantities import bar_cells
from backend_advisor.report import proofs
from backend_advisor.report.console import code_text, indented
from backend_advisor.report.plan_tree import PlanLine, plan_lines
from backend_advisor.report.style import Style

_PLAN_BAR = 10
_BAR, _SHORTEST_BAR = 36, 6
_BESIDE_BAR = 42
"""What stands beside a bar on its line: its title, before or after, and the figure."""


def proof_blocks(
    proof: Proof, advice: Advice, style: Style, *, opening: bool, nodes: int, rejected: int
) -> Iterator[RenderableType]:
    """All of a proof but the verdict when the answer opened with it; at most so many nodes and trials."""
    colour = {True: "green", False: "red", None: "yellow"}[proof.holds]
    yield Text(style.say("proof"), style="bold underline")
    claim = "" if proof.claim in advice.root_cause else f": {proof.claim}"
    yield indented(Text.assemble((proofs.mark(proof), colour), f" {proofs.outcome(proof, style)}{claim}"))
    gained = proofs.gain(proof, style)
    terms = " · ".join(proofs.conditions(proof, style))
    if not opening and (gained or terms):
        yield indented(Text.assemble((gained, "bold"), f"{'  ' if gained else ''}({terms})" if terms else ""))
    yield from _bars(proof, style)
    for key, plan in proofs.plans(proof):
        yield indented(Text(style.say(key), style="bold"))
        yield from _plan(plan, style, nodes)
    yield from _changes(proof, advice, style)
    yield from _rejected(proof, style, rejected)


def _bars(proof: Proof, style: Style) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 1))
    cells = max(_SHORTEST_BAR, min(_BAR, style.width - _BESIDE_BAR))
    for bar in proofs.bars(proof, style):
        largest = max(bar.before, bar.after)
        grid.add_row(bar.title, style.say("before"), _bar(bar.before, largest, cells, "red"), bar.before_text)
        grid.add_row("", style.say("after"), _bar(bar.after, largest, cells, "green"), bar.after_text)
    if grid.row_count:
        yield indented(grid)


def _bar(value: float, largest: float, cells: int, colour: str) -> Text:
    return Text("█" * bar_cells(value, largest, cells), style=colour)


def _plan(plan: PlanNode, style: Style, limit: int) -> Iterator[RenderableType]:
    lines = plan_lines(plan, style)
    shown = lines[:limit]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for line in shown:
        cells = bar_cells(line.share, 1.0, _PLAN_BAR)
        bar = Text("▇" * cells, style="red" if line.costly else "blue")
        grid.add_row(line.amount, bar, _node(line, style))
    yield indented(grid)
    hidden = lines[limit:]
    if hidden:
        yield indented(Text(style.say("plan_more", count=len(hidden)), style="dim"))
    yield from (indented(_node(line, style)) for line in hidden if line.costly)


def _node(line: PlanLine, style: Style) -> Text:
    figures = f"  {', '.join(line.figures)}" if line.figures else ""
    text = Text.assemble(line.branch, (line.label, "bold red" if line.costly else ""), (figures, "dim"))
    if line.costly:
        text.append(f"  ◄ {style.say('plan_costly')}", "bold red")
        for detail in line.details[:2]:
            text.append(f"\n{' ' * len(line.branch)}  {detail}", "dim")
    return text


def _changes(proof: Proof, advice: Advice, style: Style) -> Iterator[RenderableType]:
    if proof.changes:
        yield indented(Text(style.say(proofs.changes_key(proof)), style="bold"))
    for change in proof.changes:
        facts = " · ".join([*proofs.change_facts(change, style), *([change.reason] if change.reason else [])])
        yield indented(code_text(change.apply), 4)
        if facts:
            yield indented(Text(facts), 6)
        if change.rollback and not proofs.shown_in_solution(change.rollback, advice):
            rollback = f"{style.say('rollback')}: {change.rollback}"
            yield indented(code_text(rollback, ""), 6)


def _rejected(proof: Proof, style: Style, limit: int) -> Iterator[RenderableType]:
    if not proof.rejected:
        return
    yield indented(Text(style.say("rejected"), style="bold"))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for trial in proof.rejected[:limit]:
        statement = " ".join(trial.statement.split())
        text = Text.assemble((statement, "cyan"), f": {trial.reason}" if trial.reason else "")
        grid.add_row("✘", proofs.trial_figure(trial, style), text)
    yield indented(grid)
    if len(proof.rejected) > limit:
        yield indented(Text(style.say("more", count=len(proof.rejected) - limit), style="dim"))
