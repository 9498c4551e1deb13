"""A diff as the files that it makes."""

from backend_advisor import intake
from backend_advisor.intake.diffs import changed_files, is_diff

TWO = """\
--- a/one.py
+++ b/one.py
@@ -3,2 +3,3 @@ def f():
 a = 1
-b = 2
+b = 3
+c = 4
--- /dev/null
+++ b/new.sql
@@ -0,0 +1 @@
+SELECT 1;
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x = 1
"""


def test_each_line_stands_at_its_own_number() -> None:
    files = {one.name: one.text for one in changed_files(TWO)}
    assert files == {"one.py": "\n\na = 1\nb = 3\nc = 4\n", "new.sql": "SELECT 1;\n"}


def test_what_the_lines_stand_in_opens_them() -> None:
    diff = "--- a/A.java\n+++ b/A.java\n@@ -8,1 +8,2 @@ public class A {\n     int a;\n+    int b;\n"
    (file,) = changed_files(diff)
    assert file.text.split("\n")[6:9] == ["public class A {", "    int a;", "    int b;"]


def test_a_list_of_changes_in_prose_is_no_diff() -> None:
    assert is_diff(TWO)
    assert not is_diff("--- notes ---\n+++ more\n@@ reviewers\n")


def test_counts_that_are_wrong_lose_nothing() -> None:
    for counts in ("-1,90 +1,99", "-1,1 +1,1"):
        one = f"--- a/one.py\n+++ b/one.py\n@@ {counts} @@\n a = 1\n-b = 2\n+b = 3\n+c = 4\n"
        diff = f"{one}--- a/two.py\n+++ b/two.py\n@@ {counts} @@\n+d = 5\n"
        files = {one.name: (one.text, one.added) for one in changed_files(diff)}
        assert files == {"one.py": ("a = 1\nb = 3\nc = 4\n", (2, 3)), "two.py": ("d = 5\n", (1,))}


def test_a_patch_in_a_question_with_and_without_a_fence() -> None:
    for fence in ("```diff\n{}```\nThanks!", "{}\nThanks!"):
        case = intake.read("Can you review this PR?\n\n" + fence.format(TWO))
        assert [(one.name, one.added) for one in case.artifacts] == [("one.py", (4, 5)), ("new.sql", (1,))]


def test_a_hunk_far_away_costs_nothing() -> None:
    for far in ("900000000", "9999999", "9" * 5_000):
        head = "--- a/one.py\n+++ b/one.py\n"
        diff = f"{head}@@ -1 +1 @@\n+a = 1\n" + f"{head}@@ -1 +{far} @@\n+b = 2\n" * 50
        assert {one.text for one in changed_files(diff)} == {"a = 1\n"}
