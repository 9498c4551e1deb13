"""Make a report safe to show: whatever the asker sent, no terminal control sequence comes out again."""

import re

from backend_advisor.model import Report
from backend_advisor.report.texts import with_texts

_CONTROL_PICTURES = 0x2400
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_SAFE = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
"""The bytes that stay as they are; whole files are looked through, and deleting bytes is the quickest way."""


def clean(report: Report) -> Report:
    """The report with every control character replaced by one visible character, so that columns stay right."""
    cleaned: Report = with_texts(report, clean_text)
    return cleaned


def clean_text(text: str) -> str:
    """Text without control characters: C0 as their pictures (␛), others and direction marks as U+FFFD."""
    if text.isprintable():
        return text
    if text.isascii():
        if not text.encode("ascii").translate(None, _SAFE):
            return text
    elif "\r" not in text and _UNSAFE.search(text) is None:
        return text
    return _UNSAFE.sub(_visible, text.replace("\r\n", "\n"))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(_CONTROL_PICTURES + code) if code < 0x20 else "\ufffd"
