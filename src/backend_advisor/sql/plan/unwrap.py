"""Taking the plan out of what surrounds it: psql borders, quotes of a grid, mail quoting, Markdown fences."""

import re
from dataclasses import dataclass

_RULE = re.compile(r"^[\s|+\-=─━│┌┐└┘├┤┬┴┼╔╗╚╝╠╣═║╟╢]*$")
_HEADER = re.compile(r'^[\s|│║"]*QUERY PLAN[\s|│║"+↵]*$', re.IGNORECASE)
_FOOTER = re.compile(r"^\s*\(\d+ rows?\)\s*$|^\s*\(\d+개? 행\)\s*$|^\s*\d+ rows? in set.*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_BORDERS = "|│║"
_CONTINUED = ("+", "↵")
_UNCLOSED = re.compile(r"\((?:cost|actual)[^()]*$")
_MARK = re.compile(r"[A-Z]{2,4}\d{3}\b")
_TAB = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan and its number in the text it came from."""

    text: str
    number: int


def unwrap(text: str) -> list[Line]:
    """The plan's own lines, with their numbers in the original text."""
    lines = [Line(_unmarked(line.rstrip()).expandtabs(_TAB), i) for i, line in enumerate(_split(text), start=1)]
    lines = _without_mail_quotes(lines)
    lines = [Line(_borderless(line.text), line.number) for line in lines if not _is_decoration(line.text)]
    lines = _unquoted_lines(lines)
    lines = [line for line in lines if not _HEADER.match(line.text) and line.text.strip()]
    return _rejoined(_without_continuation(lines))


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").removeprefix("\ufeff").split("\n")


def _is_decoration(text: str) -> bool:
    return bool(_RULE.match(text) or _HEADER.match(text) or _FOOTER.match(text) or _FENCE.match(text))


def _borderless(text: str) -> str:
    inner = text.strip()
    if len(inner) < 2 or inner[0] not in _BORDERS or inner[-1] not in _BORDERS:
        return text
    return inner[1:-1].removeprefix(" ").rstrip()


def _unmarked(text: str) -> str:
    """Without the comment that marks a line of an example."""
    plan, dashes, comment = text.rpartition(" -- ")
    return plan.rstrip() if dashes and _MARK.match(comment) else text


def _without_mail_quotes(lines: list[Line]) -> list[Line]:
    filled = [line for line in lines if line.text.strip()]
    if filled and all(line.text.lstrip().startswith(">") for line in filled):
        return [Line(re.sub(r"^\s*> ?", "", line.text), line.number) for line in lines]
    return lines


def _unquoted_lines(lines: list[Line]) -> list[Line]:
    """pgAdmin and CSV grids put every line, or the whole value, in quotes and double the quotes inside."""
    filled = [line for line in lines if line.text.strip()]
    if not filled:
        return lines
    each = [line for line in filled if re.match(r'^\s*".*"\s*,?$', line.text)]
    if len(each) == len(filled) or (len(filled) > 2 and len(each) >= len(filled) - 1):
        return [Line(_unquoted(line.text.strip().rstrip(",")), line.number) for line in lines]
    first, last = filled[0].text.lstrip(), filled[-1].text.rstrip()
    if first.startswith('"') and last.endswith('"') and re.match(r'^"\s*([\[{<-]|[A-Z])', first):
        return [Line(_halved(line, line is filled[0], line is filled[-1]), line.number) for line in lines]
    return lines


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _halved(line: Line, first: bool, last: bool) -> str:
    text = line.text.lstrip()[1:] if first else line.text
    text = text.rstrip()[:-1] if last else text
    return text.replace('""', '"')


def _without_continuation(lines: list[Line]) -> list[Line]:
    """psql ends each line of a value that has several with a plus sign."""
    marked = [line for line in lines if line.text.endswith(_CONTINUED)]
    if len(marked) >= len(lines) - 1 and len(lines) > 1:
        return [Line(_uncontinued(line.text), line.number) for line in lines]
    return lines


def _uncontinued(text: str) -> str:
    return text[:-1].rstrip() if text.endswith(_CONTINUED) else text


def _rejoined(lines: list[Line]) -> list[Line]:
    """A terminal breaks long lines in the middle of the figures in parentheses."""
    joined: list[Line] = []
    for line in lines:
        if joined and _UNCLOSED.search(joined[-1].text):
            glue = "" if joined[-1].text.endswith(("=", ".")) else " "
            joined[-1] = Line(joined[-1].text + glue + line.text.strip(), joined[-1].number)
        else:
            joined.append(line)
    return joined
