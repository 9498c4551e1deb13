"""SQL text of any dialect, cut into statements that keep their place in the artifact."""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from backend_advisor.model import Artifact, Location, Span
from backend_advisor.sql.bodies import Body
from backend_advisor.sql.products import other_product
from backend_advisor.sql.rewording import opaque, rewordings, says_nothing_to_review, without_only
from backend_advisor.sql.scripts import plain_sql, template_mark

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
_TRIED = 20
"""This many statements that one dialect does not take tell whether another does."""

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
        if self.artifact.written_as:
            return self._location_of_code()
        bounds = _bounds(node) if node is not None else None
        start, end = bounds or (0, len(self.text))
        return Location(
            artifact=self.artifact.name, span=self._span(start, end), excerpt=_shorten(self.text[start:end])
        )

    def location_at(self, start: int, end: int) -> Location:
        """Where a stretch of the statement's own text stands in the artifact."""
        if self.artifact.written_as:
            return self._location_of_code()
        return Location(
            artifact=self.artifact.name, span=self._span(start, end), excerpt=_shorten(self.text[start:end])
        )

    def _location_of_code(self) -> Location:
        """Where the code stands that makes this statement; the artifact's text begins in the same column."""
        code, text = self.artifact.written_as, self.artifact.text
        line, column = self.artifact.first_line, len(text) - len(text.lstrip(" ")) + 1
        last = code.rpartition("\n")[2]
        end_column = len(last) + (1 if "\n" in code else column)
        span = Span(line=line, column=column, end_line=line + code.count("\n"), end_column=end_column)
        return Location(artifact=self.artifact.name, span=span, excerpt=_shorten(code))

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
    """Cut an artifact into statements. One broken statement does not hide the others.

    Without a dialect the text is read as PostgreSQL, or as the one that takes what PostgreSQL does not.
    """
    stated = dialect or artifact.dialect
    found = _read(artifact, stated or "postgres")
    refused = [one for one in found if one.problem is not None and one.problem.kind in ("syntax", "tokens")]
    if not refused:
        return found
    product = other_product(artifact.text)
    if product is not None:
        return [replace(one, problem=Problem("product", product)) for one in found]
    other = None if stated else _dialect_that_takes(refused[:_TRIED])
    if other is None:
        return found
    again = _read(artifact, other)
    return again if sum(one.problem is not None for one in again) < len(refused) else found


def _dialect_that_takes(refused: Sequence[Statement]) -> str | None:
    """The dialect that parses most of what PostgreSQL refuses, if it is more than half."""
    taken = {
        other: sum(not isinstance(parse(one.text, other), Problem) for one in refused)
        for other in DIALECTS
        if other != "postgres"
    }
    best = max(taken, key=lambda other: taken[other])
    return best if taken[best] * 2 > len(refused) else None


def _read(artifact: Artifact, dialect: str) -> list[Statement]:
    text = plain_sql(artifact.text, dialect)
    found = []
    for start, end, tokens in _cut(text, dialect):
        statement = Statement(text[start:end], artifact, start, dialect)
        outcome = check(statement.text, dialect) if tokens is None else _excess(tokens, statement.text)
        if outcome is None:
            tree = parse(statement.text, dialect)
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
    text = without_only(text)
    outcome = _parse(text, dialect)
    if not isinstance(outcome, Problem):
        return outcome
    for reworded in rewordings(text):
        again = _parse(reworded, dialect)
        if not isinstance(again, Problem):
            return again
    if says_nothing_to_review(text):
        return opaque(text)
    mark = template_mark(text)
    return outcome if mark is None else Problem("template", mark.group(), mark.start())


def _parse(text: str, dialect: str) -> exp.Expression | Problem:
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except sqlglot.errors.ParseError as error:
        first = error.errors[0] if error.errors else {}
        before = str(first.get("start_context") or "")
        highlight = str(first.get("highlight") or "")
        offset = text.find(before + highlight) + len(before) if before + highlight in text else 0
        detail = re.split(r" but got <Token| (?:missing )?for <class", str(first.get("description") or error))[0]
        return Problem("syntax", detail.split(". ")[0], offset)
    except SqlglotError as error:
        return Problem("syntax", str(error).splitlines()[0])
    except RecursionError:
        return Problem("depth")
    except (TypeError, ValueError, AttributeError, KeyError, IndexError):
        # The parser itself breaks off on some malformed statements, such as an operator without its right side.
        return Problem("syntax", "Invalid expression")
    return tree if isinstance(tree, exp.Expression) else Problem("syntax")


def _cut(text: str, dialect: str) -> Iterator[tuple[int, int, list[Token] | None]]:
    """Where each statement begins and ends, with its tokens when the text could be cut by them."""
    try:
        tokens: list[Token] = sqlglot.tokenize(text, dialect)
    except (SqlglotError, RecursionError):
        yield from ((start, end, None) for start, end in _cut_roughly(text))
        return
    own: list[Token] = []
    body = Body()
    for token in tokens:
        if token.token_type is not TokenType.SEMICOLON or body.is_open:
            own.append(token)
            body.take(token)
        elif own:
            yield own[0].start, own[-1].end + 1, own
            own, body = [], Body()
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
