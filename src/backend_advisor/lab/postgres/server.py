"""A PostgreSQL server of our own: started on demand in a private folder, gone afterwards whatever happens."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from backend_advisor.lab.errors import LabError, ServerUnavailable
from backend_advisor.lab.postgres import keeper as keeper_program
from backend_advisor.lab.postgres.address import Address, choose_address
from backend_advisor.lab.postgres.binaries import Binaries, find_binaries
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.folders import end_server, make_folder, mark, sweep
from backend_advisor.lab.postgres.limits import Limits, cap_memory
from backend_advisor.lab.postgres.wire import Wire, connect

START_SECONDS = 30.0

LOCALES: Mapping[str, str] = {"win32": "en-US", "darwin": "en_US.UTF-8"}
"""Where the C.UTF-8 of Linux may be missing. None of them sorts by bytes, so that a prefix search needs the same
operator class as on most servers."""

SETTINGS: Mapping[str, str] = {
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "256MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "max_connections": "20",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_min_messages": "fatal",
    "track_io_timing": "off",
}
"""Durability is off because everything is thrown away. Planner settings are the defaults but for random_page_cost,
which is set for solid-state disks, and parallel plans, which are off so that times on few cores do not mislead."""


class Server:
    """A running server. Databases in it are made and dropped at will."""

    def __init__(self, folder: Path, address: Address, version: str, limits: Limits) -> None:
        self.folder = folder
        self._address = address
        self.version = version
        self.limits = limits
        self.data_directory = folder / "data"
        self._admin = self._connect("postgres", "postgres")
        self._prepare_role()

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that decide measured times, for the report."""
        return SETTINGS

    def create_database(self, name: str | None = None, template: str | None = None) -> Database:
        """A new database, empty or as a copy of another one of this server."""
        chosen = name or f"lab_{secrets.token_hex(4)}"
        source = f' TEMPLATE "{template}"' if template else ""
        self._admin.run(f'CREATE DATABASE "{chosen}"{source}')
        database = Database(chosen, self._connect, self.limits, self.data_directory)
        if template is None:
            database.prepare()
        return database

    def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it."""
        self._admin.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Close our own connection."""
        self._admin.close()

    def _connect(self, user: str, database: str) -> Wire:
        return connect(self._address, user, database)

    def _prepare_role(self) -> None:
        self._admin.run("CREATE ROLE guest LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 8")
        if self._address.password is not None:
            self._admin.run(f"ALTER ROLE guest PASSWORD '{self._address.password}'")
        for setting, value in self.limits.role_settings().items():
            self._admin.run(f"ALTER ROLE guest SET {setting} = '{value}'")
        self._admin.run("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")


@contextmanager
def running(settings: Mapping[str, str] | None = None, limits: Limits | None = None) -> Iterator[Server]:
    """Start a server and stop it at the end; raises ServerUnavailable when it does not start."""
    bounds = limits or Limits()
    try:
        binaries = find_binaries()
        sweep()
        folder = make_folder(binaries.user)
    except OSError as error:
        raise ServerUnavailable(str(error)) from error
    address = choose_address(folder / "run")
    try:
        process = _keep(
            folder,
            binaries,
            address,
            bounds,
            {**SETTINGS, **address.settings(), **bounds.server_settings(), **(settings or {})},
        )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ServerUnavailable(str(error)) from error
    server = None
    watch = threading.Event()
    try:
        mark(folder, process.pid)
        server = _wait(folder, address, process, binaries, bounds)
        cap_memory(server.data_directory, bounds)
        threading.Thread(target=_watch_disk, args=(folder, bounds, process, watch), daemon=True).start()
        yield server
    finally:
        watch.set()
        if server is not None:
            server.close()
        _let_go(process)
        _reap(process, folder)


def _keep(
    folder: Path, binaries: Binaries, address: Address, limits: Limits, settings: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    data, options = str(folder / "data"), [f"{name}={value}" for name, value in settings.items()]
    user, group = _identity(binaries.user)
    locale = LOCALES.get(sys.platform, "C.UTF-8")
    secret = _secret_file(folder, address, binaries.user)
    login = ["-A", "trust"] if secret is None else ["-A", "scram-sha-256", f"--pwfile={secret}"]
    order = {
        "folder": str(folder),
        "initdb": [
            *(str(binaries.program("initdb")), "-D", data, "-U", "postgres", *login, "-E", "UTF8"),
            *("--no-sync", f"--locale={locale}", "--no-instructions"),
        ],
        "postgres": [
            *(str(binaries.program("postgres")), "-D", data, "-p", str(address.port)),
            *(word for option in options for word in ("-c", option)),
        ],
        "pg_ctl": str(binaries.program("pg_ctl")),
        "secret": str(secret) if secret is not None else None,
        "locale": locale,
        "memory": limits.memory_bytes,
        "user": user,
        "group": group,
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", keeper_program.__file__, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # What a new session is elsewhere: Ctrl-C at the terminal must not reach the keeper before it has cleaned up.
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _secret_file(folder: Path, address: Address, user: str | None) -> Path | None:
    """The password where initdb can read it; a command line would show it to everybody. The keeper removes it."""
    if address.password is None:
        return None
    file = folder / "run" / "secret"
    file.touch(mode=0o600)
    file.write_text(address.password)
    if user is not None:
        shutil.chown(file, user)
    return file


def _let_go(process: "subprocess.Popen[bytes]") -> None:
    """Tell the keeper that nobody needs the server any more."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _reap(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Wait for the keeper to clean up; where it was killed or hangs, do its work."""
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    if folder.exists():
        end_server(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _identity(user: str | None) -> tuple[int | None, int | None]:
    if user is None:
        return None, None
    import pwd

    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _wait(
    folder: Path, address: Address, process: "subprocess.Popen[bytes]", binaries: Binaries, limits: Limits
) -> Server:
    word = process.stdout.readline().decode("utf-8", "replace").strip() if process.stdout is not None else ""
    if word != "started":
        raise ServerUnavailable(word or "the server's keeper ended")
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return Server(folder, address, binaries.version, limits)
        except LabError as error:
            if process.poll() is not None:
                said = process.stdout.read().decode("utf-8", "replace").strip() if process.stdout is not None else ""
                raise ServerUnavailable(said or str(error)) from error
            if time.monotonic() > end:
                raise ServerUnavailable(str(error)) from error
            time.sleep(0.02)


def _watch_disk(folder: Path, limits: Limits, process: "subprocess.Popen[bytes]", done: threading.Event) -> None:
    """End the server when its folder outgrows its limit or the disk runs full."""
    while not done.wait(limits.disk_check_seconds):
        used = _used(folder)
        free = shutil.disk_usage(folder).free
        if used > limits.disk_bytes or free < limits.free_disk_bytes:
            _let_go(process)
            return


def _used(folder: Path) -> int:
    """Bytes on disk below a folder whose files come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = (Path(parent) / name).lstat()
                # Windows counts no blocks.
                total += getattr(found, "st_blocks", -(-found.st_size // 512)) * 512
    return total
