"""Numbers and times of synthetic rows: within what the column allows, and so that a query's range selects its share."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import ceil, floor

from backend_advisor.lab.postgres.catalogue import ColumnFacts
from backend_advisor.lab.postgres.partitions import Piece
from backend_advisor.lab.postgres.spread import HASHED, hashed, literal, picked

YEARS = 3
ROWS_PER_NUMBER = 20
OWNERS = 500
_OWNER = re.compile(
    r"(?:tenant|workspace|organi[sz]ation|org|company|merchant|seller|shop|store|site|project|branch)_?id$"
)
_SPAN = f"interval '{YEARS} years'"
_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_CENT = Decimal("0.01")
_OPEN_WIDTH = {"D": "interval '1 month'", "N": "1000000"}
_CLOCK = ("time without time zone", "time with time zone")


@dataclass(frozen=True, slots=True)
class Range:
    """A comparison of the query with a fixed value (SQL), and the share of all values that shall be below it."""

    value: str
    below: bool
    share_below: float


def is_owner(name: str) -> bool:
    """Whether a column tells, by its name, to which of few large customers a row belongs."""
    return _OWNER.match(name) is not None


def figure(column: ColumnFacts, count: int, number: str, asked: Range | None, listed: list[str]) -> str:
    """A number: about twenty rows to each, or spread around the value that the query compares with."""
    spread = hashed(column.name, number)
    low, high = ends(column)
    if asked is not None:
        split = _split(asked, low, high, spread, column)
        if split is not None:
            return split
    distinct = max(count // ROWS_PER_NUMBER, 10)
    if is_owner(column.name):
        distinct = min(distinct, OWNERS)
    made = _between(low, high, f"({spread} % {distinct})", distinct, column)
    if listed:
        hit = f"{hashed(column.name + '=', number)} % {distinct} < {len(listed)}"
        made = f"CASE WHEN {hit} THEN {picked(listed, column.name, number)} ELSE {made} END"
    return made


def distinct_figure(column: ColumnFacts, number: str) -> str:
    """A number that no other row has."""
    low, _ = ends(column)
    return f"({low} + ({number}) - 1)" if low is not None else f"({number})"


def moment(column: ColumnFacts, count: int, number: str, asked: Range | None) -> str:
    """A time: they rise with the row number, as in tables that grow; a wished share lies beyond the query's value."""
    jitter = f"({hashed(column.name, number)} % 3600) * interval '1 second'"
    position = f"(({number})::float8 / {count})"
    low, high = _moments(column)
    if asked is not None:
        made = f"(({asked.value})::timestamptz + {_SPAN} * ({position} - {asked.share_below}) + {jitter})"
    elif low is None and high is None:
        return f"(now() - {_SPAN} * (1 - {position}) - {jitter})"
    else:
        end = high if low is None else f"greatest(now(), {low} + interval '1 day')" if high is None else high
        end = f"least({end}, now())" if high is not None and low is None else end
        start = f"({end}) - {_SPAN}" if low is None else low
        made = f"(({start}) + (({end}) - ({start})) * {position})"
    bounded = f"greatest({low}, {made})" if low is not None else made
    return f"least({high}, {bounded})" if high is not None else bounded


def over_pieces(column: ColumnFacts, count: int, number: str, *, in_order: bool) -> str | None:
    """A value that falls into one of the table's partitions, each of which gets as many rows."""
    ranges = [piece for piece in column.pieces if not piece.values]
    if not ranges or column.category not in ("D", "N", "S"):
        return None
    type_ = {"D": "timestamptz", "N": "numeric", "S": "text"}[column.category]
    if column.category == "S":
        lows = ", ".join(literal(piece.low or " ") for piece in ranges)
        chosen = f"1 + {hashed(column.name + '/', number)} % {len(ranges)}"
        return f"((ARRAY[{lows}])[{chosen}] || left(md5(({number})::text), 8))"
    ends = [_closed(piece, column.category, type_) for piece in ranges]
    lows, highs = (", ".join(end[side] for end in ends) for side in (0, 1))
    place = f"((({number}) - 1)::float8 / {count})" if in_order else f"({hashed(column.name, number)} / {HASHED}.0)"
    place = f"({place} * {len(ranges)})"
    chosen = f"1 + least(floor({place}), {len(ranges) - 1})::int"
    low, high = f"(ARRAY[{lows}])[{chosen}]", f"(ARRAY[{highs}])[{chosen}]"
    inside = f"({place} - floor({place}))"
    if column.category == "D":
        return f"({low} + ({high} - {low}) * {inside})"
    made = f"({low} + ({high} - {low}) * ({inside})::numeric)"
    return f"floor({made})" if column.type in _INTEGERS else made


