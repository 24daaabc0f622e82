"""The server keeps the contract of the port, and tells who is no use to the hub, and why."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.graph.errors import GraphMovedError, GraphQueryError, GraphServerError
from hub.graph.neo4j import ServerKind, connect, connected, version_mistake
from hub.graph.neo4j_batches import lease
from hub.graph.neo4j_store import Neo4jStore, open_neo4j
from hub.graph.port import GraphStore
from schemas.readers.questions import Question
from stores.errors import SettingsError
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL, QUESTIONS, GraphStoreContract
from tests.neo4j.town import SMALLTOWN, opened, put, settings_of
from tests.smalltown.town import AS_OF
from tools.neo4j.artifacts import LONG_TERM
from tools.neo4j.server import Server


@pytest.fixture(scope="module")
def smalltown_server(running_neo4j: Server, smalltown: GraphStore, smalltown_tables: Warehouse) -> Server:
    """The server with smalltown on it; nobody may change it."""
    put(smalltown_tables, running_neo4j)
    return running_neo4j


@pytest.fixture(scope="module")
def opened_smalltown(smalltown_server: Server) -> Iterator[Neo4jStore]:
    with closing(opened(smalltown_server)) as store:
        yield store


class TestNeo4j(GraphStoreContract):
    @pytest.fixture
    def store(self, opened_smalltown: Neo4jStore) -> GraphStore:
        return opened_smalltown


def test_store_says_which_snapshot_and_server_it_is(opened_smalltown: Neo4jStore) -> None:
    origin = opened_smalltown.origin
    assert (origin.snapshot_id, origin.as_of, origin.engine_version) == ("smalltown", AS_OF, LONG_TERM.version)


@pytest.mark.parametrize(
    ("cypher", "told"),
    [
        ("MATCH (x:Person) RETURN x.nope AS town_id", "`nope` does not exist"),
        ("MATCH (x:Nobody) RETURN x.id AS town_id", "`Nobody` does not exist"),
        ("MATCH (x:Person)-[:HATES]->(y:Person) RETURN x.id AS town_id", "`HATES` does not exist"),
        ("MATCH (x:Person RETURN x.id AS town_id", "SyntaxError"),
    ],
)
def test_text_with_names_that_the_graph_does_not_have_is_an_error_and_no_empty_answer(
    cypher: str, told: str, opened_smalltown: Neo4jStore
) -> None:
    with pytest.raises(GraphQueryError, match=told):
        opened_smalltown.run(_question(cypher), {})


def test_declared_type_of_which_there_is_none_is_an_empty_answer(
    opened_smalltown: Neo4jStore, smalltown_tables: Warehouse
) -> None:
    text = "MATCH (x:Unit)-[:POSSIBLY_SAME]->(y:Unit) RETURN x.id AS town_id"
    assert smalltown_tables.rows("SELECT count(*) FROM graph.rel_possibly_same WHERE start_label = 'Unit'") == [(0,)]
    assert opened_smalltown.run(_question(text), {}) == []


def test_question_that_takes_too_long_is_stopped(smalltown_server: Server) -> None:
    patterns = ", ".join(f"(p{n}:Person)" for n in range(9))
    ids = " + ".join(f"p{n}.id" for n in range(9))
    endless = f"MATCH {patterns} RETURN count(DISTINCT {ids}) AS town_id"
    with closing(opened(smalltown_server, question_seconds=0.5)) as store:
        with pytest.raises(GraphQueryError, match=r"not done in time: raise question_seconds \(0\.5\)"):
            store.run(_question(endless), {})
        assert store.counts()["Person"] == 40


def test_reader_of_a_snapshot_that_was_replaced_is_told_and_gets_no_other_rows(
    smalltown_server: Server, smalltown_tables: Warehouse
) -> None:
    with closing(opened(smalltown_server)) as store:
        put(smalltown_tables, smalltown_server, replace(SMALLTOWN, snapshot_id="later"))
        with pytest.raises(GraphMovedError, match="held snapshot smalltown and went on to later"):
            store.counts()
    put(smalltown_tables, smalltown_server)


def test_second_publisher_is_refused_while_the_first_is_at_work(smalltown_server: Server) -> None:
    with connected(settings_of(smalltown_server)) as first, connected(settings_of(smalltown_server)) as second:
        with lease(first, "loading"):
            told = r"another publication is at work there \(loading\)"
            with pytest.raises(GraphServerError, match=told), lease(second, "loading"):
                pass
        with lease(second, "loading"):
            pass


def test_server_without_a_whole_graph_is_refused(smalltown_server: Server, smalltown_tables: Warehouse) -> None:
    with connected(settings_of(smalltown_server)) as server:
        server.execute("MATCH (s:Snapshot) DELETE s")
    with pytest.raises(GraphServerError, match="holds no whole graph: load one with `hub graph load`"):
        open_neo4j(settings_of(smalltown_server), MODEL)
    put(smalltown_tables, smalltown_server)


def test_absent_server_is_told_with_its_address(smalltown_server: Server) -> None:
    away = replace(settings_of(smalltown_server, connect_seconds=0.5), uri="bolt://127.0.0.1:1")
    with pytest.raises(GraphServerError, match=r"bolt://127\.0\.0\.1:1 does not answer .* is the server started"):
        connect(away)


def test_wrong_password_is_told_with_its_file_and_without_itself(smalltown_server: Server, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.touch(mode=0o600)
    wrong.write_text("a wrong one")
    with pytest.raises(GraphServerError, match=f"refuses user neo4j with the password in {wrong}") as raised:
        connect(replace(settings_of(smalltown_server), password_file=wrong))
    assert "a wrong one" not in str(raised.value)


def test_database_that_the_server_does_not_have_is_told(smalltown_server: Server) -> None:
    with pytest.raises(GraphServerError, match="the server has no database district"):
        connect(settings_of(smalltown_server, database="district", connect_seconds=0.5))


def test_password_file_that_others_may_read_is_refused(tmp_path: Path, smalltown_server: Server) -> None:
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o640)
    with pytest.raises(SettingsError, match=r"may be read by others \(mode 640\)"):
        connect(replace(settings_of(smalltown_server), password_file=tmp_path / "password"))


@pytest.mark.parametrize("version", ["4.4.40", "5.25.1"])
def test_older_server_is_told_to_be_upgraded(version: str) -> None:
    assert "the hub needs 5.26 or newer: upgrade it" in str(version_mistake(ServerKind(version, "community")))


@pytest.mark.parametrize("version", ["5.26.28", "5.27-aura", "2026.09.0"])
def test_newer_server_will_do(version: str) -> None:
    assert version_mistake(ServerKind(version, "enterprise")) is None


def _question(cypher: str) -> Question:
    known = QUESTIONS["residents_per_town"]
    return replace(known, cypher=cypher, parameters=(), columns=known.columns[:1], review_on=date(2027, 1, 1))
