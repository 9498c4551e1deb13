"""The private folders that servers live in, and what is left of those whose keeper was killed."""

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

PREFIX = "advisor-lab-"
_KEEPER = "keeper.pid"
_ZOMBIE, _START_FIELD = "Z", 19


def make_folder(user: str | None) -> Path:
    """A new folder with `data` and `run` in it, which belong to the user that the server runs as."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        folder.chmod(0o711)
        for name in ("data", "run"):
            (folder / name).mkdir(mode=0o700)
            if user is not None:
                shutil.chown(folder / name, user)
    except (OSError, LookupError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def mark(folder: Path, keeper: int) -> None:
    """Note whose folder it is, so that a later run can tell whether it is still in use."""
    (folder / _KEEPER).write_text(f"{keeper} {_started(keeper)}")


def sweep() -> None:
    """Stop servers whose keeper is gone, and remove their folders. Only folders of our own user are touched."""
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if not folder.is_symlink() and folder.stat().st_uid == os.geteuid() and _abandoned(folder):
                end_server(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    note = folder / _KEEPER
    if not note.is_file():
        return False
    keeper, started = note.read_text().split(" ", maxsplit=1)
    return _started(int(keeper)) != started or started == ""


def _started(process: int) -> str:
    """When a process started, as the kernel counts; empty when it does not run (or the system cannot say)."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return fields[_START_FIELD] if fields[0] != _ZOMBIE else ""
    # On Windows signal 0 is Ctrl-C, not a question.
    if os.name == "posix" and not Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            os.kill(process, 0)
            return "running"
    return ""


def end_server(folder: Path) -> None:
    """Stop the server that runs in a folder, if one does."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        if Path(lines[1]) == folder / "data":
            os.kill(int(lines[0]), getattr(signal, "SIGQUIT", signal.SIGTERM))
