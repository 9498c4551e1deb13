"""Which patterns take exponential time in an engine that backtracks."""

import pytest

from backend_advisor.experts.security.backtracking import exponential

_BAD = [
    r"^(a+)+$",
    r"^(a*)*$",
    r"^(a|a)*$",
    r"^(a|ab|b)*c$",
    r"(\w+\s?)*!",
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$",
    r"^(\d+)*x",
    r"(.*,)*;",
    r"^(?:[a-z]+)+\d$",
    r"^(?<name>(x+x+)+)y",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
]
_GOOD = [
    r"^\d+$",
    r"^[\w.+-]+@[\w-]+\.[\w.]+$",
    r"^(\w+\s)*\w+$",
    r"^([a-z]+\.)+[a-z]{2,}$",
    r"^(?:a|b)*$",
    r"^(\d{3}-)?\d{4}-\d{4}$",
    r"^01[016789]-?\d{3,4}-?\d{4}$",
    r"(a+)+",
    r"\(|\)|(?:[^\s\"()]+|\"[^\"]*\")+",
    r"^[가-힣]{2,10}$",
    r"^#([0-9a-f]{3}){1,2}$",
    r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$",
    r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$",
    r"(\1",
    r"^(a",
    r"[",
    "(" * 3000,
]


@pytest.mark.parametrize("pattern", _BAD)
def test_exponential(pattern: str) -> None:
    assert exponential(pattern, whole=False)


@pytest.mark.parametrize("pattern", _GOOD)
def test_not_exponential_or_not_readable(pattern: str) -> None:
    assert not exponential(pattern, whole=False)


def test_the_whole_text_has_to_match() -> None:
    assert exponential("(a+)+", whole=True)
