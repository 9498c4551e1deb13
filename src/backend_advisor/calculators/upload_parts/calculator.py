"""Which part size a multipart upload needs, how many parts that makes, and how large a file a given size allows."""

import math
from dataclasses import dataclass
from typing import Annotated

from backend_advisor.calculators import kinds
from backend_advisor.calculators.calculation import Calculator, Page
from backend_advisor.calculators.inputs import Inputs

MIB = 1 << 20
HEADROOM = 0.9


@dataclass(frozen=True, kw_only=True)
class UploadPartsInputs(Inputs):
    """`file` bytes; `part` bytes of a part that is thought of; the store's `most` parts and `least` bytes of a part."""

    file: Annotated[float, kinds.size("500GiB")]
    part: Annotated[float | None, kinds.size("8MiB")] = None
    most: Annotated[int, kinds.count("10000")] = 10_000
    least: Annotated[float, kinds.size("5MiB")] = 5.0 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPartsResult:
    """Bytes. `exact`: the file through the most parts. `needed`: that in whole MiB, or the store's least.

    `advised`: the next power of two MiB that leaves a tenth of the parts free, in `parts` parts. `parts_given` and
    `largest`: how many parts the given size makes of the file, and the largest file that it allows.
    """

    exact: float
    needed: float
    advised: float
    parts: int
    parts_given: int | None
    largest: float | None


def compute(inputs: UploadPartsInputs) -> UploadPartsResult:
    """Work the part size out."""
    exact = inputs.file / inputs.most
    needed = max(math.ceil(exact / MIB) * MIB, math.ceil(inputs.least))
    advised = float(MIB)
    while advised < inputs.least or inputs.file / advised > inputs.most * HEADROOM:
        advised *= 2
    return UploadPartsResult(
        exact=exact,
        needed=needed,
        advised=advised,
        parts=math.ceil(inputs.file / advised),
        parts_given=None if inputs.part is None else math.ceil(inputs.file / inputs.part),
        largest=None if inputs.part is None else inputs.part * inputs.most,
    )


def explain(inputs: UploadPartsInputs, result: UploadPartsResult, page: Page) -> None:
    """Write the working and what follows from it."""
    figures = page.figures
    file, most = figures.size(inputs.file), figures.count(inputs.most)
    page.step("exact", file=file, most=most, exact=figures.size(result.exact))
    if inputs.part is not None and result.largest is not None and result.parts_given is not None:
        part, largest = figures.size(inputs.part), figures.size(result.largest)
        page.step("largest", part=part, most=most, largest=largest)
        values = {"part": part, "largest": largest, "parts": figures.count(result.parts_given), "most": most}
        page.says("too_many" if result.parts_given > inputs.most else "enough", **values)
    advised, parts = figures.size(result.advised), figures.count(result.parts)
    page.step("parts", file=file, advised=advised, parts=parts)
    page.says("needed", exact=figures.size(result.exact), needed=figures.size(result.needed), file=file)
    page.says("advised", advised=advised, parts=parts)
    if inputs.part is not None and inputs.part < inputs.least:
        page.warns("too_small", part=figures.size(inputs.part), least=figures.size(inputs.least))


CALCULATOR = Calculator(inputs=UploadPartsInputs, compute=compute, explain=explain)
