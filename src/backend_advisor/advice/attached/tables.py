"""Tables as clients of databases print them: drawn with bars, or separated by commas or tabs."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import count

_RULE = re.compile(r"^[-+| ]{3,}$")


def cells_of(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of their line: of a table drawn with bars, else of comma or tab separated values."""
    if any(" | " in line for line in lines[:20]):
        yield from (
            (n, line.strip().strip("|").split("|"))
            for n, line in enumerate(lines)
            if "|" in line and not _RULE.match(line)
        )
        return
    numbers = count()
    at = [0]

    def told() -> Iterator[str]:
        for line in lines:
            at[0] = next(numbers)
            yield f"{line}\n"

    delimiter = "\t" if any("\t" in line for line in lines[:3]) else ","
    try:
        for row in csv.reader(told(), delimiter=delimiter):
            yield at[0], row
    except csv.Error:
        return
