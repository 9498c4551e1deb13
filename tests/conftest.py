"""What tests of several rooms share: one real server for the whole run."""

from collections.abc import Iterator

import pytest

from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.server import Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that lives as long as the test run (of one worker)."""
    with running() as made:
        yield made


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database, dropped afterwards."""
    made = server.create_database()
    yield made
    made.close()
    server.drop_database(made.name)
