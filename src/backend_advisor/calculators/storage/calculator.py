"""How fast data grows, how large it is after some months with its indexes and copies, and when a disk is full."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.amounts import DAY, MONTH
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.inputs import Inputs

FULL_LIMIT = 0.8
_HORIZON_DAYS = 50 * 365

_NO_GROWTH = 1e-12
"""Below it the quotient of two vanishing numbers says less than none at all."""


@dataclass(frozen=True, kw_only=True)
class StorageInputs(Inputs):
    """`rows` per second of `row` bytes each, with `overhead` bytes of the database's own and `index` as a multiple.

    `growth`: share by which the rows per day grow each month. `retention`: seconds after which rows are deleted.
    `replicas`: further copies. `now`: bytes that one copy has already. `disk`: bytes of the disk of one copy.
    """

    rows: Annotated[float, kinds.rate("5M/day", daily=True)]
    row: Annotated[float, kinds.size("200B")]
    overhead: Annotated[float, kinds.size("28B", zero=True)] = 28.0
    index: Annotated[float, kinds.factor("0.5", most=100)] = 0.5
    growth: Annotated[float, kinds.share("5%", zero=True, one=True)] = 0.0
    retention: Annotated[float | None, kinds.duration("90d")] = None
    replicas: Annotated[int, kinds.count("2", least=0, most=1000)] = 0
    months: Annotated[int, kinds.count("12", most=600)] = 12
    now: Annotated[float, kinds.size("300GB", zero=True)] = 0.0
    disk: Annotated[float | None, kinds.size("2TB")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageResult:
    """Bytes of one row with everything, of a day and a month at the start, and of one copy and all after the months.

    `rows_then`: rows that are kept then. `steady`: bytes at which deletion keeps up (None while rows per day grow or
    nothing is deleted). `warn_at` and `full_at`: seconds until a copy fills 80 % and all of its disk; infinite when it
    does not within fifty years, None without a disk.
    """

    row_bytes: float
    per_day: float
    per_month: float
    rows_then: float
    copy_then: float
    total_then: float
    steady: float | None
    warn_at: float | None
    full_at: float | None


def compute(inputs: StorageInputs) -> StorageResult:
    """Work the growth out."""
    row_bytes = (inputs.row + inputs.overhead) * (1 + inputs.index)
    copy_then = _copy(inputs, row_bytes, inputs.months)
    steady = inputs.retention is not None and inputs.growth == 0
    return StorageResult(
        row_bytes=row_bytes,
        per_day=inputs.rows * DAY * row_bytes,
        per_month=_rows(inputs, 1) * row_bytes,
        rows_then=_kept(inputs, inputs.months),
        copy_then=copy_then,
        total_then=copy_then * (1 + inputs.replicas),
        steady=inputs.rows * inputs.retention * row_bytes if steady and inputs.retention is not None else None,
        warn_at=None if inputs.disk is None else _reached(inputs, row_bytes, inputs.disk * FULL_LIMIT),
        full_at=None if inputs.disk is None else _reached(inputs, row_bytes, inputs.disk),
    )


def _rows(inputs: StorageInputs, months: float) -> float:
    """Rows written in the first months, with rows per day that grow by the same share each month."""
    first = inputs.rows * MONTH
    if inputs.growth < _NO_GROWTH:
        return first * months
    steady = math.log1p(inputs.growth)
    return first * math.expm1(steady * months) / steady


def _kept(inputs: StorageInputs, months: float) -> float:
    """Of these rows, those not yet deleted."""
    if inputs.retention is None:
        return _rows(inputs, months)
    return _rows(inputs, months) - _rows(inputs, max(months - inputs.retention / MONTH, 0.0))


def _copy(inputs: StorageInputs, row_bytes: float, months: float) -> float:
    """Bytes of one copy after so many months; what is there now is deleted evenly over the retention."""
    left = 1.0 if inputs.retention is None else max(1 - months * MONTH / inputs.retention, 0.0)
    return inputs.now * left + _kept(inputs, months) * row_bytes


def _reached(inputs: StorageInputs, row_bytes: float, limit: float) -> float:
    """Seconds until a copy has so many bytes, to the day."""
    for day in range(_HORIZON_DAYS + 1):
        if _copy(inputs, row_bytes, day * DAY / MONTH) >= limit:
            return day * DAY
    return math.inf


def explain(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    """Write the working and what follows from it."""
    page.holds("alive")
    if inputs.retention is not None and inputs.now > 0:
        page.holds("now")
    _explain_growth(inputs, result, page)
    _explain_size(inputs, result, page)
    _explain_disk(inputs, result, page)
    _conclude(inputs, result, page)
    _warn(inputs, result, page)


def _explain_growth(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    figures = page.figures
    page.step(
        "row",
        row=figures.size(inputs.row),
        overhead=figures.size(inputs.overhead),
        index=figures.number(inputs.index),
        bytes=figures.size(result.row_bytes),
    )
    page.step(
        "per_day",
        rows=figures.daily(inputs.rows),
        bytes=figures.size(result.row_bytes),
        day=figures.size(result.per_day),
    )


def _explain_size(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    figures = page.figures
    growing, deleting = inputs.growth > 0, inputs.retention is not None
    key = ("growing_" if growing else "") + ("kept" if deleting else "written")
    page.step(
        key,
        rows=figures.daily(inputs.rows),
        months=figures.count(inputs.months),
        growth=figures.share(inputs.growth),
        retention=figures.duration(inputs.retention or 0),
        kept=figures.number(result.rows_then, 4),
    )
    page.step(
        "copy",
        now=figures.size(max(result.copy_then - result.rows_then * result.row_bytes, 0)),
        kept=figures.number(result.rows_then, 4),
        bytes=figures.size(result.row_bytes),
        copy=figures.size(result.copy_then),
    )
    if inputs.replicas:
        page.step(
            "total",
            copy=figures.size(result.copy_then),
            replicas=figures.count(inputs.replicas),
            total=figures.size(result.total_then),
        )


def _explain_disk(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    if inputs.disk is None or result.full_at is None or result.warn_at is None:
        return
    figures = page.figures
    for key, limit, when in (("warn_at", FULL_LIMIT, result.warn_at), ("full_at", 1.0, result.full_at)):
        page.step(key, disk=figures.size(inputs.disk * limit), when=_when(when, page))


def _when(seconds: float, page: Page) -> str:
    return page.figures.duration(seconds) if math.isfinite(seconds) else page.text("not_within")


def _conclude(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    figures = page.figures
    page.says("growth", day=figures.size(result.per_day), month=figures.size(result.per_month))
    page.says(
        "size",
        months=figures.count(inputs.months),
        copy=figures.size(result.copy_then),
        total=figures.size(result.total_then),
        copies=figures.count(1 + inputs.replicas),
    )
    if result.steady is not None and inputs.retention is not None:
        page.says("steady", steady=figures.size(result.steady), retention=figures.duration(inputs.retention))
    if inputs.disk is not None and result.full_at is not None and result.warn_at is not None:
        key = "full" if math.isfinite(result.full_at) else "never_full"
        page.says(
            key,
            disk=figures.size(inputs.disk),
            full=figures.duration(result.full_at),
            early=figures.duration(result.warn_at),
        )


def _warn(inputs: StorageInputs, result: StorageResult, page: Page) -> None:
    figures = page.figures
    if inputs.disk is not None and result.copy_then > inputs.disk * FULL_LIMIT:
        page.warns("disk", used=figures.share(result.copy_then / inputs.disk), months=figures.count(inputs.months))
    if inputs.retention is not None:
        page.warns("delete")
    page.warns("more")


CALCULATOR = Calculator(inputs=StorageInputs, compute=compute, explain=explain)
