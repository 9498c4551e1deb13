"""The compiled library on disk: used when whole and current, ignored otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend_advisor.knowledge import library, load, ship, store

from .conftest import EN, ENGLISH, Package


def reload(root: Path) -> str:
    load.cache_clear()
    return load(root).playbook("DB901").pages["en"].title


def refuse(root: Path) -> library.Library:
    raise AssertionError("the sources were read again")


def test_second_load_reads_no_source(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    root = package()
    first = load(root)
    monkeypatch.setattr(library, "read_library", refuse)
    load.cache_clear()
    second = load(root)
    assert second is not first
    assert dict(second.playbooks) == dict(first.playbooks)
    assert (second.sources, second.glossary) == (first.sources, first.glossary)
    assert second.search("deadlock", "en") == first.search("deadlock", "en")


def test_a_shipped_library_is_used_while_no_page_has_changed(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    root = package()
    assert ship(root).is_file()
    os.utime(root / EN, (1, 1))  # installing changes times
    with monkeypatch.context() as patched:
        patched.setattr(library, "read_library", refuse)
        assert reload(root).startswith("A query")
    assert not store.cache_file(root).exists()
    package({EN: ENGLISH.replace("title: A query", "title: One query")})
    assert reload(root).startswith("One query")


def test_process_keeps_what_it_loaded(package: Package) -> None:
    root = package()
    assert load(root) is load(root)


def test_changed_file_is_read_again(package: Package) -> None:
    root = package()
    load(root)
    package({EN: ENGLISH.replace("title: A query", "title: A transaction")})
    assert reload(root) == "A transaction locks two rows in the opposite order"


def test_touched_file_of_the_same_size_is_read_again(package: Package) -> None:
    root = package()
    load(root)
    changed = package({EN: ENGLISH.replace("title: A query", "title: A QUERY")}) / EN
    os.utime(changed, (1, 1))
    assert reload(root).startswith("A QUERY")


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xc1" * 100, b"{}", b"\x80"], ids=str)
def test_damaged_cache_is_ignored(package: Package, damage: bytes) -> None:
    root = package()
    load(root)
    store.cache_file(root).write_bytes(damage)
    assert reload(root)
    assert len(store.cache_file(root).read_bytes()) > 1000


def test_cut_cache_is_ignored(package: Package) -> None:
    root = package()
    load(root)
    path = store.cache_file(root)
    path.write_bytes(path.read_bytes()[:-7])
    assert reload(root)


def test_cache_folder_that_cannot_be_made(package: Package, own_cache: Path) -> None:
    own_cache.write_text("a file where the folder should be")
    assert load(package()).playbooks


def test_no_half_file_stays(package: Package) -> None:
    root = package()
    load(root)
    path = store.cache_file(root)
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"terms-{path.name}"}


@pytest.mark.parametrize("damage", [b"", b"\xc1" * 100, b"\x80"], ids=str)
def test_what_was_kept_of_the_pages_changes_nothing(package: Package, damage: bytes) -> None:
    root = package()
    first = load(root).search("deadlock", "en")
    path = store.cache_file(root)
    for content in (None, damage):
        if content is not None:
            path.with_name(f"terms-{path.name}").write_bytes(content)
        path.unlink()
        load.cache_clear()
        assert load(root).search("deadlock", "en") == first


def test_a_user_without_a_home_is_answered_without_a_cache(tmp_path: Path) -> None:
    program = (
        "import os, pwd\n"
        "def unknown(*_): raise KeyError\n"
        "pwd.getpwuid = unknown\n"
        "from backend_advisor import knowledge\n"
        "from backend_advisor.cli import main\n"
        "assert knowledge.load().playbooks\n"
        "main()"
    )
    environment = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", program, "search", "pool"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store.write_bytes(store.folder() / "knowledge", b"content")
    assert store.read(store.folder() / "knowledge", "") is None
