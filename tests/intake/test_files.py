"""Files and folders: kinds, encodings, what is left out and what could not be read."""

import os
from pathlib import Path

import pytest

from backend_advisor import intake
from backend_advisor.model import ArtifactKind


def names(paths: list[Path], root: Path) -> list[str]:
    artifacts, _ = intake.read_paths(paths)
    return [Path(artifact.name).relative_to(root).as_posix() for artifact in artifacts]


def test_nested_ignore_rules_and_known_folders(tmp_path: Path) -> None:
    for path in ("a.sql", "b.log", "sub/keep.log", "sub/x.tmp", "node_modules/m.js", ".git/config", "out/y.sql"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("SELECT 1;")
    (tmp_path / ".gitignore").write_text("*.log\n/out/\n")
    (tmp_path / "sub/.gitignore").write_text("!keep.log\n*.tmp\n")
    assert names([tmp_path], tmp_path) == [".gitignore", "a.sql", "sub/.gitignore", "sub/keep.log"]


def test_a_western_encoding_is_assumed_and_told(tmp_path: Path) -> None:
    (tmp_path / "q.py").write_bytes(b"# caf\xe9 au lait, d\xe9j\xe0 vu\nx = 1\ny = 2\nz = 3\n")
    artifacts, unread = intake.read_paths([tmp_path])
    assert not unread and artifacts[0].assumed == "cp1252"
    assert artifacts[0].text.startswith("# café au lait, déjà vu\n")


@pytest.mark.parametrize(
    ("name", "head", "encoding"),
    [
        ("q.py", "# -*- coding: latin-1 -*-\n", "latin-1"),
        ("q.py", "#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\n", "koi8-r"),
        ("q.xml", '<?xml version="1.0" encoding="ISO-8859-1"?>\n', "latin-1"),
    ],
)
def test_a_declared_encoding_is_read(tmp_path: Path, name: str, head: str, encoding: str) -> None:
    letters = "Привет" if encoding == "koi8-r" else "Àé über"
    (tmp_path / name).write_bytes((head + letters).encode(encoding))
    artifacts, unread = intake.read_paths([tmp_path])
    assert not unread and not artifacts[0].assumed
    assert artifacts[0].text == head + letters


@pytest.mark.parametrize("declared", [b"unicode_escape", b"utf-7", b"rot13", b"no-such"])
def test_a_declaration_chooses_among_encodings_of_text_alone(tmp_path: Path, declared: bytes) -> None:
    (tmp_path / "q.py").write_bytes(b"# coding: " + declared + b"\nname = 'caf\xe9 '\n" + b"x = 1\n" * 9)
    artifacts, _ = intake.read_paths([tmp_path])
    assert artifacts[0].assumed == "cp1252"


def test_text_of_another_script_in_an_unknown_encoding_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "q.py").write_bytes("x = 'Съешь ещё этих мягких французских булок'\n".encode("koi8-r"))
    artifacts, unread = intake.read_paths([tmp_path])
    assert len(artifacts) + len(unread) == 1 and not any(one.assumed for one in artifacts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "q.sql"
    file.write_bytes("SELECT 이름 FROM 회원;\n".encode(encoding))
    ((artifact,), unread) = intake.read_paths([file])
    assert artifact.text == "SELECT 이름 FROM 회원;\n"
    assert artifact.kind is ArtifactKind.SQL
    assert unread == ()


def test_unreadable_files_have_reasons_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "nul.sql").write_bytes(b"SELECT\x00 1")
    with (tmp_path / "big.sql").open("wb") as big:
        big.truncate(100 * 1024 * 1024)
    (tmp_path / "out.sql").symlink_to("/etc/hostname")
    (tmp_path / "loop").symlink_to(tmp_path)
    artifacts, unread = intake.read_paths([tmp_path, tmp_path / "gone.sql"])
    assert artifacts == ()
    assert sorted(Path(u.name).name for u in unread) == ["big.sql", "gone.sql", "nul.sql", "out.sql"]
    assert "100 MB" in next(u.reason for u in unread if u.name.endswith("big.sql"))
    case = intake.read("왜 느린가요?", [tmp_path / "nul.sql"])
    assert case.unread[0].reason == "바이너리 파일입니다"


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    artifacts, unread = intake.read_paths([tmp_path])
    assert artifacts == () and len(unread) == 1


def test_folders_nested_beyond_the_interpreter_s_depth_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    nested = [Path("/".join("a" * depth)) for depth in range(1, 1501)]
    for folder in nested:
        folder.mkdir()
    query = nested[-1] / "q.sql"
    query.write_text("SELECT 1;")
    try:
        artifacts, unread = intake.read_paths([Path("a")])
        assert [one.name for one in artifacts] == [query.as_posix()]
        assert unread == ()
    finally:
        # What removes temporary folders recurses, too.
        query.unlink()
        for folder in reversed(nested):
            folder.rmdir()


def test_progress_is_told_while_many_files_are_read(tmp_path: Path) -> None:
    for number in range(1001):
        (tmp_path / f"{number}.txt").write_text("x")
    told: list[str] = []
    intake.read_paths([tmp_path], progress=told.append)
    assert told == ["read 500 files", "read 1,000 files"]
