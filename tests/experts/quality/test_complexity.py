"""Cognitive complexity as the white paper counts it, language by language."""

import pytest

from backend_advisor.code.reading import read_code
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext


def complexity(kind: str, text: str) -> int:
    suffix = {"python": "py", "javascript": "js", "java": "java"}[kind]
    reading = read_code((Artifact(name=f"a.{suffix}", kind=ArtifactKind(kind), text=text, origin="file"),))
    (analysis,) = reading.analyses
    written = outline(CodeContext(analysis, Places(reading.artifacts)))
    return sum(cost.amount for cost in written[0].all_costs())


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("java", "class A { void f() { if (a) { } else if (b) { } else { g(); } } }", 3),
        ("java", "class A { void f() { if (a) { } else { if (b) { } } } }", 4),
        ("java", "class A { void f() { if (a && b && c || d || e && f) { } } }", 4),
        ("java", "class A { void f() { if (a && !(b && c)) { } } }", 3),
        (
            "java",
            "class A { int f(int n) { switch (n) { case 1: return 1; case 2: return 2; default: return 3; } } }",
            1,
        ),
        ("java", "class A { void f() { try { g(); } catch (E e) { if (a) { } } finally { h(); } } }", 3),
        ("java", "class A { void f() { out: for (;;) { for (;;) { continue out; } } } }", 4),
        ("java", "class A { void f() { Runnable r = () -> { if (a) { } }; } }", 2),
        ("java", "class A { void f() { if (z) { } Runnable r = () -> { if (a) { } }; } }", 3),
        ("java", "class A { int f(int n) { return n < 2 ? 1 : this.f(n - 1); } }", 2),
        ("javascript", "function f() { while (a) { do { b(); } while (c); } }", 3),
        ("javascript", "function f(a) { return a?.b ?? c; }", 0),
        ("javascript", "function f(n) { return f(n - 1); }", 1),
        ("python", "def f(a):\n    if 0 < a < 3: pass\n    elif a: pass\n    else: a()\n", 3),
        ("python", "def f(a):\n    for x in a:\n        if x: break\n    else:\n        a()\n", 4),
        ("python", "def f(a):\n    return a if a and b else c if d else e\n", 4),
        ("python", "def f(a):\n    with a:\n        if a: pass\n", 1),
    ],
)
def test_counts(kind: str, text: str, expected: int) -> None:
    assert complexity(kind, text) == expected


def test_a_function_that_only_holds_others_adds_nothing_to_them() -> None:
    text = "def decorate(g):\n    def inner(a):\n        if a: return g(a)\n    return inner\n"
    assert complexity("python", text) == 2
