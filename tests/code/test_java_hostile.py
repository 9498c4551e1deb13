"""Whatever bytes a file holds, lowering it ends soon and raises nothing."""

import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.code.frontends.java import lower

_KEYWORDS = "class interface enum record if else for while do switch case default try catch finally new return yield"
_OTHERS = "throw import package static final this super instanceof int var void @interface @A synchronized assert"
_MARKS = '{ } ( ) [ ] ; , . : :: -> = += == < > ? ! + - * / & | && ++ a B 1 \'x\' "y" """ // /* */ \\ ... null'
_WORDS = [*_KEYWORDS.split(" "), *_OTHERS.split(" "), *_MARKS.split(" "), "\n"]
_SOUND = b"""package a.b; import java.util.*; import static x.Y.z;
/** Doc. */ @A(b = {1, 2}) public sealed class C<T extends D & E> extends F<T> implements G permits H {
  private final @X int i = 1, j[] = {2}; static { k(); } { l(); }
  @Override public <U> Map<String, ? super U> m(@N final U u, int... v) throws Z {
    for (int n = 0; n < 1; n++) { switch (n) { case 1, 2 -> o(); case P p when p.q() -> { } default -> throw r; } }
    int s = switch (t) { case 1: yield 2; default: { yield 3; } };
    try (var w = x(); y) { } catch (A | B e) { } finally { }
    if (a instanceof R(int b, var c) && !d) { return a -> { return new Q<>() { int z; { y(); } }; }; } else { }
    do { lbl: while (true) { continue lbl; } } while ((x ? y : z) == (long) w[1]);
    return \"\"\"
       text \\t block
       \"\"\" + 'c' + 0x1F + C::new + C.this.i;
  }
  C { } enum S { A(1) { void f() { } }, B; S() { } } record T(int u, String... v) { T { } }
  @interface U { int v() default 3; }
}
"""


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(source: bytes) -> None:
    lower(source, "A.java")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=60), st.sampled_from(["", " "]))
def test_any_order_of_words(words: list[str], between: str) -> None:
    source = between.join(words).encode()
    module = lower(source, "A.java")
    assert all(0 <= start <= end <= len(source) for start, end in module.errors)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_files_cut_off_and_spoiled(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(_SOUND)))
    lower(_SOUND[:at], "A.java")
    lower(_SOUND[:at] + data.draw(st.binary(max_size=4)) + _SOUND[at + 3 :], "A.java")
    lower(_SOUND[:at] + _SOUND[at + data.draw(st.integers(1, 40)) :], "A.java")


def test_the_sound_file_is_sound() -> None:
    assert lower(_SOUND, "A.java").errors == []


DEEP = {
    "open parentheses": "x = " + "(" * 10_000,
    "parentheses": "x = " + "(" * 10_000 + "y" + ")" * 10_000 + ";",
    "open braces": "{" * 10_000,
    "braces": "{" * 10_000 + "}" * 10_000,
    "brackets": "x = a" + "[a" * 10_000 + "]" * 10_000 + ";",
    "negations": "x = " + "!" * 10_000 + "y;",
    "fields": "x = " + "a." * 10_000 + "b;",
    "calls": "x = a" + ".b()" * 10_000 + ";",
    "nested calls": "x = " + "f(" * 5_000 + ")" * 5_000 + ";",
    "conditions": "x = " + "a ? b : " * 10_000 + "c;",
    "additions": "x = " + "+".join(["a"] * 20_000) + ";",
    "additions to the right": "x = " + "a + (" * 5_000 + "b" + ")" * 5_000 + ";",
    "and": "x = " + "&&".join(["a"] * 20_000) + ";",
    "alternatives": "if (a) b(); " + "else if (a) b(); " * 5_000,
    "chained assignments": "a = " * 5_000 + "1;",
    "lambdas": "x = " + "a -> " * 5_000 + "1;",
    "casts": "x = " + "(A) " * 5_000 + "b;",
    "types": "List<" * 3_000 + "A" + ">" * 3_000 + " a;",
    "dimensions": "int " + "[]" * 5_000 + " a;",
    "arrays": "int a = " + "{" * 5_000 + "}" * 5_000 + ";",
    "classes": "class A {" * 1_000 + "}" * 1_000,
    "methods": "class A { void f() {" * 1_000,
    "anonymous classes": "x = " + "new A() { int b = " * 1_000 + "1",
    "switches": "x = " + "switch (a) { default -> " * 1_000 + "1",
    "switch statements": "switch (a) { case 1: " * 1_000,
    "annotations": "@A(" * 5_000,
    "instanceof": "x = a instanceof " + "P(" * 3_000 + "int b" + ")" * 3_000 + ";",
    "try": "try {" * 2_000,
    "long number": "x = " + "9" * 100_000 + ";",
    "open comments": "/*" * 50_000,
    "stars": "/*" + "*" * 100_000,
    "open strings": '"' * 50_001,
    "escaped quotes": '\\"""' * 20_000,
    "modifiers": "public " * 20_000 + "class A {}",
    "labels": "a: " * 5_000 + "b();",
    "name": "import a" + ".b" * 10_000 + ";",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_deep_and_long(source: str) -> None:
    began = time.process_time()
    lower(source.encode(), "A.java")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("opening", ["(", "f(", "!", "a -> ", "new A() { int b = ", "switch (a) { default -> "])
def test_nesting_leaves_room_on_the_stack(opening: str) -> None:
    source = ("x = " + opening * 400).encode()
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1

    def further(levels: int) -> None:
        if levels:
            further(levels - 1)
        else:
            lower(source, "A.java")

    further(max(0, 250 - depth))


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig", "euc-kr"])
def test_other_encodings(encoding: str) -> None:
    module = lower('/* 한글 */ class 가 { String 나 = "다"; }'.encode(encoding), "A.java")
    assert module.language == "java"
