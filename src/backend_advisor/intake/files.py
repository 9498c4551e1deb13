"""Reading files and folders: what to leave out, what could not be read and why."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend_advisor.intake.classify import DIALECT_HINTS, kind_of
from backend_advisor.intake.decoding import NotTextError, decoded, read_text
from backend_advisor.intake.dialects import dialect_in
from backend_advisor.model import Artifact, ArtifactKind, Language, Unread
from backend_advisor.paths import suffix_of
from backend_advisor.phrases import phrase

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 50_000
_TOLD_EVERY = 500
_PACKAGE = "backend_advisor.intake"
_SKIPPED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".idea",
        ".gradle",
        ".terraform",
        ".next",
        ".cache",
        "bower_components",
        "site-packages",
        ".eggs",
        ".yarn",
        ".pnp.cjs",
        ".pnp.js",
        ".pnp.loader.mjs",
        ".DS_Store",
    ]
)
_SQL = (ArtifactKind.SQL, ArtifactKind.DDL)
_LOGS = frozenset({".log", ".txt", ".out", ".err"})
_LARGEST_LOG = 500 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one `.gitignore`, for paths beneath its folder."""

    folder: str
    spec: "GitIgnoreSpec"

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """True to leave out, False to keep, None when no pattern speaks of the path."""
        relative = path[len(self.folder) :].strip(os.sep).replace(os.sep, "/")
        return self.spec.check_file(relative + "/" if folder else relative).include


_NO_TEXT = frozenset(
    ".png .jpg .jpeg .gif .webp .avif .bmp .ico .icns .tif .tiff .psd .woff .woff2 .ttf .otf .eot .mp3 .mp4 .wav .ogg "
    ".webm .mov .avi .pdf .zip .gz .tgz .bz2 .xz .zst .7z .rar .jar .war .class .pyc .so .dll .dylib .exe .o .a .wasm "
    ".db .sqlite .sqlite3 .keystore .jks .p12 .pack .idx .svg .css .scss .sass .less .map .po .pot .mo .lock".split()
)
"""Files that a folder holds beside its sources and that nobody expects to be reviewed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What files became."""

    artifacts: tuple[Artifact, ...] = ()
    unread: tuple[Unread, ...] = ()


