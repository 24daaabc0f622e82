"""A graph comes onto a server whole, by whichever way, and is not taken from those who read it."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.errors import UsageError
from hub.graph.errors import GraphBuildError, GraphServerError
from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import GraphTables, write_in_batches
from hub.graph.neo4j_load import How, held_by, load, way_to
from hub.graph.neo4j_servers import GraphServers, graph_servers
from hub.graph.port import GraphStore
from hub.graph.tables import summarise_graph
from stores.progress import SilentProgress
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL
from tests.neo4j.town import SMALLTOWN, empty, opened, settings_of, with_tools
from tests.smalltown.town import smalltown_store, smalltown_warehouse
from tools.neo4j.server import Server, start

ODD = "欧阳\"a\", b\n'c'\\d 𠀀;\t"


@pytest.fixture(scope="module")
def odd_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Graph tables of smalltown, where one name has every character that files and texts trip over."""
    with smalltown_warehouse() as warehouse:
        warehouse.connection.execute("UPDATE resolved.person SET name = ? WHERE entity_id = 'P01'", [ODD])
        smalltown_store(warehouse, tmp_path_factory.mktemp("odd")).close()
        yield warehouse


@pytest.fixture
def own_server(own_neo4j: Server) -> Server:
    """A second server, which may be stopped and which nobody reads yet."""
    start(own_neo4j)
    empty(own_neo4j)
    return own_neo4j


def _tables(warehouse: Warehouse) -> GraphTables:
    return GraphTables(warehouse, MODEL, SMALLTOWN)


def _load(servers: GraphServers, warehouse: Warehouse, how: How, folder: Path) -> Path | None:
    return load(servers, _tables(warehouse), how, folder=folder / "files", progress=SilentProgress()).script


def test_imported_graph_is_that_of_the_tables_to_the_last_character(
    own_server: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    servers = GraphServers(with_tools(own_server), None, tmp_path / "pointer")
    assert way_to(servers.served, None) is How.IMPORT
    _load(servers, odd_tables, How.IMPORT, tmp_path)
    with closing(opened(own_server)) as store:
        assert store.hashes() == summarise_graph(odd_tables, MODEL)
        assert store.origin.snapshot_id == "smalltown"
    assert list(tmp_path.iterdir()) == []


def test_graph_written_over_the_connection_is_the_same(
    running_neo4j: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    empty(running_neo4j)
    servers = GraphServers(settings_of(running_neo4j, batch_rows=7), None, tmp_path / "pointer")
    _load(servers, odd_tables, How.BATCHES, tmp_path)
    with closing(opened(running_neo4j)) as store:
        assert store.hashes() == summarise_graph(odd_tables, MODEL)


def test_operator_gets_files_and_the_exact_command(own_server: Server, odd_tables: Warehouse, tmp_path: Path) -> None:
    settings = with_tools(own_server)
    own_tool = replace(settings, stop=(), start=())
    servers = GraphServers(own_tool, None, tmp_path / "pointer")
    assert way_to(own_tool, None) is How.FILES
    script = _load(servers, odd_tables, How.FILES, tmp_path)
    assert script is not None
    subprocess.run(settings.stop, check=True)
    done = subprocess.run(["sh", str(script)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run(settings.start, check=True, capture_output=True)
    assert held_by(settings) is None
    _load(servers, odd_tables, How.IMPORTED, tmp_path)
    with closing(opened(own_server)) as store:
        assert store.hashes() == summarise_graph(odd_tables, MODEL)


def test_served_graph_is_loaded_on_the_standby_and_then_switched_to(
    running_neo4j: Server, own_server: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    both = replace(settings_of(running_neo4j), standby=settings_of(own_server))
    servers = graph_servers(tmp_path, both)
    empty(running_neo4j)
    _load(servers, odd_tables, How.BATCHES, tmp_path)
    assert graph_servers(tmp_path, both).served.uri == running_neo4j.uri
    with closing(opened(running_neo4j)) as reading:
        _load(servers, odd_tables, How.BATCHES, tmp_path)
        assert graph_servers(tmp_path, both).served.uri == own_server.uri
        assert reading.counts()["Person"] == 40
    _load(graph_servers(tmp_path, both), odd_tables, How.BATCHES, tmp_path)
    assert graph_servers(tmp_path, both).served.uri == running_neo4j.uri


def test_only_server_is_not_taken_from_its_readers(
    running_neo4j: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    servers = GraphServers(settings_of(running_neo4j), None, tmp_path / "pointer")
    empty(running_neo4j)
    _load(servers, odd_tables, How.BATCHES, tmp_path)
    with pytest.raises(GraphServerError, match=r"serves snapshot smalltown, .* name a second server"):
        _load(servers, odd_tables, How.BATCHES, tmp_path)


def test_graph_that_differs_from_its_tables_is_not_served(
    running_neo4j: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    empty(running_neo4j)
    settings = settings_of(running_neo4j)
    with connected(settings) as connection:
        write_in_batches(connection, odd_tables, MODEL)
        connection.execute("MATCH (p:Person {id: 'P02'}) SET p.name = p.name + ' '")
    with pytest.raises(
        GraphBuildError, match="differs from the graph tables: Person has other contents: load it again"
    ):
        _load(GraphServers(settings, None, tmp_path / "pointer"), odd_tables, How.IMPORTED, tmp_path)
    assert held_by(settings) is None


def test_empty_text_is_refused_where_the_import_would_lose_it(
    own_server: Server, smalltown: GraphStore, tmp_path: Path
) -> None:
    with smalltown_warehouse() as warehouse:
        warehouse.execute("UPDATE resolved.person SET name = '' WHERE entity_id = 'P01'")
        smalltown_store(warehouse, tmp_path).close()
        empty(own_server)
        servers = GraphServers(with_tools(own_server), None, tmp_path / "pointer")
        with pytest.raises(GraphBuildError, match=r"graph\.node_person has empty texts in name"):
            _load(servers, warehouse, How.IMPORT, tmp_path)


def test_import_without_the_servers_tools_is_refused(running_neo4j: Server) -> None:
    with pytest.raises(UsageError, match="import needs `admin`, `stop` and `start`"):
        way_to(settings_of(running_neo4j), How.IMPORT)


def test_command_that_fails_is_told_with_its_last_words(
    own_server: Server, odd_tables: Warehouse, tmp_path: Path
) -> None:
    empty(own_server)
    failing = tuple(shlex.split("sh -c 'echo the disk is full >&2; exit 3'"))
    servers = GraphServers(replace(with_tools(own_server), stop=failing), None, tmp_path / "pointer")
    with pytest.raises(GraphServerError, match=r"failed \(exit 3\):\nthe disk is full"):
        _load(servers, odd_tables, How.IMPORT, tmp_path)
