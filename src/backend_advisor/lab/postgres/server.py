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
from backend_advisor.lab.postgres.binaries import Binaries, find_binaries
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.folders import end_server, make_folder, mark, sweep
from backend_advisor.lab.postgres.limits import Limits, cap_memory
from backend_advisor.lab.postgres.wire import Wire, connect

START_SECONDS = 30.0
PORT = 5432

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
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

    def __init__(self, folder: Path, version: str, limits: Limits) -> None:
        self.folder = folder
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
        return connect(self.folder / "run" / f".s.PGSQL.{PORT}", user, database)

    def _prepare_role(self) -> None:
        self._admin.run("CREATE ROLE guest LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 8")
        for setting, value in self.limits.role_settings().items():
            self._admin.run(f"ALTER ROLE guest SET {setting} = '{value}'")
        self._admin.run("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")


@contextmanager
def running(settings: Mapping[str, str] | None = None, limits: Limits | None = None) -> Iterator[Server]:
    """Start a server and stop it at the end; raises ServerUnavailable when it does not start."""
    binaries, bounds = find_binaries(), limits or Limits()
    sweep()
    folder = make_folder(binaries.user)
    process = _keep(folder, binaries, {**SETTINGS, **bounds.server_settings(), **(settings or {})})
    server = None
    watch = threading.Event()
    try:
        mark(folder, process.pid)
        server = _wait(folder, process, binaries, bounds)
        cap_memory(server.data_directory, bounds)
        threading.Thread(target=_watch_disk, args=(folder, bounds, process, watch), daemon=True).start()
        yield server
    finally:
        watch.set()
        if server is not None:
            server.close()
        if process.stdin is not None:
            process.stdin.close()
        _reap(process, folder)


def _keep(folder: Path, binaries: Binaries, settings: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    data, options = str(folder / "data"), [f"{name}={value}" for name, value in settings.items()]
    user, group = _identity(binaries.user)
    initdb = [str(binaries.folder / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    postgres = [str(binaries.folder / "postgres"), "-D", data, "-p", str(PORT), "-k", str(folder / "run")]
    order = {
        "folder": str(folder),
        "initdb": [*initdb, "--no-sync", "--locale=C.UTF-8", "--no-instructions"],
        "postgres": [*postgres, *(word for option in options for word in ("-c", option))],
        "user": user,
        "group": group,
    }
    program = keeper_program.__file__
    return subprocess.Popen(
        [sys.executable, "-I", "-S", program, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


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


def _wait(folder: Path, process: "subprocess.Popen[bytes]", binaries: Binaries, limits: Limits) -> Server:
    word = process.stdout.readline().decode("utf-8", "replace").strip() if process.stdout is not None else ""
    if word != "started":
        raise ServerUnavailable(word or "the server's keeper ended")
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return Server(folder, binaries.version, limits)
        except LabError as error:
            if time.monotonic() > end or process.poll() is not None:
                raise ServerUnavailable(str(error)) from error
            time.sleep(0.02)


def _watch_disk(folder: Path, limits: Limits, process: "subprocess.Popen[bytes]", done: threading.Event) -> None:
    """End the server when its folder outgrows its limit or the disk runs full."""
    while not done.wait(limits.disk_check_seconds):
        used = _used(folder)
        free = shutil.disk_usage(folder).free
        if used > limits.disk_bytes or free < limits.free_disk_bytes:
            process.terminate()
            return


def _used(folder: Path) -> int:
    """Bytes on disk below a folder whose files come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).lstat().st_blocks * 512
    return total
