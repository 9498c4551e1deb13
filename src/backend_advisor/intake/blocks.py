"""Finding the blocks of code, SQL, data and plans in a question, fenced or not, and the prose around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend_advisor.intake.inline import inline_statements
from backend_advisor.intake.unfenced import Lines, is_row, unfenced_length

_QUOTE = re.compile(r"(?:[ \t]{0,8}>[ \t]?){1,8}")
_FENCE = re.compile(r"([ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_MAX_BLOCKS = 500
_MAX_PROSE_LINES = 5_000
_MAX_LOOKS = 20_000
"""So many lines may be asked whether a block without a fence starts there; a fence is seen anywhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the question. Lines count from 1; `hint` is the first word after the fence."""

    text: str
    first_line: int
    hint: str | None = None
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A question taken apart. `prose` has as many lines as the question, with the blocks' lines left empty."""

    prose: str
    blocks: tuple[Block, ...]


def split(question: str) -> Split:
    """Take a question apart into prose and blocks."""
    lines = Lines(line.removesuffix("\r") for line in question.split("\n"))
    prose: list[str] = []
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        if len(blocks) >= _MAX_BLOCKS:
            prose.extend(lines[index:])
            break
        block, length = _block_at(lines, index) if lines[index].strip() else (None, 0)
        if block is not None and block.text.strip():
            blocks.append(block)
        if length:
            prose.extend([""] * length)
            index += length
            continue
        prose.append(lines[index])
        index += 1
    return _with_inline(prose, blocks)


def _with_inline(prose: list[str], blocks: list[Block]) -> Split:
    for number, line in enumerate(prose[:_MAX_PROSE_LINES]):
        if is_row(line):
            continue
        if len(blocks) >= _MAX_BLOCKS:
            break
        for start, end in inline_statements(line):
            blocks.append(Block(line[start:end].strip(), number + 1))
            prose[number] = prose[number][:start] + " " * (end - start) + prose[number][end:]
    blocks.sort(key=lambda block: block.first_line)
    return Split("\n".join(prose), tuple(blocks))


def _block_at(lines: Lines, index: int) -> tuple[Block | None, int]:
    quote, line = _unquoted(lines[index])
    fence = _FENCE.match(line)
    if fence is not None:
        return _fenced(lines, index, fence, quoted=bool(quote))
    lines.looks += 1
    length = unfenced_length(lines, index) if lines.looks <= _MAX_LOOKS else 0
    if not length:
        return None, 0
    return Block("\n".join(lines[index : index + length]), index + 1), length


def _unquoted(line: str) -> tuple[str, str]:
    match = _QUOTE.match(line)
    return (match.group(), line[match.end() :]) if match else ("", line)


def _fenced(lines: Sequence[str], index: int, fence: re.Match[str], *, quoted: bool) -> tuple[Block | None, int]:
    indent, marks, info = len(fence.group(1).expandtabs(4)), fence.group(2), fence.group(3).strip()
    body: list[str] = []
    position = index + 1
    while position < len(lines):
        quote, line = _unquoted(lines[position]) if quoted else ("", lines[position])
        if quoted and not quote:
            break
        bare = line.strip().rstrip("\"'”")
        if len(bare) >= len(marks) and not bare.strip(marks[0]):
            position += 1
            break
        body.append(_dedented(line, indent))
        position += 1
    words = info.replace("{", " ").split()
    hint = words[0].strip(".:") if words else None
    return Block("\n".join(body), index + 2, hint or None, fenced=True), position - index


def _dedented(line: str, width: int) -> str:
    taken = 0
    while taken < min(width, len(line)) and line[taken] in " \t":
        taken += 1
    return line[taken:]


def artifact_names(kinds: Sequence[str]) -> Iterator[str]:
    """Readable names in order: `question.sql#1`, `question.plan#1`, `question.sql#2`."""
    counts: dict[str, int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
        yield f"question.{kind}#{counts[kind]}"
