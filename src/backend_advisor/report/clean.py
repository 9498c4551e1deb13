"""Make a report safe to show: whatever the asker sent, no terminal control sequence comes out again."""

import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any

from backend_advisor.model import Report

_CONTROL_PICTURES = 0x2400
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def clean(report: Report) -> Report:
    """The report with every control character replaced by one visible character, so that columns stay right."""
    cleaned: Report = _clean(report)
    return cleaned


def clean_text(text: str) -> str:
    """Text without control characters: C0 as their pictures (␛), others and direction marks as U+FFFD."""
    return _UNSAFE.sub(_visible, text.replace("\r\n", "\n"))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(_CONTROL_PICTURES + code) if code < 0x20 else "\ufffd"


def _clean(value: Any) -> Any:
    """The value cleaned; the value itself where nothing was to be cleaned, which is nearly everywhere."""
    if isinstance(value, str):
        if type(value) is not str or not ("\r" in value or _UNSAFE.search(value)):
            return value
        return clean_text(value)
    if isinstance(value, tuple):
        items = [_clean(item) for item in value]
        return value if all(map(is_, items, value)) else tuple(items)
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for name in _names(type(value)):
            before = getattr(value, name)
            after = _clean(before)
            if after is not before:
                changed[name] = after
        return replace(value, **changed) if changed else value
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
