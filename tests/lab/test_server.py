"""The server comes up for whoever asks and is gone afterwards, however its user ends."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend_advisor.lab.errors import LabError, ServerUnavailable
from backend_advisor.lab.postgres import address, binaries
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.fill import fill
from backend_advisor.lab.postgres.folders import make_folder, sweep
from backend_advisor.lab.postgres.server import Server, running
from backend_advisor.lab.postgres.wire import connect
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.statement import statements

HOLD = """
import sys, time
from backend_advisor.lab.postgres.server import running
with running() as server:
    lines = (server.data_directory / "postmaster.pid").read_text().splitlines()
    print(server.folder, lines[0], flush=True)
    time.sleep(60)
"""


def start_holder() -> tuple["subprocess.Popen[str]", Path, int]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    folder, process = holder.stdout.readline().split()
    return holder, Path(folder), int(process)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone_within(folder: Path, process: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not folder.exists() and not is_running(process):
            return True
        time.sleep(0.05)
    return False


def test_it_is_the_version_it_says(server: Server) -> None:
    database = server.create_database()
    assert server.version in database.admin("SELECT version()")[0][0]
    database.close()


def test_nothing_is_left_when_it_ends() -> None:
    with running() as server:
        folder = server.folder
        process = int((server.data_directory / "postmaster.pid").read_text().splitlines()[0])
    assert gone_within(folder, process)


def test_nothing_is_left_after_an_exception() -> None:
    folders = []
    with pytest.raises(RuntimeError), running() as server:
        folders.append(server.folder)
        raise RuntimeError
    assert not folders[0].exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_its_user_is_killed(number: signal.Signals) -> None:
    holder, folder, process = start_holder()
    holder.send_signal(number)
    holder.wait(20)
    assert gone_within(folder, process)


def test_a_server_whose_keeper_was_killed_is_swept_up_by_the_next() -> None:
    holder, folder, process = start_holder()
    keeper = int((folder / "keeper.pid").read_text().split()[0])
    os.kill(keeper, signal.SIGKILL)
    holder.kill()
    holder.wait(20)
    time.sleep(0.1)
    sweep()
    assert gone_within(folder, process)


def test_the_folder_is_closed_to_others(server: Server) -> None:
    assert server.folder.stat().st_mode & 0o066 == 0
    assert server.data_directory.stat().st_mode & 0o077 == 0


def test_no_port_is_open(server: Server) -> None:
    database = server.create_database()
    assert database.admin("SHOW listen_addresses") == [("",)]
    database.close()


def test_a_folder_without_a_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(binaries.CHOICE, str(tmp_path))
    binaries.find_binaries.cache_clear()
    with pytest.raises(ServerUnavailable), running():
        pass
    binaries.find_binaries.cache_clear()


@pytest.fixture(scope="module")
def loopback() -> Iterator[Server]:
    """A server as it runs where Unix sockets are missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(address.CHOICE, "1")
        with running() as started:
            yield started


def test_without_unix_sockets_it_listens_on_loopback_only(loopback: Server) -> None:
    database = loopback.create_database()
    build(database, read_ddl(statements(Artifact(name="s.sql", kind=ArtifactKind.DDL, text="CREATE TABLE t (a int)"))))
    assert fill(database, {"t": 1000}).rows == {"t": 1000}
    with database.session() as session:
        assert session.query("SELECT count(*) FROM t").rows == [(1000,)]
    assert database.admin("SHOW listen_addresses") == [("127.0.0.1",)]
    assert database.admin("SHOW unix_socket_directories") == [("",)]
    assert database.admin("SELECT DISTINCT host(inet_server_addr())") == [("127.0.0.1",)]
    database.close()


@pytest.mark.parametrize("user", ["postgres", "guest"])
@pytest.mark.parametrize("password", ["", "guess"])
def test_nobody_gets_in_over_tcp_without_the_password(loopback: Server, user: str, password: str) -> None:
    port = int((loopback.data_directory / "postmaster.pid").read_text().splitlines()[3])
    with pytest.raises(LabError):
        connect(address.Address(port, password=password), user, "template1" if user == "guest" else "postgres")


def test_the_password_is_left_nowhere(loopback: Server) -> None:
    assert not (loopback.folder / "run" / "secret").exists()
    database = loopback.create_database()
    methods = {row[0] for row in database.admin("SELECT auth_method FROM pg_hba_file_rules")}
    assert methods == {"scram-sha-256"}
    database.close()


def test_a_folder_too_deep_for_a_socket_uses_tcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(address.CHOICE, raising=False)
    assert address.choose_address(tmp_path / ("x" * 100)).password is not None
    assert address.choose_address(Path("/tmp/x")).password is None


def test_without_a_place_for_temporary_files_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(ServerUnavailable, match="missing"), running():
        pass


def test_a_folder_that_cannot_be_given_away_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(LookupError):
        make_folder("nobody-of-this-name")
    assert list(tmp_path.iterdir()) == []


def test_several_servers_run_at_once() -> None:
    def count() -> int:
        with running() as server:
            database = server.create_database()
            rows = database.admin("SELECT count(*) FROM pg_database")
            database.close()
            return int(rows[0][0])

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _: count(), range(3))) == [4, 4, 4]


def test_a_server_that_ends_at_once_says_why() -> None:
    with pytest.raises(ServerUnavailable, match="shared_buffers"), running({"shared_buffers": "many"}):
        pass


def test_a_server_that_dies_takes_its_keeper_with_it() -> None:
    with running() as server:
        folder = server.folder
        process = int((server.data_directory / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process, signal.SIGQUIT)
        assert gone_within(folder, process)
