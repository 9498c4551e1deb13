"""SQL text of any dialect, cut into statements that keep their place in the artifact."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from backend_advisor.model import Artifact, Location, Span

# sqlglot warns of statements that it keeps as opaque commands; those are ordinary here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

DIALECTS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "oracle": "Oracle",
    "tsql": "SQL Server",
}
"""The dialects we parse, by sqlglot's names; MariaDB is read as mysql."""

MAX_TOKENS = 50_000
MAX_DEPTH = 120
MAX_SUBSCRIPTS = 60

_CLIENT_COMMAND = re.compile(r"^(\\[^\n]*|delimiter\s+\S+[ \t]*|go[ \t]*)$", re.IGNORECASE | re.MULTILINE)
_INDEX_ON_ONLY = re.compile(r"^(create\s+(?:unique\s+)?index\b[^()]*?\bon)(\s+only)\b", re.IGNORECASE)
_DRIVER_PLACEHOLDER = re.compile(
    r"'(?:[^']|'')*'|%s|(?:%\(|[#$]\{)(?P<name>\w+)[^)}]*(?:\)s|\})|\?\d+|(?<![:\w])[:@](?P<word>[A-Za-z_]\w*|\d+)\b"
)
"""Also SQLite's `?1`, Oracle's `:1`, and names that are keywords (`:from`), which the parser does not take."""
_EXCERPT_LENGTH = 160


@dataclass(frozen=True)
class Problem:
    """Why a statement could not be parsed; `offset` counts characters from the statement's start."""

    kind: str
    detail: str = ""
    offset: int = 0


@dataclass(frozen=True)
class Statement:
    """One statement: its exact text, its place in the artifact, its syntax tree or why there is none.

    Equality and hashing go by place and text; the tree is shared, so copy it before changing it.
    """

    text: str
    artifact: Artifact
    offset: int
    dialect: str
    problem: Problem | None = None

    @cached_property
    def tree(self) -> exp.Expression | None:
        """The syntax tree, or None when the statement has a problem."""
        if self.problem is not None:
            return None
        tree = parse(self.text, self.dialect)
        return None if isinstance(tree, Problem) else tree

    @property
    def is_query(self) -> bool:
        """Whether it reads rows: a SELECT, a set operation, or VALUES with its CTEs."""
        return isinstance(self.tree, exp.Query)

    def location(self, node: exp.Expr | None = None) -> Location:
        """Where a node stands in the artifact; the whole statement when the node carries no position."""
        bounds = _bounds(node) if node is not None else None
        start, end = bounds or (0, len(self.text))
        return Location(
            artifact=self.artifact.name, span=self._span(start, end), excerpt=_shorten(self.text[start:end])
        )

    def location_at(self, start: int, end: int) -> Location:
        """Where a stretch of the statement's own text stands in the artifact."""
        return Location(
            artifact=self.artifact.name, span=self._span(start, end), excerpt=_shorten(self.text[start:end])
        )

    def _span(self, start: int, end: int) -> Span:
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return Span(line=line, column=column, end_line=end_line, end_column=end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        text, absolute = self.artifact.text, self.offset + offset
        line = text.count("\n", 0, absolute)
        column = absolute - (text.rfind("\n", 0, absolute) + 1)
        return self.artifact.first_line + line, column + 1


def statements(artifact: Artifact, dialect: str | None = None) -> list[Statement]:
    """Cut an artifact into statements. One broken statement does not hide the others."""
    chosen = dialect or artifact.dialect or "postgres"
    text = _CLIENT_COMMAND.sub(lambda match: " " * len(match.group()), artifact.text)
    if chosen == "mysql" and "#{" in text:
        # To MySQL a mapper's `#{name}` begins a comment, which would swallow the rest of its line.
        text = _DRIVER_PLACEHOLDER.sub(_as_placeholder, text)
    found = []
    for start, end, tokens in _cut(text, chosen):
        statement = Statement(text[start:end], artifact, start, chosen)
        outcome = check(statement.text, chosen) if tokens is None else _excess(tokens, statement.text)
        if outcome is None:
            tree = parse(statement.text, chosen)
            if isinstance(tree, Problem):
                outcome = tree
            else:
                # The cached property's own slot: parsing once is enough.
                statement.__dict__["tree"] = tree
        found.append(statement if outcome is None else replace(statement, problem=outcome))
    return found


def check(text: str, dialect: str) -> Problem | None:
    """Refuse text whose size or nesting would cost the parser more than any real query deserves."""
    try:
        tokens = sqlglot.tokenize(text, dialect)
    except SqlglotError as error:
        return Problem("tokens", str(error).split(":", maxsplit=1)[0])
    except RecursionError:
        return Problem("depth")
    return _excess(tokens, text)


def _excess(tokens: list[Token], text: str) -> Problem | None:
    if len(tokens) > MAX_TOKENS:
        return Problem("size", str(len(tokens)))
    depth, deepest, subscripts = 0, 0, 0
    for token in tokens:
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE):
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END):
            depth -= 1
        subscripts = subscripts + 1 if token.token_type is TokenType.L_BRACKET else subscripts
    if deepest > MAX_DEPTH:
        return Problem("depth", str(deepest))
    return Problem("depth", str(subscripts)) if text.count("][") > MAX_SUBSCRIPTS else None


