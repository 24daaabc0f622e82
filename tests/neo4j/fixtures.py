"""A real Neo4j server for the tests: started once, in a home of its own that goes when they end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.neo4j.artifacts import INSTALL, LONG_TERM
from tools.neo4j.server import Server, java_for, make, start, wipe


@pytest.fixture(scope="session")
def neo4j_tools() -> None:
    """Java and Maven are there; without them the tests are left out, except where CI has installed them."""
    if java_for(LONG_TERM) is None or not (shutil.which("mvn") or LONG_TERM.library.is_dir()):
        told = f"Neo4j needs Java {LONG_TERM.least_java} and Maven: {INSTALL}"
        pytest.fail(told, pytrace=False) if os.environ.get("CI") else pytest.skip(told)


@pytest.fixture(scope="session")
def running_neo4j(neo4j_tools: None) -> Iterator[Server]:
    """The server of the session; whoever writes to it clears it first.

    `HUB_TEST_NEO4J` names the home of one that runs already and whose graph may go, such as that of `make neo4j`.
    """
    if there := os.environ.get("HUB_TEST_NEO4J"):
        yield Server(Path(there))
        return
    folder = Path(tempfile.mkdtemp(prefix="hub-neo4j-"))
    server = make(folder / "served")
    try:
        start(server)
        yield server
    finally:
        wipe(server)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def own_neo4j(neo4j_tools: None) -> Iterator[Server]:
    """A second server, which a test may stop or kill; it is started again by whoever needs it next."""
    folder = Path(tempfile.mkdtemp(prefix="hub-neo4j-"))
    server = make(folder / "spare")
    try:
        yield server
    finally:
        wipe(server)
        shutil.rmtree(folder)
