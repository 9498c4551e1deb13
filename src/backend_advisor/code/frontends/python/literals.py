"""Literals of Python evaluated as Python evaluates them."""

import re
import unicodedata

from backend_advisor.code.ir import Constant

_PREFIX = re.compile(rb"[A-Za-z]*")
_ESCAPE = re.compile(
    r"\\(?:(\r\n|[\n\r])|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9A-Fa-f]{2})|N\{([^}]*)\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))"
)
_SIMPLE = {
    "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_DIGITS = 4000


def declared_encoding(source: bytes) -> str:
    """The encoding of a file: as declared (PEP 263), else UTF-8, else CP949 when that is what it can be."""
    for line in source[:400].split(b"\n")[:2]:
        found = _COOKIE.match(line)
        if found:
            name = found[1].decode("ascii", "replace")
            try:
                "a".encode(name)
            except (LookupError, UnicodeError, ValueError):
                break
            return name
    if source.isascii():
        return "utf-8"
    for name in ("utf-8", "cp949"):
        try:
            source.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "utf-8"


def decode(raw: bytes, encoding: str) -> str:
    """Text in a file's encoding, with a mark for what is not text."""
    try:
        return raw.decode(encoding, "replace")
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1")


def string_value(raw: bytes, encoding: str) -> str | bytes:
    """The value of a string literal that is not an f-string, given with its prefix and quotes."""
    prefix, quote, content = split_string(raw)
    return content_value(content, prefix, encoding, multiline=len(quote) == 3)


def split_string(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """A string literal's prefix in lower case, its quote and what stands between the quotes."""
    found = _PREFIX.match(raw)
    prefix = found[0] if found else b""
    rest = raw[len(prefix) :]
    quote = rest[:3] if rest[:3] in {b'"""', b"'''"} and len(rest) >= 6 else rest[:1]
    content = rest[len(quote) :]
    return prefix.lower(), quote, content.removesuffix(quote) if quote else content


def content_value(content: bytes, prefix: bytes, encoding: str, *, multiline: bool) -> str | bytes:
    """The value of what stands between a literal's quotes (also of the text between an f-string's braces)."""
    binary = b"b" in prefix
    if multiline and b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"f" in prefix and (b"{" in content or b"}" in content):
        content = content.replace(b"{{", b"{").replace(b"}}", b"}")
    text = decode(content, "latin-1" if binary else encoding)
    if b"\\" in content and b"r" not in prefix:
        text = _ESCAPE.sub(_unescape_bytes if binary else _unescape, text)
    return text.encode("latin-1", "replace") if binary else text


def _unescape(found: re.Match[str]) -> str:
    newline, simple, octal, byte, name, short, long = found.groups()
    if newline:
        return ""
    if simple:
        return _SIMPLE[simple]
    if octal:
        return chr(int(octal, 8))
    if name is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return found[0]
    number = int(byte or short or long, 16)
    return chr(number) if number <= 0x10FFFF else found[0]


def _unescape_bytes(found: re.Match[str]) -> str:
    newline, simple, octal, byte, *_ = found.groups()
    if newline:
        return ""
    if simple:
        return _SIMPLE[simple]
    if octal:
        return chr(int(octal, 8) & 0xFF)
    return chr(int(byte, 16)) if byte else found[0]


def integer_value(raw: bytes) -> Constant:
    """The value of an integer literal; raises ValueError for an imaginary one and for one too long to read."""
    word = raw.replace(b"_", b"").lower().rstrip(b"l")
    if word.isdigit() and len(word) < _DIGITS:
        return int(word, 8) if word.startswith(b"0") and word.strip(b"0") and not set(word) & {56, 57} else int(word)
    if word[:2] in {b"0x", b"0o", b"0b"}:
        return int(word, 0)
    raise ValueError
