"""Conditions that an index on the bare column can serve: the column alone on one side."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlglot import exp

from backend_advisor.experts.database.remedies.rewrites.shape import (
    Known,
    Rewrite,
    in_condition,
    is_filter,
    written,
)
from backend_advisor.sql.schema import Schema

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_FIXED_UNITS = {"SECOND", "MINUTE", "HOUR", "SECONDS", "MINUTES", "HOURS"}
_DAY_UNITS = _FIXED_UNITS | {"DAY", "DAYS", "WEEK", "WEEKS"}
_TEXTS = ("text", "varchar", "character varying")
_WHOLE = ("smallint", "integer", "int", "bigint", "int4", "int8", "int2")
_COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_SMALL = 1_000_000

Form = Callable[[exp.Expr, Known], exp.Expr | None]


def sargable(tree: exp.Expr, schema: Schema) -> Iterator[Rewrite]:
    """Every condition that hides a column in an expression, in a form that shows the column."""
    known, codes = Known(schema), set[str]()
    for node in list(tree.find_all(*_COMPARISONS, exp.Between)):
        if not in_condition(node):
            continue
        found = next((new for form in _FORMS if (new := form(node, known)) is not None), None)
        if found is not None:
            codes.add(_code(node.this))
            node.replace(exp.paren(found) if isinstance(found, exp.And | exp.Or) else found)
    if codes:
        yield Rewrite("sargable", written(tree), tuple(sorted(codes)), known.assumptions(tree))


def _code(hidden: exp.Expr) -> str:
    """The playbook on what hides the column: a cast, arithmetic, or a function."""
    if isinstance(hidden, exp.Cast):
        return "DB103"
    return "DB105" if isinstance(hidden, exp.Add | exp.Sub) else "DB102"


def _day_of_timestamp(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`date(t) = d` as the half-open range of that day, in the session's time zone as before."""
    column = _column_of_day(node.this)
    if column is None or not known.is_timestamp(column):
        return None
    if isinstance(node, exp.Between):
        low, high = _day(node.args["low"]), _day(node.args["high"])
        if low is None or high is None or node.args.get("symmetric"):
            return None
        return exp.and_(_from(column, low), _before(column, _next_day(high)))
    day = _day(node.expression)
    if day is None:
        return None
    if isinstance(node, exp.EQ):
        return exp.and_(_from(column, day), _before(column, _next_day(day)))
    if isinstance(node, exp.GT | exp.GTE):
        return _from(column, _next_day(day) if isinstance(node, exp.GT) else day)
    return _before(column, _next_day(day) if isinstance(node, exp.LTE) else day)


