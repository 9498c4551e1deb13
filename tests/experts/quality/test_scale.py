"""The quality rules take time in proportion to the program, whatever it looks like."""

import sys
from itertools import count
from typing import Any

from backend_advisor.code.reading import read_code
from backend_advisor.experts.quality import detectors
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, code_detectors, load_detectors


def calls(text: str) -> int:
    """How many functions all quality rules call on one Python file, reading it not counted."""
    load_detectors(detectors)
    reading = read_code((Artifact(name="a.py", kind=ArtifactKind.PYTHON, text=text, origin="file"),))
    context = CodeContext(reading.analyses[0], Places(reading.artifacts))
    called = count()

    def note(_frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            next(called)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for code, detector in code_detectors().items():
            if code.startswith("QUA"):
                list(detector(context))
    finally:
        sys.setprofile(before)
    return next(called)


def test_repeated_statements() -> None:
    small = calls("def f(a):\n" + "    a.first.second.third(a.fourth, a.fifth)\n" * 2_000)
    large = calls("def f(a):\n" + "    a.first.second.third(a.fourth, a.fifth)\n" * 8_000)
    assert large < 6 * small


def test_repeated_functions() -> None:
    function = "def f{0}(a):\n" + "".join(f"    x{n} = a.first(a.second.third.fourth, {n})\n" for n in range(12))
    small = calls("\n".join(function.format(n) for n in range(100)))
    large = calls("\n".join(function.format(n) for n in range(400)))
    assert large < 6 * small


def test_deeply_nested_code_is_no_error() -> None:
    text = "def f(a):\n" + "".join("    " * (n + 1) + "if a:\n" for n in range(150)) + "    " * 151 + "a()\n"
    assert calls(text) < 200_000
