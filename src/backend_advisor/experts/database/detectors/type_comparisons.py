"""Rules on comparisons between types: the server converts a column and loses its index, or the query fails."""

from collections.abc import Iterator

from sqlglot import exp

from backend_advisor.experts.database.detectors.columns import (
    COMPARISONS,
    alternatives,
    clauses,
    definition,
    place,
    scopes,
    written,
)
from backend_advisor.experts.database.detectors.registry import QueryContext, detects_in_query
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Severity

_FAMILIES = {
    "text": {"varchar", "nvarchar", "varchar2", "nvarchar2", "char", "nchar", "character", "text", "citext", "clob"},
    "integer": {"int", "integer", "int2", "int4", "int8", "smallint", "bigint", "tinyint", "mediumint"}
    | {"serial", "bigserial", "smallserial"},
    "numeric": {"numeric", "decimal", "number"},
    "float": {"real", "float", "float4", "float8", "double"},
    "uuid": {"uuid", "uniqueidentifier"},
    "date": {"date"},
    "timestamp": {"timestamp", "timestamptz", "datetime", "datetime2"},
    "boolean": {"boolean", "bool"},
}
_NUMBERS = {"integer", "numeric", "float"}
_CONVERTS_TEXT = {"mysql", "tsql", "oracle"}


def family(declared: str) -> str:
    """The family of a declared type, or an empty string for one that we do not judge."""
    word = declared.lower().split("(")[0].split()[0] if declared.strip() else ""
    return next((name for name, words in _FAMILIES.items() if word in words), "")


@detects_in_query("DB104", in_migrations=False)
def implicit_conversion(query: QueryContext) -> Iterator[Match]:
    """A column compared with a literal of a type to which the column, not the literal, is converted."""
    for scope in scopes(query):
        for clause in clauses(scope):
            for condition in (leaf for part in clause for leaf in alternatives(part)):
                for column, literal in _pairs(condition):
                    defined = definition(query, column)
                    if defined is None or not _converts(query.statement.dialect, family(defined.type), literal):
                        continue
                    fails = query.statement.dialect == "postgres" and family(defined.type) == "text"
                    yield Match(
                        location=place(query, condition),
                        values={
                            "column": column.name,
                            "type": defined.type.lower(),
                            "literal": written(query, literal),
                        },
                        severity=Severity.ERROR if fails else None,
                    )


def _pairs(condition: exp.Expr) -> Iterator[tuple[exp.Column, exp.Expr]]:
    if isinstance(condition, (*COMPARISONS, exp.NEQ)):
        sides = ((condition.this, condition.expression), (condition.expression, condition.this))
    elif isinstance(condition, exp.In) and condition.expressions:
        sides = ((condition.this, condition.expressions[0]),)  # type: ignore[assignment]
    else:
        return
    for column, literal in sides:
        inner = literal.unnest()
        number = isinstance(inner, exp.Literal) and not inner.is_string
        if isinstance(column.unnest(), exp.Column) and (number or isinstance(inner, exp.National)):
            yield column.unnest(), inner


def _converts(dialect: str, kind: str, literal: exp.Expr) -> bool:
    if isinstance(literal, exp.National):
        return False
    if kind == "text":
        return dialect in _CONVERTS_TEXT or dialect == "postgres"
    return dialect == "postgres" and kind == "integer" and "." in literal.name


@detects_in_query("DB113", in_migrations=False)
def mixed_type_join(query: QueryContext) -> Iterator[Match]:
    """Columns of different types joined with each other."""
    for scope in scopes(query):
        for clause in clauses(scope):
            for condition in clause:
                if not isinstance(condition, exp.EQ):
                    continue
                left, right = condition.this.unnest(), condition.expression.unnest()
                if not (isinstance(left, exp.Column) and isinstance(right, exp.Column)):
                    continue
                first, second = definition(query, left), definition(query, right)
                if first is None or second is None or not _clash(family(first.type), family(second.type)):
                    continue
                yield Match(
                    location=place(query, condition),
                    values={
                        "left": f"{left.table}.{left.name}",
                        "left_type": first.type.lower(),
                        "right": f"{right.table}.{right.name}",
                        "right_type": second.type.lower(),
                    },
                )


def _clash(first: str, second: str) -> bool:
    if not first or not second or first == second:
        return False
    kinds = {first, second}
    return not kinds <= {"date", "timestamp"} and not kinds <= {"integer", "boolean"} and kinds != {"numeric", "float"}
