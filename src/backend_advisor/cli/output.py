"""Where an answer goes: the terminal, a pipe, or a file that is written whole or not at all."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from backend_advisor.cli.errors import OutputLostError
from backend_advisor.cli.repository import FromRoot
from backend_advisor.cli.wording import Wording
from backend_advisor.model import Language, Report
from backend_advisor.report import render
from backend_advisor.report.json_format import escape_controls
from backend_advisor.report.style import Style

_PLAIN = str.maketrans({"✔": "+", "✘": "x", "◆": "*", "≈": "~", "○": "o", "█": "#", "▇": "#", "◄": "<", "→": "->"})
_PLAIN |= str.maketrans({"─": "-", "├": "|", "└": "`", "│": "|", "•": "-", "…": "...", "×": "x", "–": "-"})
_NARROW, _USUAL, _WIDE = 40, 100, 120


def deliver(
    report: Report, format: str, *, to: Path | None, verbose: bool, language: Language | None, say: Wording
) -> None:
    """Render a report and write it where the reader wants it."""
    style = terminal_style(language or report.case.language, verbose=verbose, file=to is not None)
    text = render(
        report,
        format,
        verbose=verbose,
        colour=style.colour,
        width=style.width,
        language=style.language,
        address=FromRoot(Path.cwd()),
    )
    if to is None:
        write(text)
    else:
        write_file(to, text, say)


def terminal_style(language: Language, *, verbose: bool, file: bool = False) -> Style:
    """The style for where the text goes: a terminal's own width and colours, or plain text."""
    on_terminal = not file and sys.stdout.isatty()
    # Shells do not export COLUMNS by themselves: where it is set, somebody wants that width, also in a pipe.
    asked = not file and os.environ.get("COLUMNS", "").isdecimal()
    columns = shutil.get_terminal_size((_USUAL, 24)).columns if on_terminal or asked else _USUAL
    return Style(
        language=language,
        verbose=verbose,
        colour=not file and _wants_colour(on_terminal),
        width=min(max(columns, _NARROW), _WIDE),
    )


def write_json(value: object) -> None:
    """Write a value as JSON, the same bytes for the same value."""
    encoded = msgspec.json.encode(value, order="deterministic")
    write(escape_controls(msgspec.json.format(encoded, indent=2).decode()) + "\n")


def write(text: str) -> None:
    """Write to standard output, with plain marks where its encoding lacks ours."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLostError(error.strerror or str(error)) from error


def write_file(path: Path, text: str, say: Wording) -> None:
    """Write a file in one step: readers see the old content or the new, never half of it.

    A link stays and its target is written. A device or a pipe is written to as it is: putting a file in its place
    would take `/dev/null` from the whole machine.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
        else:
            replace_file(Path(os.path.realpath(path)), text.encode())
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(say("file_unwritable", path=path, cause=error.strerror or error)) from None


def replace_file(path: Path, content: bytes) -> None:
    """Put new content in a file's place in one step, with its mode; raises OSError."""
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, else what a newly made file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _wants_colour(on_terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (on_terminal and os.environ.get("TERM") != "dumb")
