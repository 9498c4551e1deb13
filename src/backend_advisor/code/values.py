"""What the interpreter knows of a value: where its data came from, its constants, its type and its parts.

Values are never changed after they are made; an assignment to `x.name` makes a new `x`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from operator import is_
from typing import Any

from backend_advisor.code.ir import Constant
from backend_advisor.code.taints import (
    ALL,
    NO_TAINTS,
    Taints,
    merge_taints,
)

_CONSTANTS = 6
_PARTS = 48
_FIELDS = 64
_DEPTH = 4
_REQUEST = re.compile(r"(?:Context|Request|Response)$")


_RECORD = frozenset({"dict"})
NO_TYPES: frozenset[str] = frozenset()
OWN = "(own)"
"""In a path of fields: the data of the value itself, without that of its parts."""


class Value:
    """One abstract value.

    `consts`: every constant it can be, or None when unknown. `text`: known parts of a string, None for each unknown
    part. `fields`: elements and attributes under known keys; `rest`: what stands under all other keys. A sequence
    whose elements are all known has int keys and `rest` None. `refs`: functions, classes and modules it can be.
    `name`: the qualified name of something outside the program.
    """

    __slots__ = ("consts", "fields", "guard", "name", "refs", "rest", "settled", "taints", "text", "types")

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        taints: Taints = NO_TAINTS,
        consts: tuple[Constant, ...] | None = None,
        types: frozenset[str] = NO_TYPES,
        fields: "Mapping[str | int, Value] | None" = None,
        rest: "Value | None" = None,
        refs: tuple[Any, ...] = (),
        name: str | None = None,
        text: tuple[str | None, ...] | None = None,
        guard: Any = None,
    ) -> None:
        self.taints = taints
        self.consts = consts
        self.types = types
        self.fields = fields
        self.rest = rest
        self.refs = refs
        self.name = name
        self.text = text
        self.guard = guard
        self.settled: bool | None = None
        """Whether nothing of it depends on who calls, once somebody has asked."""

    def but(self, **changes: Any) -> "Value":
        """A copy with some parts changed."""
        made = Value(
            self.taints, self.consts, self.types, self.fields, self.rest, self.refs, self.name, self.text, self.guard
        )
        for slot, value in changes.items():
            setattr(made, slot, value)
        return made

    def __repr__(self) -> str:
        parts = [
            f"{slot}={getattr(self, slot)!r}"
            for slot in Value.__slots__
            if getattr(self, slot) not in (None, (), {}, NO_TYPES)
        ]
        return f"Value({', '.join(parts)})"


UNKNOWN = Value()


def constant(value: Constant) -> Value:
    """A value that is this constant."""
    return Value(consts=(value,))


def single(value: Value) -> Any:
    """The one constant that a value is; raises LookupError when it is not one."""
    if value.consts is not None and len(value.consts) == 1:
        return value.consts[0]
    raise LookupError


def types_of(value: Value) -> Sequence[str]:
    """The types of a value in the same order in every run: the order of a set of texts changes from one to the next."""
    return sorted(value.types) if len(value.types) > 1 else tuple(value.types)


def known_text(value: Value) -> tuple[str | None, ...]:
    """The parts of a string that are known, None for each that is not."""
    if value.text is not None:
        return value.text
    if value.consts is not None and len(value.consts) == 1:
        only = value.consts[0]
        if isinstance(only, bytes):
            return (only.decode("latin-1"),)
        return (str(only),) if only is not None else (None,)
    return (None,)


def words(value: Value) -> tuple[str, ...] | None:
    """Everything that a value can be, as text: its constants, a setting's text, or the name of what it is outside the
    program."""
    if value.consts:
        return tuple(_word(one) for one in value.consts)
    if value.text is not None and len(value.text) == 1 and value.text[0] is not None:
        return (value.text[0],)
    return (value.name,) if value.name is not None else None


def _word(constant: Constant) -> str:
    if constant is None:
        return "null"
    if isinstance(constant, bool):
        return "true" if constant else "false"
    return constant.decode("latin-1") if isinstance(constant, bytes) else str(constant)


def joined_text(parts: Iterable[tuple[str | None, ...]]) -> tuple[str | None, ...]:
    """Strings put one after the other."""
    found: list[str | None] = []
    for part in parts:
        for piece in part:
            if piece is not None and found and found[-1] is not None:
                found[-1] += piece
            elif piece != "":
                found.append(piece)
    return tuple(found[:_PARTS])


def all_taints(value: Value, depth: int = _DEPTH) -> Taints:
    """The taints of a value and of everything in it."""
    if value.fields is None and value.rest is None:
        return value.taints
    found = dict(value.taints)
    if depth:
        for part in parts_of(value):
            for taint, trail in all_taints(part, depth - 1).items():
                found.setdefault(taint, trail)
    return found


def parts_of(value: Value) -> Iterable[Value]:
    """What stands in a value: its fields, and what stands under all other keys."""
    if value.fields:
        yield from value.fields.values()
    if value.rest is not None:
        yield value.rest


def mapped(fields: Mapping[str | int, Value], change: Callable[[Value], Value]) -> Mapping[str | int, Value]:
    """Fields with each value changed; the same object when none is."""
    made = {key: change(part) for key, part in fields.items()}
    return fields if all(made[key] is part for key, part in fields.items()) else made


def join(left: Value, right: Value, depth: int = _DEPTH) -> Value:
    """What a value can be after either of two ways."""
    if left is right:
        return left
    if left.fields is None and left.rest is None and right.fields is None and right.rest is None:
        fields = rest = None
    else:
        fields, rest = _joined_parts(left, right, depth)
    taints = left.taints if left.taints is right.taints else merge_taints(left.taints, right.taints)
    consts = None if left.consts is None or right.consts is None else _joined_constants(left.consts, right.consts)
    types = left.types if left.types == right.types else left.types | right.types
    refs = left.refs if left.refs == right.refs else tuple(dict.fromkeys((*left.refs, *right.refs)))[:16]
    name = left.name if left.name == right.name else (left.name or right.name)
    text = left.text if left.text == right.text else _common_prefix(left, right)
    if (
        taints is left.taints
        and fields is left.fields
        and rest is left.rest
        and consts is left.consts
        and types is left.types
        and refs is left.refs
        and name is left.name
        and text is left.text
        and left.guard is None
    ):
        return left
    return Value(taints, consts, types, fields, rest, refs, name, text)


def _common_prefix(left: Value, right: Value) -> tuple[str | None, ...] | None:
    one, other = known_text(left)[:1], known_text(right)[:1]
    if one and other and one[0] and other[0] and not _are_numbers(left, right):
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(one[0], other[0], strict=False))
        shared = "".join(letter for letter, _ in alike)
        return (shared, None) if shared else None
    return None


def _are_numbers(*values: Value) -> bool:
    return any(value.text is None and not isinstance((value.consts or ("",))[0], str) for value in values)


def _joined_constants(left: tuple[Constant, ...], right: tuple[Constant, ...]) -> tuple[Constant, ...] | None:
    if left == right:
        return left
    kinds = {(type(value), value): value for value in (*left, *right)}
    return tuple(kinds.values()) if len(kinds) <= _CONSTANTS else None


def _is_bare(value: Value) -> bool:
    return value.fields is None and value.rest is None


def _joined_parts(left: Value, right: Value, depth: int) -> tuple[Mapping[str | int, Value] | None, Value | None]:
    of_framework = left.types == right.types and any(_REQUEST.search(kind) for kind in left.types)
    if of_framework and (_is_bare(left) or _is_bare(right)):
        return None, None  # what the framework says of its object stands again where one way says no more
    if left.fields is None and left.rest is None:
        return _beside_unknown(right, depth)
    if right.fields is None and right.rest is None:
        return _beside_unknown(left, depth)
    if depth == 0:
        return None, Value(merge_taints(all_taints(left, 2), all_taints(right, 2)))
    if left.fields is right.fields and left.rest is right.rest:
        return left.fields, left.rest
    ones, others = left.fields or {}, right.fields or {}
    rest = (
        left.rest if right.rest is None else right.rest if left.rest is None else join(left.rest, right.rest, depth - 1)
    )
    if ones.keys() == others.keys():
        return _joined_fields(ones, others, depth - 1), rest
    fields: dict[str | int, Value] = {}
    for key in (*ones, *(k for k in others if k not in ones)):
        if key in ones and key in others:
            fields[key] = join(ones[key], others[key], depth - 1)
        elif isinstance(key, int):
            rest = (
                (ones.get(key) or others[key]) if rest is None else join(rest, ones.get(key) or others[key], depth - 1)
            )
        else:
            fields[key] = _maybe(ones.get(key) or others[key])
    return fields, rest


def _beside_unknown(value: Value, depth: int) -> tuple[Mapping[str | int, Value] | None, Value | None]:
    """The parts of a value of which nothing is known on another way: named ones stay apart, places in a list do not."""
    if value.fields is None or not all(isinstance(key, str) for key in value.fields):
        return None, value.rest if value.fields is None else _everything(value, depth)
    return {key: _maybe(part) for key, part in value.fields.items()}, value.rest


def _joined_fields(
    ones: Mapping[str | int, Value], others: Mapping[str | int, Value], depth: int
) -> Mapping[str | int, Value]:
    made = {key: join(value, others[key], depth) for key, value in ones.items()}
    return ones if all(map(is_, made.values(), ones.values())) else made


def _maybe(value: Value) -> Value:
    """A field that may be missing: its constants are no longer all that it can be."""
    return value if value.consts is None else value.but(consts=None)


def _everything(value: Value, depth: int) -> Value:
    rest = value.rest
    for part in (value.fields or {}).values():
        rest = part if rest is None else join(rest, part, max(depth - 1, 0))
    return rest if rest is not None else UNKNOWN


def join_all(values: Iterable[Value]) -> Value:
    """What a value can be after any of several ways; UNKNOWN for none."""
    found: Value | None = None
    for value in values:
        found = value if found is None else join(found, value)
    return UNKNOWN if found is None else found


def element(value: Value) -> Value:
    """Any element of a collection."""
    parts = [*(value.fields or {}).values()]
    if value.rest is not None:
        parts.append(value.rest)
    if not parts:
        return Value({taint.at("*"): trail for taint, trail in value.taints.items()})
    whole = join_all(parts)
    return whole if not value.taints else whole.but(taints=merge_taints(whole.taints, value.taints))


def field(value: Value, key: str | int) -> Value | None:
    """What stands under a key, as far as the value itself tells; None when it tells nothing."""
    if value.fields is not None and key in value.fields:
        found = value.fields[key]
        return found
    if value.rest is not None:
        return value.rest
    return None


def with_field(value: Value, key: str | int | None, new: Value, *, strong: bool = True) -> Value:
    """The value after an assignment to one of its keys (None: to a key that is not known)."""
    if key is None:
        rest = new if value.rest is None else join(value.rest, new)
        fields = {k: join(v, new) for k, v in value.fields.items()} if value.fields else value.fields
        return value.but(fields=fields, rest=rest, consts=None, text=None)
    fields = dict(value.fields or {})
    fields[key] = new if strong or key not in fields else join(fields[key], new)
    if len(fields) > _FIELDS:
        return value.but(
            fields=None, rest=_everything(Value(fields=fields, rest=value.rest), 3), consts=None, text=None
        )
    return value.but(fields=fields, consts=None, text=None)


def with_spread(value: Value, more: Value) -> Value:
    """An object after the fields of another were written over its own: `{...defaults, ...given}`.

    Fields that are not known may stand over each that was there before, and over none that is set afterwards.
    """
    made = value
    for key, one in (more.fields or {}).items():
        made = with_field(made, key, one if not more.taints else one.but(taints=merge_taints(one.taints, more.taints)))
    open_ones = more.rest if more.rest is not None else Value(more.taints) if more.taints else None
    if open_ones is None:
        return made
    if more.rest is not None and more.taints:
        open_ones = open_ones.but(taints=merge_taints(open_ones.taints, more.taints))
    kept = more.fields or {}
    fields = {k: v if k in kept else join(v, open_ones) for k, v in made.fields.items()} if made.fields else made.fields
    made = made.but(fields=fields, rest=open_ones if made.rest is None else join(made.rest, open_ones))
    if made.types <= _RECORD and made.fields is not None:
        return made
    return made.but(taints=merge_taints(made.taints, more.taints))  # what has a class is asked by that for its fields


def cleaned(value: Value, roles: Iterable[str], depth: int = 3) -> Value:
    """The same value, its data made safe for these roles."""
    wanted = frozenset(roles)
    if not value.taints and value.fields is None and value.rest is None:
        return value
    taints = {taint.clean(wanted): trail for taint, trail in value.taints.items()}
    if ALL in wanted:
        taints = {}
    fields, rest = value.fields, value.rest
    if depth:
        if fields:
            fields = {key: cleaned(part, wanted, depth - 1) for key, part in fields.items()}
        if rest is not None:
            rest = cleaned(rest, wanted, depth - 1)
    return value.but(taints=taints, fields=fields, rest=rest)


def doubtful(value: Value, doubts: int, depth: int = 3) -> Value:
    """The same value, its data less surely what the client sent."""
    if not value.taints and value.fields is None and value.rest is None:
        return value
    fields, rest = value.fields, value.rest
    if depth:
        if fields:
            fields = {key: doubtful(part, doubts, depth - 1) for key, part in fields.items()}
        if rest is not None:
            rest = doubtful(rest, doubts, depth - 1)
    taints = {taint.doubted(doubts): trail for taint, trail in value.taints.items()}
    return value.but(taints=taints, fields=fields, rest=rest)
