"""Whatever bytes a file holds, lowering it ends soon and raises nothing."""

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.code.frontends.python import lower

_LIBRARY = Path(os.__file__).parent
_KEYWORDS = "def class if elif else for in while try except finally with as match case lambda yield await async return"
_MARKS = "import from global del not and or is f'{ } ' ( ) [ ] { } : , . = := -> @ * ** + - ~ | \\ # a b 1 'x'"
_WORDS = [*_KEYWORDS.split(" "), *_MARKS.split(" "), '"""', "\n", "\n\t", "\n\t\t"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(source: bytes) -> None:
    lower(source, "a.py")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=60), st.sampled_from(["", " "]))
def test_any_order_of_words(words: list[str], between: str) -> None:
    source = between.join(words).encode()
    module = lower(source, "a.py")
    assert all(0 <= start <= end <= len(source) for start, end in module.errors)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["tempfile.py", "dataclasses.py", "asyncio/streams.py"]), st.data())
def test_files_cut_off_and_spoiled(name: str, data: st.DataObject) -> None:
    source = (_LIBRARY / name).read_bytes()[:20_000]
    at = data.draw(st.integers(0, len(source)))
    lower(source[:at], "a.py")
    lower(source[:at] + data.draw(st.binary(max_size=4)) + source[at + 3 :], "a.py")


DEEP = {
    "open brackets": "(" * 10_000,
    "brackets": "[" * 10_000 + "]" * 10_000,
    "parentheses": "(" * 10_000 + "x" + ")" * 10_000,
    "dictionaries": "{a:" * 10_000,
    "negations": "not " * 10_000 + "x",
    "signs": "-" * 10_000 + "1",
    "attributes": "a." * 10_000 + "b",
    "calls": "a" + ".b()" * 10_000,
    "conditions": "a if b else " * 10_000 + "c",
    "additions": "+".join(["a"] * 20_000),
    "alternatives": "if a: b\n" + "elif a: b\n" * 5_000,
    "and": " and ".join(["a"] * 20_000),
    "chained assignments": "a = " * 5_000 + "1",
    "lambdas": "lambda:" * 10_000 + "1",
    "nested blocks": "\n".join(" " * n + "if x:" for n in range(1_000)),
    "nested functions": "\n".join(" " * n + "def f():" for n in range(1_000)) + "\n" + " " * 1_000 + "pass",
    "nested classes": "\n".join(" " * n + "class A:" for n in range(1_000)) + "\n" + " " * 1_000 + "x = 1",
    "f-strings": "f'{" * 3_000,
    "subscripted types": "a: " + "list[" * 3_000 + "int" + "]" * 3_000,
    "united types": "a: " + " | ".join(["int"] * 5_000),
    "quoted types": "a: '" + "list[" * 3_000 + "int" + "]" * 3_000 + "'",
    "comparisons": "a" + " < a" * 10_000,
    "patterns": "match a:\n  case " + "[" * 3_000 + "]" * 3_000 + ": pass",
    "long number": "x = " + "9" * 100_000,
    "escaped quotes": '\\"""' * 20_000,
    "decorators": "@a\n" * 20_000,
    "comprehensions": "[x for x in " * 3_000,
    "stars": "f(" + "*" * 5_000,
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_deep_and_long(source: str) -> None:
    began = time.process_time()
    lower(source.encode(), "a.py")
    assert time.process_time() - began < 5


def test_nesting_leaves_room_on_the_stack() -> None:
    source = b"x = " + b"[" * 400 + b"]" * 400
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1

    def further(levels: int) -> None:
        if levels:
            further(levels - 1)
        else:
            lower(source, "a.py")

    further(max(0, 300 - depth))


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig", "euc-kr"])
def test_other_encodings(encoding: str) -> None:
    module = lower("# 한글 주석\ndef 함수(a):\n    return '값'\n".encode(encoding), "a.py")
    assert module.language == "python"