def parse(text: str, dialect: str) -> exp.Expression | Problem:
    """Parse one statement, or say why that failed."""
    outcome = _parse(_INDEX_ON_ONLY.sub(lambda match: match.group(1) + " " * len(match.group(2)), text), dialect)
    if isinstance(outcome, Problem) and _DRIVER_PLACEHOLDER.search(text):
        again = _parse(_DRIVER_PLACEHOLDER.sub(_as_placeholder, text), dialect)
        return outcome if isinstance(again, Problem) else again
    return outcome


def _as_placeholder(match: re.Match[str]) -> str:
    """A driver's or mapper's placeholder as one that SQL knows, padded to the same length."""
    if match.group().startswith("'"):
        return match.group()
    named = match.group("name")
    return (f":{named}" if named else "?").ljust(len(match.group()))


def _parse(text: str, dialect: str) -> exp.Expression | Problem:
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except sqlglot.errors.ParseError as error:
        first = error.errors[0] if error.errors else {}
        before = str(first.get("start_context") or "")
        highlight = str(first.get("highlight") or "")
        offset = text.find(before + highlight) + len(before) if before + highlight in text else 0
        detail = str(first.get("description") or error).split(" but got <Token")[0]
        return Problem("syntax", detail.split(". ")[0], offset)
    except SqlglotError as error:
        return Problem("syntax", str(error).splitlines()[0])
    except RecursionError:
        return Problem("depth")
    return tree if isinstance(tree, exp.Expression) else Problem("syntax")


def _cut(text: str, dialect: str) -> Iterator[tuple[int, int, list[Token] | None]]:
    """Where each statement begins and ends, with its tokens when the text could be cut by them."""
    try:
        tokens: list[Token] = sqlglot.tokenize(text, dialect)
    except (SqlglotError, RecursionError):
        yield from ((start, end, None) for start, end in _cut_roughly(text))
        return
    own: list[Token] = []
    for token in tokens:
        if token.token_type is not TokenType.SEMICOLON:
            own.append(token)
        elif own:
            yield own[0].start, own[-1].end + 1, own
            own = []
    if own:
        yield own[0].start, own[-1].end + 1, own


def _cut_roughly(text: str) -> Iterator[tuple[int, int]]:
    """Cut at semicolons that end a line: what is left to do when a quote is never closed."""
    position = 0
    for piece in re.split(r"(?<=;)[ \t]*\n", text):
        begin = text.index(piece, position)
        position = begin + len(piece)
        stripped = piece.strip().rstrip(";").rstrip()
        if stripped:
            lead = begin + piece.index(stripped)
            yield lead, lead + len(stripped)


def _bounds(node: exp.Expr) -> tuple[int, int] | None:
    starts, ends = [], []
    for part in node.walk():
        if "start" in part.meta:
            starts.append(part.meta["start"])
            ends.append(part.meta["end"] + 1)
    return (min(starts), max(ends)) if starts else None


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT_LENGTH else flat[: _EXCERPT_LENGTH - 1] + "…"
