"""Changing every text of a report at once, whatever the record it stands in."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any

_TEXTLESS = (int, float, bool, type(None))


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with each text in it changed; the value itself where none changes, which is nearly everywhere."""
    kind: Any = type(value)
    if kind is str:
        return change(value)
    if kind is tuple:
        items = [with_texts(item, change) for item in value]
        return value if all(map(is_, items, value)) else tuple(items)
    if kind is dict:
        return {change(key): with_texts(item, change) for key, item in value.items()}
    changed = {}
    for name in _names(kind):
        before = getattr(value, name)
        if type(before) in _TEXTLESS:
            continue
        after = with_texts(before, change)
        if after is not before:
            changed[name] = after
    return replace(value, **changed) if changed else value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a record that may hold text."""
    return tuple(one.name for one in fields(kind) if one.type not in _TEXTLESS) if is_dataclass(kind) else ()
