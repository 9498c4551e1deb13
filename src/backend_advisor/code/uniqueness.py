"""What a tree declares unique: the columns that stand in the lines of a UNIQUE or a primary key, and their table."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

_UNIQUE = re.compile(r"(?i)unique|primary[\s_]?key|primaryKey|PrimaryColumn|@@?id\b|@Id\b")
_NAME = re.compile(r"[A-Za-z_][\w$]*")
_TABLE = re.compile(
    r"(?i)(?:\btable(?:name)?(?:\s+if\s+(?:not\s+)?exists)?|\bon(?:\s+only)?|\binto|\bmodel|\w+_table\(|\w+Table\(|op\.create_\w+\()"
    r"[\"'`\s=(:,]+(?:[\w\"`]+\.)?[\"'`]?(\w+)"
)
_OF_SCHEMAS = (".sql", ".prisma")
_OF_CHANGES = (".xml", ".yaml", ".yml")
_NOTE = re.compile(r"\s*@\w+(?:\(.*\))?\s*$")
_IS_OPTION = re.compile(r"(?i)\s*[\"']?unique[\"']?\s*[:=]")
"""A line that is one of several about what was opened before."""
_BEFORE, _AFTER = 10, 10
_BACK = 6_000


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """Columns near the word that makes one or several of them unique; `table` is empty where none is named before."""

    table: str
    columns: frozenset[str]


def declares_unique(name: str, text: str) -> bool:
    """Whether a file that is no source code may tell what is unique."""
    if name.endswith(_OF_CHANGES):
        return "databaseChangeLog" in text and "nique" in text
    return name.endswith(_OF_SCHEMAS) and _UNIQUE.search(text) is not None


@cache
def plain(name: str) -> str:
    """A name as every spelling has it: `user_id` and `userId` are one."""
    return name.replace("_", "").lower()


@cache
def singular(name: str) -> str:
    """The plain name of a table or class without the ending of several, roughly: `Orders`, `order`."""
    name = plain(name)
    if name.endswith("ies"):
        return name[:-3] + "y"
    return re.sub(r"(?:(?<=x)es|(?<=ss)es|(?<!s)s)$", "", name)


def uniqueness_in(texts: Iterable[str]) -> Iterator[Uniqueness]:
    """What the texts declare unique, by the lines around each place that says so."""
    for text in texts:
        lines = text.splitlines()
        starts = _starts(lines)
        for number, line in enumerate(lines):
            if _UNIQUE.search(line):
                around = _around(lines, number)
                yield Uniqueness(_table(text, starts[number], around), frozenset(map(plain, _NAME.findall(around))))


def _starts(lines: list[str]) -> list[int]:
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return starts


def _around(lines: list[str], number: int) -> str:
    """The line, what opened the bracket that it stands in, and the rest up to where its own brackets close."""
    first = number
    if _IS_OPTION.match(lines[number]):
        while first > 0 and number - first < _BEFORE and not lines[first].rstrip().endswith(("{", "(", "[")):
            first -= 1
    last, depth = number, sum(map(_opens, lines[first : number + 1]))
    while last + 1 < len(lines) and last - number < _AFTER and (depth > 0 or _is_note(lines[last])):
        last += 1
        depth += _opens(lines[last])
    if lines[first].lstrip().startswith("@") and lines[last].strip() == ")":
        last += 1
    return "\n".join(lines[first : last + 1])


def _opens(line: str) -> int:
    return sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))


def _is_note(line: str) -> bool:
    """An annotation or decorator alone on its line: what it is about comes after."""
    return _NOTE.match(line) is not None


def _table(text: str, start: int, around: str) -> str:
    inside = _TABLE.findall(around)
    if inside:
        return singular(str(inside[-1]))
    before = _TABLE.findall(text, max(0, start - _BACK), start)
    return singular(str(before[-1])) if before else ""
