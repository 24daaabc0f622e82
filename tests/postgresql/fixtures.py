import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql.operational import OperationalServer, role_made
from tests.postgresql.server import READER, Server, start_server, stop_server


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    # Not under pytest's own folder: an account without privileges could not reach it.
    folder = Path(tempfile.mkdtemp(prefix="hub-postgresql-"))
    try:
        server = start_server(folder)
        yield server
        stop_server(server)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def operational_role(running_server: Server) -> Server:
    """The server with an account of a hub."""
    role_made(running_server)
    return running_server


@pytest.fixture
def operational_server(operational_role: Server, tmp_path: Path) -> Iterator[OperationalServer]:
    """An empty database for the operational database of a home."""
    server = OperationalServer.made(operational_role, tmp_path)
    yield server
    server.drop()


@pytest.fixture
def postgresql(running_server: Server) -> Server:
    """The server without any table and with nothing granted."""
    running_server.execute(
        f"DROP OWNED BY {READER}",
        "DROP SCHEMA IF EXISTS registry CASCADE",
        "CREATE SCHEMA registry",
        f"GRANT USAGE ON SCHEMA registry TO {READER}",
    )
    return running_server
