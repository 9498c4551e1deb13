"""What a summary keeps of values: few parts, their shape, and parameters in the place of what a caller gives."""

from typing import Any

from backend_advisor.code.taints import (
    MOST_FIELDS_READ,
    Taint,
    Taints,
    bounded_taints,
    merge_taints,
)
from backend_advisor.code.values import OWN, Value, all_taints, element, field, mapped, parts_of

_BOUND_FIELDS = 24
_MOST_PARTS = 96
_LONGEST = 80


def bounded(value: Value, depth: int = 3) -> Value:
    """A value with bounded parts, for a summary that is used often; the same object when nothing is too large."""
    fields, rest = value.fields, value.rest
    if (depth == 0 and (fields is not None or rest is not None)) or (
        fields is not None and len(fields) > _BOUND_FIELDS
    ):
        return value.but(taints=bounded_taints(all_taints(value, 3)), fields=None, rest=None)
    if fields:
        fields = mapped(fields, lambda part: bounded(part, depth - 1))
    if rest is not None:
        rest = bounded(rest, depth - 1)
    taints = bounded_taints(value.taints)
    if taints is value.taints and fields is value.fields and rest is value.rest:
        return value
    return value.but(taints=taints, fields=fields, rest=rest)


def compact(value: Value, depth: int = 3) -> Value:
    """A value with few parts in all, for a summary: the deepest are given up first. Every call of the function walks
    them, and an object of a library may hold thousands."""
    made = bounded(value, depth)
    while depth and _count(made, _MOST_PARTS) > _MOST_PARTS:
        depth -= 1
        made = bounded(made, depth)
    return made


def _count(value: Value, most: int) -> int:
    """How many parts a value has, up to somewhat more than `most`."""
    count = 0
    for part in parts_of(value):
        count += 1 + _count(part, most)
        if count > most:
            break
    return count


_PLAIN = frozenset(
    {"str", "string", "int", "number", "float", "bool", "boolean", "list", "dict", "tuple", "Array", "set"}
)
"""Types of items that run the same methods wherever they are handed to."""


def shape(value: Value, depth: int = 2) -> Any:
    """What of a value decides how a function runs on it, as something hashable; data sources are left out."""
    fields: Any = None
    if value.fields is not None and depth:
        fields = tuple((key, shape(part, depth - 1)) for key, part in list(value.fields.items())[:12])
    consts = value.consts
    if consts is not None:
        if len(consts) != 1 or (isinstance(consts[0], str | bytes) and len(consts[0]) > _LONGEST):
            consts = None
        else:
            consts = ((type(consts[0]).__name__, consts[0]),)  # type: ignore[assignment]
    elif value.text is not None:
        consts = _setting(value)
    items = value.rest.types - _PLAIN if value.rest is not None else None
    return (consts, value.types, value.refs, value.name, fields, items or None)


def _setting(value: Value) -> tuple[str | None, ...] | None:
    """The whole text of a setting, which is known though it decides no branch."""
    text = value.text
    whole = text is not None and len(text) == 1 and text[0] is not None and len(text[0]) <= _LONGEST
    return text if whole and not value.taints else None


def as_parameter(value: Value, index: int, path: tuple[str | int, ...] = (), depth: int = 2) -> Value:
    """The value as the called function sees it: its data is "parameter index" until the caller puts its own in."""
    fields = value.fields
    if fields is not None:
        fields = (
            {key: as_parameter(part, index, (*path, key), depth - 1) for key, part in list(fields.items())[:12]}
            if depth
            else None
        )
    # Where its parts stand for themselves, the whole stands for what is known of none of them.
    own = path if fields is None or len(value.fields or ()) > len(fields) else (*path, OWN)
    taints: Taints = {Taint("parameter", index, own): None}  # type: ignore[dict-item]
    consts = value.consts if value.consts is not None and len(value.consts) == 1 else None
    if consts and isinstance(consts[0], str | bytes) and len(consts[0]) > _LONGEST:
        consts = None
    rest = None
    if value.rest is not None:
        rest = Value({Taint("parameter", index, (*path, "*")[:MOST_FIELDS_READ]): None}, types=value.rest.types)  # type: ignore[dict-item]
    text = _setting(value) if value.text is not None and value.consts is None else None
    return Value(taints, consts, value.types, fields, rest, value.refs, value.name, text)


def at_path(value: Value, path: tuple[str | int, ...]) -> Taints:
    """The taints that stand under a path of fields of an actual argument."""
    at = value
    for number, key in enumerate(path):
        if key == OWN:
            at = Value(at.taints)
            continue
        if key == "*":
            at = element(at)
            continue
        found = field(at, key)
        if found is None:
            left = path[number:]
            if any(taint.index >= 0 for taint in at.taints):
                return {_extended(taint, left): trail for taint, trail in at.taints.items()}
            return at.taints
        at = found if not at.taints else found.but(taints=merge_taints(found.taints, at.taints))
    return all_taints(at, 3)


def _extended(taint: Taint, path: tuple[str | int, ...]) -> Taint:
    for key in path:
        taint = taint.at(key)
    return taint
