"""`hub graph` brings a home's current snapshot to a real server, and says where nothing can be brought."""

import json
import re
import sys
from pathlib import Path

import pytest

from hub.graph.neo4j import connected
from hub.graph.port import GraphOrigin
from hub.reading.reader import Reader
from hub.settings import read_settings
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from stores.home import Home, create_home
from stores.snapshots import SnapshotShelf
from tests.hub.district import first_day
from tests.hub.typed import Hub
from tests.neo4j.town import empty, opened, settings_of
from tools.neo4j.artifacts import LONG_TERM
from tools.neo4j.server import Server


@pytest.fixture
def empty_server(running_neo4j: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server without a graph, named by the environment."""
    empty(running_neo4j)
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
    again = hub("--home", str(finished.root), "graph", "publish")
    assert (again.code, "nothing new" in again.out) == (0, True), again.err
    verified = hub("--home", str(finished.root), "graph", "verify")
    assert (verified.code, "to the last property" in verified.out) == (0, True), verified.err
    with connected(settings_of(empty_server)) as connection:
        connection.execute("MATCH (h:House) WITH h LIMIT 1 SET h.rooms = 99")
    verified = hub("--home", str(finished.root), "graph", "verify")
    assert verified.code == 4
    assert "House has other contents. Nobody is answered from it now" in verified.err


def test_run_brings_the_server_along_and_a_server_that_was_away_is_caught_up_by_the_same_command(
    hub: Hub, district: Path, tmp_path: Path, empty_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    shelf = SnapshotShelf(home.snapshots)
    for name in ("admin", "stop", "start"):
        tool = f"{sys.executable} -m tools.neo4j --home {empty_server.home} {name}"
        monkeypatch.setenv(f"HUB_NEO4J_{name.upper()}", tool)
    first = hub("--home", str(home.root), "run", *map(str, first_day(district / "feeds")))
    assert first.code == 0, first.err
    earlier = shelf.current_name()
    assert f"{empty_server.uri} serves snapshot {earlier}" in first.out
    monkeypatch.setenv("HUB_NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.setenv("HUB_NEO4J_CONNECT_SECONDS", "0.5")
    away = hub("--home", str(home.root), "run", str(district / "feeds"))
    current = shelf.current_name()
    assert (away.code, f"Published snapshot {current}" in away.out, current == earlier) == (4, True, False)
    assert "bolt://127.0.0.1:1 does not answer" in away.err
    monkeypatch.setenv("HUB_NEO4J_URI", empty_server.uri)
    again = hub("--home", str(home.root), "run", str(district / "feeds"))
    assert again.code == 0, again.err
    assert f"Nothing new: snapshot {current} stays" in again.out
    assert re.search(rf"{empty_server.uri}: [\d,]+ changes in one transaction", again.out)
    store = opened(empty_server)
    assert store.origin.snapshot_id == current
    store.close()


def test_home_without_a_server_says_how_to_name_one(hub: Hub, finished: Home) -> None:
    told = hub("--home", str(finished.root), "graph", "load")
    assert told.code == 2
    assert "names no graph server: write uri and password_file under [neo4j]" in told.err


def test_status_tells_engine_version_snapshot_age_counts_and_whether_it_was_verified(
    hub: Hub, finished: Home, empty_server: Server
) -> None:
    home = str(finished.root)
    told = hub("--home", home, "status").out
    assert f"neo4j {LONG_TERM.version} community, {empty_server.uri}: holds no whole graph: `hub graph load`" in told
    hub("--home", home, "graph", "load", "--how", "batches")
    [line] = [line for line in hub("--home", home, "status").out.splitlines() if line.startswith("graph  ← read")]
    current = SnapshotShelf(finished.snapshots).current_name()
    assert f"neo4j {LONG_TERM.version} community, {empty_server.uri}: snapshot {current} (current), as of " in line
    assert re.search(
        r", published \d+ seconds ago, [\d,]+ nodes, [\d,]+ relationships, verified \d+ seconds ago$", line
    )
    graphs = json.loads(hub("--home", home, "status", "--format", "json").out)["graphs"]
    assert [(each["engine"], each["is_read"]) for each in graphs] == [("neo4j", True), ("ladybug", False)]
    assert graphs[0]["nodes"] == graphs[1]["nodes"] > 300
    assert graphs[0]["relationships"] == graphs[1]["relationships"] > 300


def test_server_that_is_away_is_told_and_keeps_nobody_from_reading(
    hub: Hub, finished: Home, running_neo4j: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.setenv("HUB_NEO4J_CONNECT_SECONDS", "0.5")
    monkeypatch.setenv("HUB_NEO4J_PASSWORD_FILE", str(running_neo4j.password_file))
    status = hub("--home", str(finished.root), "status")
    assert (status.code, "neo4j, bolt://127.0.0.1:1: bolt://127.0.0.1:1 does not answer" in status.out) == (0, True)
    reader = Reader(finished, load_declarations(), read_settings(finished, {}), Caller("test"), "training")
    with reader.opened() as snapshot, reader.graph(snapshot) as graph:
        assert graph.counts()["Person"] > 100


def test_readings_come_from_the_server_that_holds_the_snapshot(hub: Hub, finished: Home, empty_server: Server) -> None:
    hub("--home", str(finished.root), "graph", "load", "--how", "batches")
    reader = Reader(finished, load_declarations(), read_settings(finished, {}), Caller("test"), "training")
    with reader.opened() as snapshot:
        with reader.graph(snapshot) as graph:
            assert graph.origin == GraphOrigin(snapshot.id, snapshot.manifest.as_of, LONG_TERM.version)
        with connected(settings_of(empty_server)) as connection:
            connection.execute("MATCH (s:Snapshot) SET s.id = 'another'")
        with reader.graph(snapshot) as graph:
            assert graph.origin.engine_version == snapshot.manifest.engines["ladybug"]
