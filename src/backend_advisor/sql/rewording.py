"""Statements that are right and that the parser does not take, put so that it does.

Each rewording keeps the text's length, so that positions stay true. What defines nothing and reads no rows of the
user's tables is kept whole, as a command without inner structure.
"""

import re
from collections.abc import Callable, Iterator

from sqlglot import exp

from backend_advisor.sql.scripts import DRIVER_PLACEHOLDER, as_placeholder

_INDEX_ON_ONLY = re.compile(r"(?<=\bon)\s+only\b", re.IGNORECASE)
_CREATES_INDEX = re.compile(r"\s*create\s+(?:unique\s+)?index\b", re.IGNORECASE)
_NAMED_NOT_NULL = re.compile(
    r"\bconstraint\s+(?:\w+|\"[^\"]*\")\s+not\s+null\s+(\w+|\"[^\"]*\")(?=\s*[,)])", re.IGNORECASE
)
_BIT_VARYING = re.compile(r"\bbit\s+varying\b", re.IGNORECASE)
_COLUMN_OF_KEYWORD_TYPE = re.compile(
    r"([(,]\s*(?:\w+|\"[^\"]*\")\s+)(percent|values|rows?|operator|sequence|session|view|type|first|next|format)"
    r"(?=\s*(?:[,)]|not\b|null\b|default\b|check\b|unique\b|primary\b|references\b|constraint\b|generated\b))",
    re.IGNORECASE,
)
_CREATES_TABLE = re.compile(r"\s*create\s+(?:\w+\s+){0,3}?table\b", re.IGNORECASE)
_RETURNING_WITH = re.compile(r"(\breturning)(\s+with\s*\([^()]*\))", re.IGNORECASE)
_DELETES = re.compile(r"^\s*delete\s+[\w.*,\s`]{1,500}?\bfrom\b", re.IGNORECASE)
_NOT_REVIEWED = re.compile(
    r"(?:--[^\n]*\n\s*|/\*(?:[^*]|\*(?!/))*\*/\s*)*(?:"
    r"drop\s+(?:function|procedure|routine|aggregate|index|trigger|operator|cast|policy|rule|type|materialized)\b|"
    r"create\s+(?:[\w=`'\"@%.]+\s+){0,6}?(?:function|procedure|trigger|event|package|operator|cast|aggregate|rule)\b|"
    r"alter\s+(?:function|procedure|default|operator|publication|subscription|system|role|user|database|event)\b|"
    r"notify\b|listen\b|load\s+data\b|attach\b|detach\b|deallocate\b|prepare\b|execute\b|grant\b|revoke\b|"
    r"reindex\b|cluster\b|security\s+label\b|import\s+foreign\b|discard\b|checkpoint\b)",
    re.IGNORECASE,
)


def without_only(text: str) -> str:
    """CREATE INDEX ON ONLY without the word, which the parser would take for the table's name."""
    return _INDEX_ON_ONLY.sub(_spaces, text, count=1) if _CREATES_INDEX.match(text) else text


def rewordings(text: str) -> Iterator[str]:
    """The same statement in words that the parser takes, the surest change first."""
    reworded = text
    for change in _CHANGES:
        changed = change(reworded)
        if changed != reworded:
            reworded = changed
            yield reworded


def says_nothing_to_review(text: str) -> bool:
    """Whether a statement is of a kind that no rule looks into."""
    return _NOT_REVIEWED.match(text) is not None


def opaque(text: str) -> exp.Command:
    """A statement as its first word and the rest."""
    first, _, rest = text.strip().partition(" ")
    return exp.Command(this=first.upper(), expression=exp.Literal.string(rest))


def _named_not_null(text: str) -> str:
    return _NAMED_NOT_NULL.sub(lambda m: f"CHECK ({m.group(1)} IS NOT NULL)".ljust(len(m.group())), text)


def _bit_varying(text: str) -> str:
    return _BIT_VARYING.sub(lambda m: "varbit".ljust(len(m.group())), text)


def _keyword_types(text: str) -> str:
    """A user's own type whose name the parser takes for a keyword, with a letter changed: a type not known either."""
    if not _CREATES_TABLE.match(text):
        return text
    return _COLUMN_OF_KEYWORD_TYPE.sub(lambda m: m.group(1) + m.group(2)[:-1] + "_", text)


def _returning_with(text: str) -> str:
    return _RETURNING_WITH.sub(lambda m: m.group(1) + " " * len(m.group(2)), text)


def _delete_from_several(text: str) -> str:
    """MySQL's `DELETE a.*, b.* FROM` without the stars, which say nothing more."""
    return _DELETES.sub(lambda m: m.group().replace(".*", "  "), text)


def _placeholders(text: str) -> str:
    return DRIVER_PLACEHOLDER.sub(as_placeholder, text)


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


_CHANGES: tuple[Callable[[str], str], ...] = (
    _named_not_null,
    _keyword_types,
    _bit_varying,
    _returning_with,
    _delete_from_several,
    _placeholders,
)