def _truncated(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`date_trunc('month', t) = first of a month` as the range of that month."""
    call = node.this
    if not isinstance(node, exp.EQ) or not isinstance(call, exp.TimestampTrunc) or call.args.get("zone"):
        return None
    unit = call.args["unit"].name.upper()
    if unit not in ("DAY", "MONTH", "YEAR") or not known.is_timestamp(call.this):
        return None
    start = _day(node.expression, types=("date", "timestamp"))
    parsed = _iso(start) if start is not None else None
    if start is None or parsed is None:
        return None
    # A start that is not the first of its unit matches nothing; a range would match something.
    aligned = unit == "DAY" or (parsed.day == 1 and (unit == "MONTH" or parsed.month == 1))
    if not aligned or parsed.year > 9000:
        return None
    following = _following(parsed, unit)
    return exp.and_(_from(call.this, start), _before(call.this, _as_date(following.isoformat())))


def _following(start: date, unit: str) -> date:
    """The first day of the next day, month or year."""
    if unit == "DAY":
        return date.fromordinal(start.toordinal() + 1)
    if unit == "MONTH":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return date(start.year + 1, 1, 1)


def _year(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`extract(year from t) = 2024` as the range of that year."""
    call = node.this
    if not isinstance(node, exp.EQ) or not isinstance(call, exp.Extract) or call.name.upper() != "YEAR":
        return None
    column, year = call.expression, node.expression
    if not isinstance(year, exp.Literal) or not year.is_int or not 1 <= int(year.name) <= 9000:
        return None
    if not known.is_timestamp(column) and known.type(column) != "date":
        return None
    number = int(year.name)
    return exp.and_(
        _from(column, _as_date(f"{number:04d}-01-01")), _before(column, _as_date(f"{number + 1:04d}-01-01"))
    )


def _shifted_moment(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`t + interval '7 days' > x` as `t > x - interval '7 days'`, for intervals that are the same length both ways."""
    sum_ = node.this
    if not isinstance(node, _COMPARISONS) or not isinstance(sum_, exp.Add | exp.Sub):
        return None
    column, interval = sum_.this, sum_.expression
    if not isinstance(interval, exp.Interval) or not known.is_timestamp(column):
        return None
    zoned = known.has_zone(column)
    unit = interval.args["unit"].name.upper() if interval.args.get("unit") else ""
    if unit not in (_FIXED_UNITS if zoned else _DAY_UNITS) or not interval.name.isdigit():
        return None
    bound = _moment(node.expression, zoned=zoned)
    if bound is None:
        return None
    back = exp.Sub if isinstance(sum_, exp.Add) else exp.Add
    return type(node)(this=column.copy(), expression=back(this=bound, expression=interval.copy()))


def _shifted_number(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`n + 10 > 100` as `n > 90`, for whole numbers."""
    sum_ = node.this
    if not isinstance(node, _COMPARISONS) or not isinstance(sum_, exp.Add | exp.Sub):
        return None
    step, bound = _whole(sum_.expression), _whole(node.expression)
    if step is None or bound is None or known.type(sum_.this) not in _WHOLE:
        return None
    value = bound - step if isinstance(sum_, exp.Add) else bound + step
    if known.type(sum_.this) in ("smallint", "int2") and abs(value) > 30_000:
        return None
    return type(node)(this=sum_.this.copy(), expression=exp.Literal.number(value))


def _prefix(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`left(s, 3) = 'abc'` as `s LIKE 'abc%'`."""
    call = node.this
    if not isinstance(node, exp.EQ) or not isinstance(node.expression, exp.Literal) or not node.expression.is_string:
        return None
    if isinstance(call, exp.Left):
        length = _whole(call.expression)
    elif isinstance(call, exp.Substring) and _whole(call.args.get("start")) == 1:
        length = _whole(call.args.get("length"))
    else:
        return None
    text = node.expression.name
    if length != len(text) or not text or known.type(call.this) not in _TEXTS:
        return None
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return exp.Like(this=call.this.copy(), expression=exp.Literal.string(escaped + "%"))


def _default(node: exp.Expr, known: Known) -> exp.Expr | None:
    """`coalesce(s, 'x') = 'x'` as `s = 'x' OR s IS NULL`; with another default, as `s = …` alone."""
    call, wanted = node.this, node.expression
    if not isinstance(node, exp.EQ) or not isinstance(call, exp.Coalesce) or len(call.expressions) != 1:
        return None
    default = call.expressions[0]
    if not isinstance(default, exp.Literal) or not isinstance(wanted, exp.Literal):
        return None
    type_ = known.type(call.this)
    if type_ not in (_TEXTS if wanted.is_string else _WHOLE) or default.is_string != wanted.is_string:
        return None
    if not wanted.is_string and not (default.is_int and wanted.is_int):
        return None
    equal = exp.EQ(this=call.this.copy(), expression=wanted.copy())
    same = default.name == wanted.name if wanted.is_string else int(default.name) == int(wanted.name)
    if same:
        return exp.or_(equal, exp.Is(this=call.this.copy(), expression=exp.Null()))
    return equal if is_filter(node) else None


_FORMS: tuple[Form, ...] = (
    _day_of_timestamp,
    _truncated,
    _year,
    _shifted_moment,
    _shifted_number,
    _prefix,
    _default,
)


def _column_of_day(node: exp.Expr) -> exp.Expr | None:
    is_call = isinstance(node, exp.Date) and not node.expressions and not node.args.get("zone")
    is_cast = isinstance(node, exp.Cast) and node.to.is_type("date")
    inner = node.this if is_call or is_cast or isinstance(node, exp.TsOrDsToDate) else None
    return inner if isinstance(inner, exp.Column) else None


def _day(node: exp.Expr | None, types: tuple[str, ...] = ("date",)) -> exp.Expr | None:
    """A calendar day as an expression of type date: a literal, a cast literal, or CURRENT_DATE."""
    if isinstance(node, exp.CurrentDate) and not node.this:
        return node.copy()
    literal = node.this if isinstance(node, exp.Cast) and any(node.to.is_type(kind) for kind in types) else node
    if not isinstance(literal, exp.Literal) or not literal.is_string:
        return None
    text = literal.name.removesuffix(" 00:00:00") if "timestamp" in types else literal.name
    day = _as_date(text)
    return day if _iso(day) is not None else None


def _iso(node: exp.Expr) -> date | None:
    text = node.this.name if isinstance(node, exp.Cast) else ""
    try:
        return date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        return None


def _moment(node: exp.Expr, *, zoned: bool) -> exp.Expr | None:
    """A moment as an expression of the column's own type, so that arithmetic on it means the same."""
    if isinstance(node, exp.CurrentTimestamp):
        return node.copy() if zoned and not node.this else None
    if not isinstance(node, exp.Literal) or not node.is_string:
        return None
    try:
        if datetime.fromisoformat(node.name).tzinfo is not None:
            return None
    except ValueError:
        return None
    return exp.cast(node.copy(), "timestamptz" if zoned else "timestamp", dialect="postgres")


def _as_date(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "date")


def _next_day(day: exp.Expr) -> exp.Expr:
    parsed = _iso(day)
    if parsed is not None and parsed < date.max:
        return _as_date(date.fromordinal(parsed.toordinal() + 1).isoformat())
    return exp.Add(this=day.copy(), expression=exp.Literal.number(1))


def _from(column: exp.Expr, bound: exp.Expr) -> exp.Expr:
    return exp.GTE(this=column.copy(), expression=bound.copy())


def _before(column: exp.Expr, bound: exp.Expr) -> exp.Expr:
    return exp.LT(this=column.copy(), expression=bound.copy())


def _whole(node: exp.Expr | None) -> int | None:
    found = isinstance(node, exp.Literal) and node.is_int and abs(int(node.name)) < _SMALL
    return int(node.name) if found and node is not None else None
