"""Bytes to text: UTF-8, UTF-16, the encoding that the text declares, CP949, Windows-1252; or the reason why not."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAMPLE = 4_096
_MAX_CONTROL_SHARE = 0.05
_WESTERN = "cp1252"
_MAX_WESTERN_SHARE = 0.1
"""In source of another script that is in no encoding read here far more bytes are beyond ASCII."""
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_HEAD = 400
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_XML = re.compile(rb"<\?xml[^>]*?\bencoding=[\"']([-\w.]+)[\"']")
_OF_TEXT = re.compile(r"(?:iso8859-\d+|cp\d+|euc_\w+|shift_jis\w*|gbk|gb2312|gb18030|big5\w*|koi8-\w|johab|mac-roman)$")
_NO_CONTROL = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\t\n\r\f\b\x1b")


class NotTextError(Exception):
    """The bytes are no text. `key` names the reason's phrase."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file, its line ends made `\\n`, and the encoding that was read. It is assumed where it is neither
    Unicode nor declared in the text."""

    text: str
    encoding: str
    assumed: bool = False


def decoded(data: bytes) -> str:
    """The text of a file, with line ends made `\\n`; raises NotTextError when it holds none."""
    return read_text(data).text


def read_text(data: bytes) -> Text:
    """The text of a file and its encoding; raises NotTextError when it holds none."""
    text, encoding, assumed = _decode(data)
    return Text(text.replace("\r\n", "\n").replace("\r", "\n"), encoding, assumed)


def _decode(data: bytes) -> tuple[str, str, bool]:
    if data.startswith(_UTF16):
        try:
            return data.decode("utf-16"), "utf-16", False
        except UnicodeDecodeError:
            raise NotTextError("encoding") from None
    if unmarked := _unmarked_utf16(data):
        return unmarked, "", False
    if b"\x00" in data:
        raise NotTextError("binary")
    tried = ((name, False) for name in ("utf-8-sig", *_declared(data), "cp949"))
    for encoding, assumed in (*tried, *([(_WESTERN, True)] if _mostly_ascii(data) else [])):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _mostly_control(data):
            raise NotTextError("binary")
        return text, encoding, assumed
    raise NotTextError("binary" if _mostly_control(data) else "encoding")


def _declared(data: bytes) -> Iterator[str]:
    """The encoding that Python source or XML declares in its first lines, where it is one of text in single bytes or
    pairs: other codecs would run what a stranger wrote through machinery that no source needs."""
    head = data[:_HEAD]
    found = _XML.match(head) or next(filter(None, map(_COOKIE.match, head.split(b"\n")[:2])), None)
    if found is None:
        return
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError, ValueError):
        return
    if _OF_TEXT.match(name):
        yield name


def _mostly_ascii(data: bytes) -> bool:
    """Whether so few letters are outside of ASCII as in source with names and comments in a western language."""
    beyond = len(data) - len(data.translate(None, _BEYOND_ASCII))
    return beyond <= _MAX_WESTERN_SHARE * len(data)


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark shows as a NUL in nearly every second byte of ASCII text."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or len(data) % 2:
        return None
    half = len(sample) // 2
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if sample[offset::2].count(0) > 0.7 * half and sample[1 - offset :: 2].count(0) == 0:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


def _mostly_control(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    controls = len(sample.translate(None, _NO_CONTROL))
    return bool(sample) and controls > _MAX_CONTROL_SHARE * len(sample)


def encoded_like(text: str, original: bytes) -> bytes | None:
    """Text as bytes in the encoding and with the line ends of a file; None when the file mixes them or would change."""
    raw, read, _ = _decode(original)
    ends = "\r\n" if "\r\n" in raw else "\n"
    marked = "utf-8-sig" if original.startswith(codecs.BOM_UTF8) else "utf-8"
    for encoding in filter(None, (marked, "utf-16", read if read != "utf-8-sig" else "")):
        try:
            same = decoded(original).replace("\n", ends).encode(encoding) == original
            if same:
                return text.replace("\n", ends).encode(encoding)
        except UnicodeEncodeError:
            continue
    return None
