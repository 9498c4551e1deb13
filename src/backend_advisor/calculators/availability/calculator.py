"""How available a chain of parts is, how long it is down in a month and a year, and which part is to blame."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import MONTH, YEAR
from backend_advisor.calculators.availability.parts import Part, PartResult, PartsKind, down
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.errors import InputError
from backend_advisor.calculators.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class AvailabilityInputs(Inputs):
    """The parts, all of which are needed; `common` share of a copy's failures that take all copies with it.

    Where all are alike, `each` is the availability of one and `count` says how many there are. `target`: the
    availability that is promised.
    """

    parts: Annotated[tuple[Part, ...] | None, PartsKind("gateway:99.99%,app:99.9%x3,db:99.95%")] = None
    each: Annotated[float | None, kinds.share("99.9%")] = None
    count: Annotated[int | None, kinds.count("7", most=1000)] = None
    common: Annotated[float, kinds.share("5%", zero=True, one=True)] = 0.05
    target: Annotated[float | None, kinds.share("99.9%")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityResult:
    """Shares and seconds. Without a suffix failures are independent, `_with_common` some have a common cause.

    `weakest` is the part that is down longest, `without_weakest` the availability if it never failed.
    """

    parts: tuple[PartResult, ...]
    availability: float
    month: float
    year: float
    availability_with_common: float
    month_with_common: float
    year_with_common: float
    weakest: str
    weakest_share: float
    without_weakest: float
    redundant: bool


def compute(inputs: AvailabilityInputs) -> AvailabilityResult:
    """Put the parts together; raises InputError when none are given."""
    chain = _parts(inputs)
    parts = tuple(
        PartResult(name=part.name, down=down(part), down_with_common=down(part, inputs.common)) for part in chain
    )
    total, with_common = _chain([p.down for p in parts]), _chain([p.down_with_common for p in parts])
    weakest = max(parts, key=lambda part: part.down_with_common)
    others = [part.down_with_common for part in parts if part is not weakest]
    all_down = math.fsum(part.down_with_common for part in parts)
    return AvailabilityResult(
        parts=parts,
        availability=1 - total,
        month=total * MONTH,
        year=total * YEAR,
        availability_with_common=1 - with_common,
        month_with_common=with_common * MONTH,
        year_with_common=with_common * YEAR,
        weakest=weakest.name,
        weakest_share=weakest.down_with_common / all_down if all_down else 0.0,
        without_weakest=1 - _chain(others),
        redundant=any(part.copies > part.needed for part in chain),
    )


def _parts(inputs: AvailabilityInputs) -> tuple[Part, ...]:
    if inputs.parts is not None:
        return inputs.parts
    if inputs.each is None:
        raise InputError("parts", "missing", example="each=99.9% count=7")
    return tuple(Part(name=f"#{number}", availability=inputs.each) for number in range(1, (inputs.count or 1) + 1))


def _chain(downs: list[float]) -> float:
    """The share of time in which at least one of the parts is down, exact also when all are tiny."""
    if any(one >= 1 for one in downs):
        return 1.0
    return -math.expm1(math.fsum(math.log1p(-one) for one in downs))


def explain(inputs: AvailabilityInputs, result: AvailabilityResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("needed")
    page.holds("independent")
    _explain_parts(inputs, result, page)
    _explain_chain(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(inputs, result, page)


def _explain_parts(inputs: AvailabilityInputs, result: AvailabilityResult, page: Page) -> None:
    figures = page.figures
    for part, found in zip(_parts(inputs), result.parts, strict=True):
        if part.copies == 1:
            continue
        page.step(
            "any" if part.needed == 1 else "some",
            name=part.name,
            one=figures.share(part.availability),
            down=figures.share(1 - part.availability),
            copies=figures.count(part.copies),
            needed=figures.count(part.needed),
            fewer=figures.count(part.needed - 1),
            availability=figures.share(1 - found.down),
        )
        if inputs.common > 0:
            page.step(
                "common",
                name=part.name,
                down=figures.share(1 - part.availability),
                common=figures.share(inputs.common),
                alone=figures.share(found.down),
                availability=figures.share(1 - found.down_with_common),
            )


def _explain_chain(inputs: AvailabilityInputs, result: AvailabilityResult, page: Page) -> None:
    figures = page.figures
    product = " × ".join(figures.share(1 - part.down) for part in result.parts)
    if inputs.parts is None and inputs.each is not None:
        product = f"{figures.share(inputs.each)}^{len(result.parts)}"
    page.step("chain", product=product, availability=figures.share(result.availability))
    down_share = figures.share(1 - result.availability)
    page.step("month", down=down_share, time=figures.duration(result.month))
    page.step("year", down=down_share, time=figures.duration(result.year))
    if result.redundant and result.availability_with_common < result.availability:
        product = " × ".join(figures.share(1 - part.down_with_common) for part in result.parts)
        page.step(
            "chain_common",
            product=product,
            availability=figures.share(result.availability_with_common),
            time=figures.duration(result.year_with_common),
        )


def _conclude(inputs: AvailabilityInputs, result: AvailabilityResult, page: Page) -> None:
    figures = page.figures
    page.says(
        "together",
        availability=figures.share(result.availability),
        month=figures.duration(result.month),
        year=figures.duration(result.year),
    )
    if result.redundant and inputs.common > 0:
        page.says(
            "common",
            common=figures.share(inputs.common),
            availability=figures.share(result.availability_with_common),
            year=figures.duration(result.year_with_common),
        )
    if inputs.parts is not None and len(result.parts) > 1 and result.weakest_share > 0:
        page.says(
            "weakest",
            name=result.weakest,
            share=figures.share(result.weakest_share),
            availability=figures.share(result.without_weakest),
        )
    if inputs.target is not None:
        met = result.availability_with_common >= inputs.target
        page.says(
            "target_met" if met else "target_missed",
            target=figures.share(inputs.target),
            allowed=figures.duration((1 - inputs.target) * MONTH),
            month=figures.duration(result.month_with_common),
        )


def _warn(inputs: AvailabilityInputs, result: AvailabilityResult, page: Page) -> None:
    if result.redundant:
        page.warns("common")
    if any(1 < part.copies == part.needed for part in _parts(inputs)):
        page.warns("all_needed")
    if inputs.target is not None and any(1 - part.down_with_common < inputs.target for part in result.parts):
        names = ", ".join(p.name for p in result.parts if 1 - p.down_with_common < inputs.target)
        page.warns("below_target", names=names)


CALCULATOR = Calculator(inputs=AvailabilityInputs, compute=compute, explain=explain)
