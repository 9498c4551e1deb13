"""One server for all tests of a process, and a database for each test that asks for one."""

from collections.abc import Iterator

import pytest

from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.limits import Limits
from backend_advisor.lab.postgres.server import Server, running


@pytest.fixture(scope="session")
def short_server() -> Iterator[Server]:
    """A server whose statements have one second."""
    with running(limits=Limits(statement_seconds=1.0)) as started:
        yield started


@pytest.fixture
def database(short_server: Server) -> Iterator[Database]:
    """An empty database of that server."""
    made = short_server.create_database()
    yield made
    made.close()
    short_server.drop_database(made.name)
