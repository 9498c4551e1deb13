"""Rules on how statements are written: repeated with other literals, or with endless lists of them."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from backend_advisor.experts.database.detectors.query_shape import is_scratch, text_of, tokens
from backend_advisor.experts.database.detectors.registry import (
    QueryContext,
    detects_in_query,
    detects_in_schema,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit, Location, Severity, Span
from backend_advisor.sql.migrations import is_named, runs_once
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement

REPEATS = 3
LARGE_LIST = 500
MAX_MERGED_ROWS = 1_000

_LITERAL = "'?'"
_LITERALS = {TokenType.NUMBER, TokenType.STRING}
_NO_MULTI_ROW_VALUES = {"oracle"}

_Shape = tuple[str, ...]


@detects_in_schema("DB126")
def per_row_statements(_schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """Statements in sequence that are the same but for their literals."""
    shaped = [(one, *_shape(one)) for one in statements if not runs_once(one) and not is_named(one)]
    for (_name, shape), group in groupby(shaped, key=lambda item: (item[0].artifact.name, item[1])):
        run = list(group)
        if len(run) < REPEATS or not shape:
            continue
        members = [statement for statement, _, _ in run]
        first = members[0].tree
        if isinstance(first, exp.Insert):
            if _inserts_one_row(first):
                yield _match(members, _merged_insert(members), Severity.NOTE)
        elif _has_where(first) and _differ_in_one([values for _, _, values in run]):
            yield _match(members, (), None)


def _shape(statement: Statement) -> tuple[_Shape, _Shape]:
    """A statement's tokens without its literals, and the literals."""
    if not isinstance(statement.tree, (exp.Select, exp.Delete, exp.Insert)):
        return (), ()
    found = tokens(statement)
    # A placeholder is written `?` too, and is no literal.
    shape = tuple(_LITERAL if t.token_type in _LITERALS else t.text.lower() for t in found)
    return shape, tuple(t.text for t in found if t.token_type in _LITERALS)


def _has_where(tree: exp.Expr | None) -> bool:
    return tree is not None and tree.args.get("where") is not None


def _differ_in_one(literals: list[_Shape]) -> bool:
    """Whether exactly one literal changes, and no two statements are the same."""
    columns = list(zip(*literals, strict=True))
    changing = [column for column in columns if len(set(column)) > 1]
    return len(changing) == 1 and len(set(changing[0])) == len(changing[0])


def _inserts_one_row(insert: exp.Insert) -> bool:
    target = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
    if not isinstance(target, exp.Table) or is_scratch(target):
        return False
    rows = insert.expression
    plain = not any(insert.args.get(name) for name in ("conflict", "returning", "with_"))
    return plain and isinstance(rows, exp.Values) and len(rows.expressions) == 1


def _match(members: list[Statement], edits: tuple[Edit, ...], severity: Severity | None) -> Match:
    return Match(
        location=members[0].location(),
        values={"count": len(members)},
        severity=severity,
        # A script of a file is run by hand or once; who waits for it is not the one who uses the program.
        confidence=Confidence.LOW if severity is Severity.NOTE and members[0].artifact.name.endswith(".sql") else None,
        steps=((members[-1].location(), "last"),),
        edits=edits,
        applicability="unsafe",
    )


def _merged_insert(members: list[Statement]) -> tuple[Edit, ...]:
    """One INSERT of all rows in place of the run, unless comments stand between."""
    first, last = members[0], members[-1]
    if first.dialect in _NO_MULTI_ROW_VALUES or len(members) > MAX_MERGED_ROWS:
        return ()
    between = first.artifact.text[first.offset : last.offset + len(last.text)]
    heads = [_values_start(statement) for statement in members]
    if "--" in between or "/*" in between or None in heads:
        return ()
    rows = [s.text[head:].strip() for s, head in zip(members, heads, strict=True) if head is not None]
    text = first.text[: heads[0]].rstrip() + "\n  " + ",\n  ".join(rows)
    return (Edit(location=_from_to(first, last), replacement=text),)


def _values_start(statement: Statement) -> int | None:
    places = [t.end + 1 for t in tokens(statement) if t.token_type is TokenType.VALUES]
    return places[0] if len(places) == 1 else None


def _from_to(first: Statement, last: Statement) -> Location:
    begin, end = first.location().span, last.location().span
    span = None
    if begin is not None and end is not None:
        span = Span(line=begin.line, column=begin.column, end_line=end.end_line, end_column=end.end_column)
    return Location(artifact=first.artifact.name, span=span, excerpt=first.location().excerpt)


@detects_in_query("DB134", in_migrations=False)
def large_in_list(query: QueryContext) -> Iterator[Match]:
    """IN with hundreds of literals."""
    for condition in query.tree.find_all(exp.In):
        members = condition.expressions
        if len(members) <= LARGE_LIST:
            continue
        yield Match(
            location=query.statement.location(condition.this),
            values={"count": len(members), "column": text_of(condition.this, query.statement)},
        )
