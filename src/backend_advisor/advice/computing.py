"""What the figures of a case come to: the calculators that a page names, given what the asker stated."""

from collections.abc import Iterator
from typing import Any

from backend_advisor import calculators
from backend_advisor.calculators.calculation import Calculation
from backend_advisor.calculators.errors import InputError
from backend_advisor.knowledge.playbook import FigureInput, Playbook
from backend_advisor.model import Case, Computed, Figure


def computed(playbook: Playbook, case: Case) -> Iterator[Computed]:
    """Each calculation of a page whose inputs the case states."""
    for wanted in playbook.calculates:
        inputs: dict[str, Any] = {}
        for name, figure_input in wanted.inputs.items():
            figure = _stated(figure_input, case)
            if figure is not None:
                inputs[name] = _value(figure)
            elif not figure_input.optional:
                break
        else:
            try:
                kind = calculators.inputs_of(wanted.calculator)
                yield _told(calculators.work_out(kind(**inputs), case.language))
            except InputError:
                # Figures that do not fit together are those of something else.
                continue


def _stated(wanted: FigureInput, case: Case) -> Figure | None:
    for figure in case.figures:
        if figure.unit != wanted.unit or (wanted.about and figure.about not in wanted.about):
            continue
        if wanted.roles and figure.role not in wanted.roles:
            continue
        return figure
    return None


def _value(figure: Figure) -> float | int:
    value = figure.upper if figure.upper is not None else figure.value
    return int(value) if figure.unit in ("count", "users", "rows") else value


def _told(calculation: Calculation) -> Computed:
    return Computed(
        calculator=calculation.name,
        title=calculation.title,
        given=tuple(f"{one.meaning}: {one.value}" for one in calculation.inputs if not one.assumed),
        assumed=tuple(f"{one.meaning}: {one.value}" for one in calculation.inputs if one.assumed),
        working=tuple(f"{one.what}: {one.formula} = {one.numbers} = {one.result}" for one in calculation.working),
        conclusion=calculation.conclusion,
        warnings=calculation.warnings,
        sources=calculation.sources,
        code=calculation.code,
    )
