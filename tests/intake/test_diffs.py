"""A diff as the files that it makes."""

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