class Reader:
    """Reads files into artifacts, and keeps a reason in the asker's language for each it could not read."""

    def __init__(
        self,
        language: Language = "en",
        max_bytes: int = MAX_BYTES,
        exclude: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._excluded = _patterns(exclude)
        self._language, self._max_bytes, self._progress = language, max_bytes, progress
        self._artifacts: list[Artifact] = []
        self._unread: list[Unread] = []
        self._seen = 0

    def read(self, paths: Sequence[Path]) -> Reading:
        """Everything under the paths, in order; folders are walked."""
        for path in paths:
            if _is_folder(path):
                self._read_folder(path)
            elif not self._is_excluded(str(path), folder=False):
                self._read_file(str(path), path.as_posix(), named=True)
        return Reading(tuple(self._artifacts), tuple(self._unread))

    def _read_folder(self, folder: Path) -> None:
        above = _above(folder)
        for entry in self._walk(str(folder), os.path.realpath(folder)):
            if self._seen >= MAX_FILES:
                self._refuse(folder.as_posix(), "too_many", limit=MAX_FILES)
                return
            self._seen += 1
            if self._seen % _TOLD_EVERY == 0:
                self._progress(phrase(_PACKAGE, self._language, "reading", count=f"{self._seen:,}"))
            self._read_file(entry, _posix(entry), above)

    def _walk(self, folder: str, root: str) -> Iterator[str]:
        """Files beneath a folder by name. Folders behind links are not entered, so that loops cannot form."""
        open_folders = [self._listing(folder, root, _outer_rules(root))]
        while open_folders:
            real, rules, entries = open_folders[-1]
            entry = next(entries, None)
            if entry is None:
                open_folders.pop()
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            here = f"{real}{os.sep}{entry.name}"
            if entry.name in _SKIPPED or _ignored(here, rules, folder=is_folder):
                continue
            if self._is_excluded(entry.path, folder=is_folder, root=folder):
                continue
            if not is_folder and suffix_of(entry.name).lower() in _NO_TEXT:
                continue
            if entry.is_symlink() and not _stays_within(entry.path, root):
                self._refuse(Path(entry.path).as_posix(), "outside")
            elif is_folder:
                open_folders.append(self._listing(entry.path, here, rules))
            elif not (entry.is_symlink() and _is_folder(entry.path)):
                yield entry.path

    def _listing(
        self, folder: str, real: str, rules: tuple[_Rules, ...]
    ) -> tuple[str, tuple[_Rules, ...], Iterator[os.DirEntry[str]]]:
        """A folder's own path, the ignore rules that hold in it, and its entries."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda item: item.name)
        except OSError as error:
            self._refuse(Path(folder).as_posix(), _reason(error))
            return real, rules, iter(())
        return real, (*rules, *_rules_in(real)), iter(entries)

    def _is_excluded(self, path: str, *, folder: bool, root: str = "") -> bool:
        """Whether a pattern leaves the path out, taken as given or from the folder that is read."""
        if self._excluded is None:
            return False
        names = {Path(path).as_posix()}
        if root:
            names.add(Path(os.path.relpath(path, root)).as_posix())
        return any(self._excluded.match_file(f"{name}/" if folder else name) for name in names)

    def _read_file(self, path: str, name: str, above: int = 0, *, named: bool = False) -> None:
        try:
            # Strings: a Path for each of 50,000 files costs as much as reading them.
            found = os.stat(path)  # noqa: PTH116
            if not stat.S_ISREG(found.st_mode):
                self._refuse(name, "not_a_file")
                return
            if found.st_size > self._max_bytes:
                if not (named and suffix_of(path).lower() in _LOGS and self._read_end(path, name)):
                    self._refuse(name, "too_large", size=_megabytes(found.st_size), limit=_megabytes(self._max_bytes))
                return
            with open(path, "rb") as file:  # noqa: PTH123
                data = file.read(self._max_bytes + 1)
            text = read_text(data)
        except NotTextError as error:
            self._refuse(name, error.key)
        except (OSError, ValueError) as error:
            self._refuse(name, _reason(error))
        else:
            artifact = file_artifact(text.text, name, above)
            self._artifacts.append(replace(artifact, assumed=text.encoding) if text.assumed else artifact)

    def _read_end(self, path: str, name: str) -> bool:
        """Read the end of a log that is too large: what it tells last is what it was given for."""
        with open(path, "rb") as file:  # noqa: PTH123
            size = file.seek(0, os.SEEK_END)
            if size > _LARGEST_LOG:
                return False
            start = size - self._max_bytes
            file.seek(0)
            lines = sum(file.read(min(_CHUNK, start - at)).count(b"\n") for at in range(0, start, _CHUNK))
            cut = file.readline()
            data = file.read(self._max_bytes)
        if b"\x00" in cut + data[:_CHUNK]:
            return False
        artifact = file_artifact(decoded(data), name)
        self._artifacts.append(replace(artifact, first_line=lines + 2))
        self._refuse(name, "only_end", limit=_megabytes(len(data)), line=f"{lines + 2:,}")
        return True

    def _refuse(self, name: str, key: str, **values: object) -> None:
        reason = phrase(_PACKAGE, self._language, key, **values)
        self._unread.append(Unread(name=_printable(name), reason=reason))


def _above(folder: Path) -> int:
    """How much of the names in a folder that is given by its whole path lies above its tree: the repository that it is
    in, or the folder itself. A path from here is taken as it is given."""
    if not folder.is_absolute():
        return 0
    top = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)
    return len(top.as_posix().rstrip("/")) + 1


def _is_folder(path: str | Path) -> bool:
    """Whether a path leads to a folder; one that the system cannot follow does not."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _patterns(lines: Sequence[str]) -> "GitIgnoreSpec | None":
    if not lines:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


_SHORT = 4
"""A hint no longer than this counts only as a whole word."""
_FOLDERS_TOLD = 3
"""How many folders above a file may name its dialect, as in `queries/mysql/users.sql`."""


def _hinted(word: str) -> str | None:
    """The dialect that a part of a path names, also within a word (`dbsqlite`); None when it names several."""
    named = {
        dialect for hint, dialect in DIALECT_HINTS.items() if hint == word or (len(hint) > _SHORT and hint in word)
    }
    return named.pop() if len(named) == 1 else None


def file_artifact(text: str, name: str, above: int = 0) -> Artifact:
    """The artifact that a file's text makes."""
    kind = kind_of(text, None, name)
    dialect = (_dialect_named(name) or dialect_in(text)) if kind in _SQL else None
    return Artifact(name=_printable(name), kind=kind, text=text, origin="file", dialect=dialect, above=above)


def _dialect_named(name: str) -> str | None:
    """The dialect that a file's name says, or a folder above it."""
    path = Path(name.lower())
    words = [*path.name.split("."), *reversed(path.parent.parts[-_FOLDERS_TOLD:])]
    return next(filter(None, map(_hinted, words)), None)


def _posix(path: str) -> str:
    """A path with slashes; what lies in the folder `.` is named as it is from there."""
    return path.replace(os.sep, "/").removeprefix("./")


def _printable(name: str) -> str:
    """A name that can be printed and serialised, whatever bytes the file system holds."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0")


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "permission"
    return "missing" if isinstance(error, FileNotFoundError) else "failed"


def _stays_within(path: str, root: str) -> bool:
    target = os.path.realpath(path)
    return target == root or target.startswith(root.rstrip(os.sep) + os.sep)


def _outer_rules(root: str) -> tuple[_Rules, ...]:
    """The ignore rules of the folders above, up to the top of the repository that the folder is in."""
    above: list[str] = []
    for folder in Path(root).parents:
        above.append(str(folder))
        if (folder / ".git").exists():
            break
    else:
        return ()
    if (Path(root) / ".git").exists():
        return ()
    return tuple(rules for folder in reversed(above) for rules in _rules_in(folder))


def _rules_in(folder: str) -> tuple[_Rules, ...]:
    file = Path(folder) / ".gitignore"
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return ()
        lines = decoded(file.read_bytes()).splitlines()
    except (OSError, NotTextError):
        return ()
    from pathspec import GitIgnoreSpec

    try:
        return (_Rules(folder, GitIgnoreSpec.from_lines(lines)),)
    except ValueError:
        return ()


def _ignored(path: str, rules: Sequence[_Rules], *, folder: bool) -> bool:
    """The nearest `.gitignore` that speaks of a path decides."""
    for rule in reversed(rules):
        verdict = rule.verdict(path, folder=folder)
        if verdict is not None:
            return verdict
    return False
