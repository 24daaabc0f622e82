"""`hub graph` brings a home's current snapshot to a real server, and says where nothing can be brought."""

import pytest

from hub.graph.neo4j import connected
from stores.home import Home
from tests.hub.typed import Hub
from tests.neo4j.town import opened, settings_of
from tools.neo4j.server import Server


@pytest.fixture
def empty_server(running_neo4j: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server without a graph, named by the environment."""
    with connected(settings_of(running_neo4j)) as connection:
        connection.execute("MATCH (n) DETACH DELETE n")
    monkeypatch.setenv("HUB_NEO4J_URI", running_neo4j.uri)
    monkeypatch.setenv("HUB_NEO4J_PASSWORD_FILE", str(running_neo4j.password_file))
    return running_neo4j


def test_current_snapshot_is_served_after_a_load_and_a_change_to_it_is_noticed(
    hub: Hub, finished: Home, empty_server: Server
) -> None:
    told = hub("--home", str(finished.root), "graph", "load", "--how", "batches")
    assert told.code == 0, told.err
    store = opened(empty_server)
    assert f"{empty_server.uri} serves snapshot {store.origin.snapshot_id}" in told.out
    store.close()
    verified = hub("--home", str(finished.root), "graph", "verify")
    assert (verified.code, "to the last property" in verified.out) == (0, True), verified.err
    with connected(settings_of(empty_server)) as connection:
        connection.execute("MATCH (h:House) WITH h LIMIT 1 SET h.rooms = 99")
    verified = hub("--home", str(finished.root), "graph", "verify")
    assert verified.code == 4
    assert "House has other contents. Nobody is answered from it now" in verified.err


def test_home_without_a_server_says_how_to_name_one(hub: Hub, finished: Home) -> None:
    told = hub("--home", str(finished.root), "graph", "load")
    assert told.code == 2
    assert "names no graph server: write uri and password_file under [neo4j]" in told.err
