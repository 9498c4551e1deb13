"""Choices that look random and are the same on every run, as SQL over the number of a row."""

from collections.abc import Sequence

HASHED = 1_000_000


def hashed(salt: str, number: str, modulus: int = HASHED) -> str:
    """A number below the modulus; another salt gives another one for the same row."""
    return f"((hashint8extended(({number})::bigint, {_seed(salt)}) & 9223372036854775807) % {modulus})"


def picked(values: Sequence[str], salt: str, number: str, *, even: bool = False) -> str:
    """One of the values; the first ones are more frequent, as states are, unless an even choice is asked for."""
    spread = hashed(salt, number)
    array = f"(ARRAY[{', '.join(values)}])"
    if even or len(values) == 1:
        return f"{array}[1 + {spread} % {len(values)}]"
    return f"{array}[1 + floor({len(values)} * power({spread} / {HASHED}.0, 1.7))::int]"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _seed(salt: str) -> int:
    seed = 7
    for character in salt:
        seed = (seed * 131 + ord(character)) % 1_000_003
    return seed
