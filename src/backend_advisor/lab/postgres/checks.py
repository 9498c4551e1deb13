"""What CHECK constraints leave a column: bounds, lists, lengths and order, read from the server's own wording.

Only forms that values can be made for are read: comparisons with constants or with one other column, lists, lengths,
NULL tests, and these joined by AND. The server decides in the end; what is not read here, or cannot be met, it refuses.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.sql.statement import Problem, parse

_CONSTANTS = (exp.Literal, exp.CurrentDate, exp.CurrentTimestamp, exp.Neg, exp.Boolean)
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that a column may take. `low` and `high` are SQL; open ends do not belong to the values.

    `after` is a column of the same row that this one may not be below.
    """

    labels: tuple[str, ...] = ()
    low: str | None = None
    high: str | None = None
    low_open: bool = False
    high_open: bool = False
    shortest: int = 0
    longest: int | None = None
    after: str | None = None
    required: bool = False

    def joined(self, other: "Allowed") -> "Allowed":
        """What both allow; of two bounds on one side the later one counts, as the server checks both anyway."""
        longest = [length for length in (self.longest, other.longest) if length is not None]
        return Allowed(
            labels=other.labels or self.labels,
            low=other.low if other.low is not None else self.low,
            high=other.high if other.high is not None else self.high,
            low_open=other.low_open if other.low is not None else self.low_open,
            high_open=other.high_open if other.high is not None else self.high_open,
            shortest=max(self.shortest, other.shortest),
            longest=min(longest) if longest else None,
            after=other.after or self.after,
            required=self.required or other.required,
        )


ANYTHING = Allowed()


def read_checks(expressions: Iterable[str]) -> dict[str, Allowed]:
    """What these constraints allow, by column; in a domain's constraint the column is called VALUE."""
    found: dict[str, Allowed] = {}
    for expression in expressions:
        tree = parse(f"SELECT {expression}", "postgres")
        if isinstance(tree, Problem) or not isinstance(tree, exp.Select):
            continue
        for column, allowed in _conditions(tree.selects[0]):
            found[column] = found.get(column, ANYTHING).joined(allowed)
    return found


def _conditions(node: exp.Expr) -> Iterator[tuple[str, Allowed]]:
    node = _bare(node)
    if isinstance(node, exp.And):
        yield from _conditions(node.left)
        yield from _conditions(node.right)
    elif isinstance(node, exp.Or):
        yield from _alternatives(node)
    elif isinstance(node, exp.Is) and node.args.get("negate") and isinstance(_bare(node.this), exp.Column):
        yield _bare(node.this).name, Allowed(required=True)
    elif isinstance(node, exp.Not):
        inner = _bare(node.this)
        if isinstance(inner, exp.Is) and isinstance(_bare(inner.this), exp.Column):
            yield _bare(inner.this).name, Allowed(required=True)
    elif type(node) in _MIRRORED and isinstance(node, exp.Binary):
        yield from _comparison(type(node), _bare(node.left), _bare(node.right))


def _alternatives(node: exp.Or) -> Iterator[tuple[str, Allowed]]:
    """One way to meet an OR: a list of equal values, a test that NULLs pass anyway, or a column that is there."""
    branches = [_bare(branch) for branch in node.flatten()]
    kept = [branch for branch in branches if not (isinstance(branch, exp.Is) and not branch.args.get("negate"))]
    found = [list(_conditions(branch)) for branch in kept]
    if len(kept) == 1:
        yield from found[0]
        return
    labels = [one for conditions in found for _, one in conditions if one.labels]
    columns = {column for conditions in found for column, _ in conditions}
    if len(labels) == len(kept) and len(columns) == 1:
        yield columns.pop(), Allowed(labels=tuple(label for one in labels for label in one.labels))
        return
    present = next((conditions[0] for conditions in found if conditions and conditions[0][1].required), None)
    if present is not None:
        yield present


def _comparison(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> Iterator[tuple[str, Allowed]]:
    if not isinstance(left, (exp.Column, exp.Length)):
        left, right, kind = right, left, _MIRRORED[kind]
    if isinstance(left, exp.Length) and isinstance(_bare(left.this), exp.Column):
        yield from _length(kind, _bare(left.this).name, right)
    elif isinstance(left, exp.Column) and isinstance(right, exp.Column):
        later, earlier = (left, right) if kind in (exp.GT, exp.GTE) else (right, left)
        if kind is not exp.EQ:
            yield later.name, Allowed(after=earlier.name)
    elif isinstance(left, exp.Column) and kind is exp.EQ and isinstance(right, exp.Any):
        labels = _listed(right)
        if labels:
            yield left.name, Allowed(labels=labels)
    elif isinstance(left, exp.Column) and isinstance(right, _CONSTANTS):
        yield left.name, _bound(kind, right)


def _bound(kind: type[exp.Expr], constant: exp.Expr) -> Allowed:
    if kind is exp.EQ:
        return Allowed(labels=(constant.name,))
    text = str(constant.sql(dialect="postgres"))
    if kind in (exp.GT, exp.GTE):
        return Allowed(low=text, low_open=kind is exp.GT)
    return Allowed(high=text, high_open=kind is exp.LT)


def _length(kind: type[exp.Expr], column: str, bound: exp.Expr) -> Iterator[tuple[str, Allowed]]:
    if not (isinstance(bound, exp.Literal) and bound.name.isdigit()):
        return
    length = int(bound.name)
    lengths: dict[type[exp.Expr], tuple[int, int | None]] = {
        exp.EQ: (length, length),
        exp.LTE: (0, length),
        exp.LT: (0, length - 1),
        exp.GTE: (length, None),
        exp.GT: (length + 1, None),
    }
    shortest, longest = lengths[kind]
    yield column, Allowed(shortest=shortest, longest=longest)


def _listed(node: exp.Any) -> tuple[str, ...]:
    array = node.find(exp.Array)
    items = [_bare(item) for item in array.expressions] if array is not None else []
    if not all(isinstance(item, (exp.Literal, exp.Neg)) for item in items):
        return ()
    return tuple(f"-{item.this.name}" if isinstance(item, exp.Neg) else item.name for item in items)


def _bare(node: exp.Expr) -> exp.Expr:
    """The expression without the parentheses and casts that the server adds."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node
