"""The quality rules take time in proportion to the program, whatever it looks like."""

import time

from backend_advisor.code.reading import read_code
from backend_advisor.experts.quality import detectors
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, code_detectors, load_detectors


def seconds(text: str) -> float:
    """The time that all quality rules take on one Python file, reading it not counted."""
    load_detectors(detectors)
    reading = read_code((Artifact(name="a.py", kind=ArtifactKind.PYTHON, text=text, origin="file"),))
    context = CodeContext(reading.analyses[0], Places(reading.artifacts))
    begin = time.process_time()
    for code, detector in code_detectors().items():
        if code.startswith("QUA"):
            list(detector(context))
    return time.process_time() - begin


def test_repeated_statements() -> None:
    small = seconds("def f(a):\n" + "    a.first.second.third(a.fourth, a.fifth)\n" * 2_000)
    large = seconds("def f(a):\n" + "    a.first.second.third(a.fourth, a.fifth)\n" * 8_000)
    assert large < 12 * small + 0.3


def test_repeated_functions() -> None:
    function = "def f{0}(a):\n" + "".join(f"    x{n} = a.first(a.second.third.fourth, {n})\n" for n in range(12))
    small = seconds("\n".join(function.format(n) for n in range(100)))
    large = seconds("\n".join(function.format(n) for n in range(400)))
    assert large < 12 * small + 0.3


def test_deeply_nested_code_is_no_error() -> None:
    text = "def f(a):\n" + "".join("    " * (n + 1) + "if a:\n" for n in range(150)) + "    " * 151 + "a()\n"
    assert seconds(text) < 2
