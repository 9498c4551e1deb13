"""Bytes to text: UTF-8, UTF-16 and CP949, or the reason why not."""

import codecs

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAMPLE = 4_096
_MAX_CONTROL_SHARE = 0.05
_NO_CONTROL = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\t\n\r\f\b\x1b")


class NotTextError(Exception):
    """The bytes are no text. `key` names the reason's phrase."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def decoded(data: bytes) -> str:
    """The text of a file, with line ends made `\\n`; raises NotTextError when it holds none."""
    text = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes) -> str:
    if data.startswith(_UTF16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise NotTextError("encoding") from None
    if unmarked := _unmarked_utf16(data):
        return unmarked
    if b"\x00" in data:
        raise NotTextError("binary")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _mostly_control(data):
            raise NotTextError("binary")
        return text
    raise NotTextError("binary" if _mostly_control(data) else "encoding")


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
    ends = "\r\n" if "\r\n" in _decode(original) else "\n"
    for encoding in ("utf-8-sig" if original.startswith(codecs.BOM_UTF8) else "utf-8", "utf-16", "cp949"):
        try:
            same = decoded(original).replace("\n", ends).encode(encoding) == original
            if same:
                return text.replace("\n", ends).encode(encoding)
        except UnicodeEncodeError:
            continue
    return None
