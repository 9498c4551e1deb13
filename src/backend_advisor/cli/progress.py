"""What is being done, on the error output, and only on a terminal that can take a line back."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import set_cell_size

from backend_advisor.report.clean import clean_text

_ERASE = "\r\x1b[2K"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function to tell steps to; the line that shows them is gone at the end."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return

    def show(step: str) -> None:
        room = max(shutil.get_terminal_size().columns - 3, 10)
        line = clean_text(" ".join(step.split()))
        sys.stderr.write(f"{_ERASE}… {set_cell_size(line, room).rstrip()}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write(_ERASE)
        sys.stderr.flush()