def _closed(piece: Piece, category: str, type_: str) -> tuple[str, str]:
    """Both ends of a partition's range as SQL; an open end lies a month from the other, or a million, or at zero."""
    low, high = (f"{literal(end)}::{type_}" if end is not None else None for end in (piece.low, piece.high))
    width = _OPEN_WIDTH[category]
    if low is None:
        below = _decimal(piece.high)
        low = "0::numeric" if category == "N" and below is not None and below > 0 else f"({high} - {width})"
    return low, high if high is not None else f"({low} + {width})"


def ends(column: ColumnFacts) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest number allowed, as far as constraints and a narrow type say."""
    low, high = _decimal(column.allowed.low), _decimal(column.allowed.high)
    whole, step = column.type in _INTEGERS, _step(column)
    if low is not None:
        low = Decimal(floor(low) + 1 if column.allowed.low_open else ceil(low)) if whole else low
        low += step if column.allowed.low_open and not whole else 0
    if high is not None:
        high = Decimal(ceil(high) - 1 if column.allowed.high_open else floor(high)) if whole else high
        high -= step if column.allowed.high_open and not whole else 0
    return low, high


def _step(column: ColumnFacts) -> Decimal:
    return Decimal(1).scaleb(-column.digits[1]) if column.digits is not None else _CENT


def _largest(column: ColumnFacts) -> Decimal | None:
    """The largest number that the type holds."""
    if column.digits is not None:
        precision, scale = column.digits
        return (Decimal(10) ** precision - 1).scaleb(-scale)
    return Decimal(_INTEGERS[column.type]) if column.type in _INTEGERS else None


def _between(low: Decimal | None, high: Decimal | None, counted: str, distinct: int, column: ColumnFacts) -> str:
    """One of so many numbers within the ends, `counted` choosing which."""
    largest = _largest(column)
    if low is None and high is None:
        if largest is None or distinct <= largest:
            return counted
        low, high = Decimal(0), largest
    if high is None:
        if largest is None or (low or 0) + distinct <= largest:
            return f"({low} + {counted})"
        high = largest
    if low is None:
        low = Decimal(0) if high > 0 else high - distinct
    if column.type in _INTEGERS:
        return f"({low} + floor(({high} - {low} + 1) * {counted} / {distinct}.0))"
    return f"({low} + ({high} - {low}) * {counted} / {distinct}.0)"


def _split(asked: Range, low: Decimal | None, high: Decimal | None, spread: str, column: ColumnFacts) -> str | None:
    """Numbers of which the wished share is below the query's value; None when the column's own ends forbid it."""
    value, share = _decimal(asked.value), min(max(asked.share_below, 0.001), 0.999)
    if value is None:
        return f"(({asked.value})::numeric * ({spread} / {HASHED}.0) / {share})" if low is high is None else None
    start = low if low is not None else Decimal(0) if value > 0 else value - max(abs(value), Decimal(100))
    reach = (value - start) * Decimal(str(round((1 - share) / share, 6)))
    largest = _largest(column)
    end = high if high is not None else value + max(reach, Decimal(1))
    end = min(end, largest) if largest is not None else end
    border = int(share * HASHED)
    before, after = f"{spread} / {border}.0", f"({spread} - {border}) / {HASHED - border}.0"
    if column.type in _INTEGERS:
        # The first number of the upper part: a `>` excludes the value itself, a `<` leaves it there.
        first = Decimal(ceil(value) if asked.below else floor(value) + 1)
        start, end = Decimal(ceil(start)), Decimal(floor(end))
        if not start < first <= end:
            return None
        lower = f"{start} + floor(({first} - {start}) * {before})"
        upper = f"{first} + floor(({end} - {first} + 1) * {after})"
    elif start <= value < end:
        lower, upper = f"{start} + ({value} - {start}) * {before}", f"{value} + ({end} - {value}) * {after}"
    else:
        return None
    return f"(CASE WHEN {spread} < {border} THEN {lower} ELSE {upper} END)"


def _moments(column: ColumnFacts) -> tuple[str | None, str | None]:
    """The earliest and latest moment allowed, as SQL."""
    if column.type in _CLOCK:
        return None, None
    step = "interval '1 day'" if column.type == "date" else "interval '1 second'"
    allowed = column.allowed
    low = f"({allowed.low})::timestamptz" if allowed.low is not None else None
    high = f"({allowed.high})::timestamptz" if allowed.high is not None else None
    low = f"({low} + {step})" if low is not None and allowed.low_open else low
    return low, f"({high} - {step})" if high is not None and allowed.high_open else high


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = Decimal((text or "").strip("'() "))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
