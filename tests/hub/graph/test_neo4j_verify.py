"""Whatever anybody changes in the graph on a server is noticed, and nobody is answered from it then."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.graph.errors import GraphServerError
from hub.graph.neo4j import Neo4jServer, connected
from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_load import How, load
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_sums import text_codes
from hub.graph.neo4j_verify import verify
from hub.graph.port import GraphStore
from stores.progress import SilentProgress
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL
from tests.neo4j.town import SMALLTOWN, opened, put, settings_of
from tools.neo4j.server import Server

# What somebody else writes, how it is told, and what puts it right again.
CHANGES = {
    "a name": ("MATCH (p:Person {id: 'P05'}) SET p.name = p.name + '一'", "Person has other contents"),
    "names of two": (
        "MATCH (a:Person {id: 'P05'}) MATCH (b:Person {id: 'P06'}) "
        "WITH a, b, a.name AS x, b.name AS y SET a.name = y, b.name = x",
        "Person has other contents",
    ),
    "a null": ("MATCH (p:Person {id: 'P06'}) SET p.birth_date = null", "Person has other contents"),
    "a property more": ("MATCH (p:Person {id: 'P05'}) SET p.score = 3", "Person has other contents"),
    "a label more": ("MATCH (p:Person {id: 'P05'}) SET p:Suspect", "Person has other contents"),
    "a date": (
        "MATCH (:Person {id: 'P17'})-[r:LIVES_AT]->() SET r.valid_from = r.valid_from + duration({days: 1})",
        "LIVES_AT has other contents",
    ),
    "a millionth": (
        "MATCH (:Person {id: 'P17'})-[r:LIVES_AT]->() SET r.confidence = r.confidence + 0.000001",
        "LIVES_AT has other contents",
    ),
    "an end": (
        "MATCH (a:Person {id: 'P17'})-[r:LIVES_AT]->(b) WITH a, r, properties(r) AS all LIMIT 1 "
        "MATCH (h:House {id: 'H01'}) CREATE (a)-[s:LIVES_AT]->(h) SET s = all DELETE r",
        "LIVES_AT has other contents",
    ),
    "a relationship less": ("MATCH (:Person {id: 'P17'})-[r:LIVES_AT]->() DELETE r", r"LIVES_AT has 42 of 43 rows"),
    "another node": ("CREATE (:Note {text: 'x'})", "anything else has 1 of 0 rows"),
    "another type": (
        "MATCH (a:Person {id: 'P05'}) MATCH (b:Person {id: 'P06'}) CREATE (a)-[:KNOWS]->(b)",
        "anything else has 1 of 0 rows",
    ),
}


@pytest.fixture
def server(running_neo4j: Server, smalltown: GraphStore, smalltown_tables: Warehouse) -> Iterator[Neo4jServer]:
    put(smalltown_tables, running_neo4j)
    with connected(settings_of(running_neo4j)) as connection:
        yield connection


@pytest.fixture
def tables(smalltown_tables: Warehouse) -> GraphTables:
    return GraphTables(smalltown_tables, MODEL, SMALLTOWN)


def test_untouched_graph_is_found_as_it_was_published(server: Neo4jServer, tables: GraphTables) -> None:
    assert verify(server, tables) == []


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_change_by_somebody_else_is_noticed(change: str, server: Neo4jServer, tables: GraphTables) -> None:
    text, told = CHANGES[change]
    server.execute(text)
    [found] = verify(server, tables)
    assert found == told


def test_changed_graph_answers_nobody_until_it_is_loaded_again(
    server: Neo4jServer, tables: GraphTables, running_neo4j: Server, tmp_path: Path
) -> None:
    with closing(opened(running_neo4j)) as reading:
        server.execute(CHANGES["a name"][0])
        assert verify(server, tables) != []
        with pytest.raises(GraphServerError, match=r"was changed by somebody else \(Person has other contents\)"):
            reading.counts()
    with pytest.raises(GraphServerError, match="load it afresh with `hub graph load`"):
        opened(running_neo4j)
    servers = GraphServers(server.settings, None, tmp_path / "pointer")
    load(servers, tables, How.BATCHES, folder=tmp_path, progress=SilentProgress())
    assert verify(server, tables) == []
    opened(running_neo4j).close()


def test_other_snapshot_on_the_server_is_told(server: Neo4jServer, tables: GraphTables) -> None:
    server.execute("MATCH (s:Snapshot) SET s.id = 'yesterday'")
    with pytest.raises(
        GraphServerError, match="holds snapshot yesterday, the home is at smalltown: run `hub graph pub"
    ):
        verify(server, tables)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_texts_have_the_numbers_that_the_servers_own_steps_lead_to(texts: list[str]) -> None:
    codes, letters = text_codes(texts)
    for text, code in zip(texts, codes, strict=True):
        units = text.encode("utf-16-le", "surrogatepass")
        expected = 7
        for place in range(0, len(units), 2):
            unit = chr(int.from_bytes(units[place : place + 2], "little"))
            expected = (expected * 31 + letters.get(unit, 1)) % (2**31 - 1)
        assert expected == code
