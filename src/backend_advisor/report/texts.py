"""Changing every text of a report at once, whatever the record it stands in."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with each text in it changed; the value itself where none changes, which is nearly everywhere."""
    if isinstance(value, str):
        return change(value) if type(value) is str else value
    if isinstance(value, tuple):
        items = [with_texts(item, change) for item in value]
        return value if all(map(is_, items, value)) else tuple(items)
    if isinstance(value, dict):
        return {change(key): with_texts(item, change) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for name in _names(type(value)):
            before = getattr(value, name)
            after = with_texts(before, change)
            if after is not before:
                changed[name] = after
        return replace(value, **changed) if changed else value
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
