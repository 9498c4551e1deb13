"""What `git diff` printed of three programs is read as if the files were whole."""

from pathlib import Path

from backend_advisor.advise import review
from backend_advisor.experts import Terms
from backend_advisor.intake.diffs import changed_files

PATCHES = Path(__file__).parent / "patches"
TERMS = Terms(prove=False)


def injections(path: Path) -> set[str]:
    return {one.location.artifact for one in review([path], terms=TERMS).findings if one.code == "SEC201"}


def test_data_of_a_request_reaches_the_hunk_of_another_file() -> None:
    assert injections(PATCHES / "searches.diff") == {
        "app/service.py",
        "src/main/java/shop/OrderService.java",
        "w/w.service.ts",
    }


def test_bound_values_are_no_findings() -> None:
    assert not [one for one in review([PATCHES / "bound.diff"], terms=TERMS).findings if one.code.startswith("SEC2")]


def test_line_ends_of_windows_and_what_is_no_text_change_nothing(tmp_path: Path) -> None:
    text = (PATCHES / "searches.diff").read_text()
    strange = (
        "diff --git a/logo.png b/logo.png\nindex 1..2 100644\nBinary files a/logo.png and b/logo.png differ\n"
        "diff --git a/old.py b/new.py\nsimilarity index 100%\nrename from old.py\nrename to new.py\n"
    )
    file = tmp_path / "windows.patch"
    file.write_bytes((strange + text + "\\ No newline at end of file").replace("\n", "\r\n").encode())
    assert injections(file) == injections(PATCHES / "searches.diff")


def test_what_git_names_beside_a_hunk_stands_above_it_once() -> None:
    diff = (
        "--- a/a.py\n+++ b/a.py\n@@ -9,1 +9,2 @@ class A(B):\n     x = 1\n+    y = 2\n"
        "@@ -20,1 +21,2 @@ class A(B):\n     z = 1\n+    w = 2\n"
        "@@ -40,1 +42,2 @@ class C(B):\n x = 1\n+y = 2\n"
    )
    (file,) = changed_files(diff)
    assert file.text.count("class A(B):") == 1
    assert "class C" not in file.text
