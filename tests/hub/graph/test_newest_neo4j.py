"""The newest server keeps the contract too and answers alike; tried where a Java that it runs on is found."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.graph.neo4j import connected
from hub.graph.neo4j_load import How, load
from hub.graph.neo4j_publish import Rooms, keep
from hub.graph.neo4j_servers import graph_servers
from hub.graph.neo4j_store import Neo4jStore
from hub.graph.neo4j_verify import verify
from hub.graph.port import GraphStore
from hub.questions import ask
from stores.progress import SilentProgress
from stores.warehouse import Warehouse
from tests.hub.graph.contract import QUESTIONS, GraphStoreContract
from tests.neo4j.states import CHANGES, LATER, publish, smalltown_state
from tests.neo4j.town import SMALLTOWN, opened, settings_of, with_tools
from tests.smalltown.town import AS_OF
from tools.neo4j.artifacts import NEWEST
from tools.neo4j.server import Server, java_for, make, start, wipe

if java_for(NEWEST) is None:
    pytest.skip(f"neo4j {NEWEST.version} needs Java {NEWEST.least_java} or newer", allow_module_level=True)


@pytest.fixture(scope="module")
def newest(neo4j_tools: None, smalltown: GraphStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the newest version, with smalltown imported."""
    folder = tmp_path_factory.mktemp("newest")
    server = make(folder / "server", release=NEWEST)
    try:
        start(server)
        with smalltown_state(SMALLTOWN) as tables:
            servers = graph_servers(folder, with_tools(server))
            load(servers, tables, How.IMPORT, folder=folder / "files", progress=SilentProgress())
        yield server
    finally:
        wipe(server)


@pytest.fixture(scope="module")
def opened_newest(newest: Server) -> Iterator[Neo4jStore]:
    with closing(opened(newest)) as store:
        yield store


class TestNewest(GraphStoreContract):
    @pytest.fixture
    def store(self, opened_newest: Neo4jStore) -> GraphStore:
        return opened_newest


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_answers_are_those_of_the_embedded_engine(
    name: str, opened_newest: Neo4jStore, smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    assert opened_newest.origin.engine_version == NEWEST.version
    given = {"as_of": AS_OF} if "as_of" in {each.name for each in QUESTIONS[name].given} else {}
    assert ask(opened_newest, QUESTIONS[name], given).rows == ask(smalltown, QUESTIONS[name], given).rows


def test_delta_is_published_and_verified(newest: Server, tmp_path: Path) -> None:
    with smalltown_state(SMALLTOWN) as tables:
        keep(tables, Rooms(tmp_path / "held", tmp_path / "files"))
    with smalltown_state(LATER, *CHANGES) as tables:
        assert (publish(settings_of(newest), tables, tmp_path).changes or 0) >= len(CHANGES)
        with connected(settings_of(newest)) as server:
            assert verify(server, tables) == []
