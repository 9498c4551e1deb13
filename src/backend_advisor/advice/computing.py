"""What the figures of a case come to: the calculators that a page names, given what the asker stated."""

import re
from collections.abc import Iterator
from typing import Any

from backend_advisor import calculators
from backend_advisor.calculators.calculation import Calculation
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import kinds
from backend_advisor.calculators.kinds import Flow, FlowKind, Kind
from backend_advisor.knowledge.playbook import FigureInput, Playbook
from backend_advisor.model import Case, Computed, Figure


def computed(playbook: Playbook, case: Case) -> Iterator[Computed]:
    """Each calculation of a page whose inputs the case states."""
    for wanted in playbook.calculates:
        inputs: dict[str, Any] = {}
        inputs_of = calculators.inputs_of(wanted.calculator)
        kind_of = kinds(inputs_of)
        taken: list[Figure] = []
        for name, figure_input in wanted.inputs.items():
            figure = next((one for one in _stated(figure_input, case) if one not in taken), None)
            if figure is not None:
                taken.append(figure)
                inputs[name] = _value(figure, figure_input, kind_of[name])
            elif not figure_input.optional:
                break
        else:
            try:
                inputs |= {name: kind_value(value, kind_of[name]) for name, value in wanted.given.items()}
                yield _told(calculators.work_out(inputs_of(**inputs), case.language), frozenset(wanted.given))
            except InputError:
                # Figures that do not fit together are those of something else.
                continue


def applied(playbook: Playbook, case: Case) -> Iterator[str]:
    """What the bounds that a page names make of the figures of the case, each in a sentence."""
    for rule in playbook.applies:
        figure = next(_stated(rule.figure, case), None)
        if figure is not None:
            value = figure.upper if figure.upper is not None else figure.value
            texts = rule.reached if value >= rule.at_least else rule.below
            yield texts[case.language].replace("{figure}", figure.text.strip())


def kind_value(value: float, kind: Kind) -> Any:
    """A number that a page sets, as the kind of its input takes it."""
    return Flow(value, "things") if isinstance(kind, FlowKind) else int(value) if value == int(value) else value


def _stated(wanted: FigureInput, case: Case) -> Iterator[Figure]:
    for figure in case.figures:
        if figure.unit != wanted.unit or (wanted.about and figure.about not in wanted.about):
            continue
        if wanted.roles and figure.role not in wanted.roles:
            continue
        if wanted.beyond and figure.quantile is None:
            continue
        if not (_says(wanted.text, figure.text) and _says(wanted.near, figure.around)):
            continue
        if not (wanted.apart and _says(wanted.apart, figure.around)):
            yield figure


def _says(pattern: str, text: str) -> bool:
    return not pattern or re.search(pattern, text, re.IGNORECASE) is not None


def _value(figure: Figure, wanted: FigureInput, kind: Kind) -> Any:
    if wanted.beyond and figure.quantile is not None:
        return round(1 - figure.quantile, 9)
    value = (figure.upper if figure.upper is not None else figure.value) + wanted.plus
    if isinstance(kind, FlowKind):
        return Flow(value, "bytes" if figure.about == "throughput" or figure.unit == "bytes" else "things")
    return int(value) if figure.unit in ("count", "users", "rows") else value


def _told(calculation: Calculation, set_by_page: frozenset[str]) -> Computed:
    assumed = [one for one in calculation.inputs if one.assumed or one.name in set_by_page]
    return Computed(
        calculator=calculation.name,
        title=calculation.title,
        given=tuple(f"{one.meaning}: {one.value}" for one in calculation.inputs if one not in assumed),
        assumed=tuple(f"{one.meaning}: {one.value}" for one in assumed),
        working=tuple(f"{one.what}: {one.formula} = {one.numbers} = {one.result}" for one in calculation.working),
        conclusion=calculation.conclusion,
        warnings=calculation.warnings,
        sources=calculation.sources,
        code=calculation.code,
    )
