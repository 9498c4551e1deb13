"""Columns that a change of a table adds, or that hold what the law wants encrypted: DB305, DB306."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from backend_advisor.experts.database.detectors.registry import detects_in_schema
from backend_advisor.experts.database.detectors.tables import defined_columns
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.sql.migrations import undoes
from backend_advisor.sql.schema import Schema
from backend_advisor.sql.statement import Statement

_FILLED = (
    exp.DefaultColumnConstraint,
    exp.AutoIncrementColumnConstraint,
    exp.GeneratedAsIdentityColumnConstraint,
    exp.ComputedColumnConstraint,
    exp.GeneratedAsRowColumnConstraint,
)
_SERIAL = {exp.DType.SERIAL, exp.DType.BIGSERIAL, exp.DType.SMALLSERIAL, exp.DType.ROWVERSION}
_LENIENT = frozenset({"mysql"})
"""Existing rows get the type's own zero or empty text, without an error."""
_FREE = {exp.DType.DATE, exp.DType.DATETIME, exp.DType.TIMESTAMP, exp.DType.JSON}

RESIDENT_NUMBER = re.compile(
    r"^(?:\w+_)?(?:rrn|jumin(?:_?(?:no|num|number|bunho|beonho))?|res(?:ident)?_?(?:reg(?:istration)?_?)(?:no|num|number)|"
    r"resident_?(?:no|num|number)|주민(?:등록)?번호)(?:_?(?:plain|raw|1|2|front|back))?$",
    re.IGNORECASE,
)
_PLAIN = {
    exp.DType.CHAR, exp.DType.NCHAR, exp.DType.VARCHAR, exp.DType.NVARCHAR, exp.DType.TEXT, exp.DType.BIGINT,
    exp.DType.INT, exp.DType.DECIMAL, exp.DType.BIGDECIMAL,
}  # fmt: skip
_LONGEST = 20
"""Characters that the number takes, with its hyphen and some room; a ciphertext is longer."""
_REFERENCE = 12
"""The retrieval reference number of card payments is called RRN too, and has 12 characters."""
_PAYMENT = re.compile(r"pay|txn|trans|auth|settle|card|iso|acquir|terminal", re.IGNORECASE)


@detects_in_schema("DB305", alone=True)
def required_without_default(_: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """ADD COLUMN … NOT NULL without a value for the rows that exist."""
    created: set[tuple[str, str]] = set()
    for statement in statements:
        tree = statement.tree
        if isinstance(tree, exp.Create):
            target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
            created.add((statement.artifact.name, target.name))
        if not isinstance(tree, exp.Alter) or undoes(statement) or not isinstance(tree.this, exp.Table):
            continue
        if (statement.artifact.name, tree.this.name) in created:
            continue
        for column in _added(tree):
            if _is_required(column) and not (statement.dialect in _LENIENT and _kind(column) in _FREE):
                lenient = statement.dialect in _LENIENT
                yield Match(
                    location=statement.location(column.this),
                    values={"table": tree.this.name, "column": column.name},
                    severity=Severity.WARNING if lenient else None,
                )


def _added(tree: exp.Alter) -> Iterator[exp.ColumnDef]:
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef):
            yield action
        elif isinstance(action, exp.Schema):
            yield from (part for part in action.expressions if isinstance(part, exp.ColumnDef))


def _is_required(column: exp.ColumnDef) -> bool:
    kinds = [constraint.args.get("kind") for constraint in column.args.get("constraints") or ()]
    required = any(isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null") for kind in kinds)
    return required and _kind(column) not in _SERIAL and not any(isinstance(kind, _FILLED) for kind in kinds)


def _kind(column: exp.ColumnDef) -> object:
    kind = column.args.get("kind")
    return kind.this if isinstance(kind, exp.DataType) else None


@detects_in_schema("DB306")
def resident_number_in_plain(schema: Schema, statements: Sequence[Statement]) -> Iterator[Match]:
    """A column for Korean resident registration numbers that can only hold them as they are."""
    for defined in defined_columns(schema, statements):
        name = defined.column.name
        if (
            RESIDENT_NUMBER.match(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)) is None
            or _kind(defined.column) not in _PLAIN
        ):
            continue
        length = _length(defined.column)
        reference = name.lower() == "rrn" and (length == _REFERENCE or _PAYMENT.search(defined.table) is not None)
        if not reference:
            yield Match(
                location=defined.statement.location(defined.column.this),
                values={"table": defined.table, "column": name},
                confidence=None if length is not None and length <= _LONGEST else Confidence.MEDIUM,
            )


def _length(column: exp.ColumnDef) -> int | None:
    """The stated length; a number holds as many digits as it has."""
    if _kind(column) in (exp.DType.BIGINT, exp.DType.INT, exp.DType.DECIMAL, exp.DType.BIGDECIMAL):
        return 13
    kind = column.args.get("kind")
    sizes = [one for one in kind.expressions if isinstance(one, exp.DataTypeParam)] if kind is not None else []
    size = sizes[0].this if sizes else None
    return int(size.name) if isinstance(size, exp.Literal) and size.name.isdigit() else None
