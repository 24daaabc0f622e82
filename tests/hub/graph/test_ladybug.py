"""The embedded engine keeps the contract of the port, and builds and opens only what is whole."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.graph import ladybug
from hub.graph.errors import GraphBuildError, GraphQueryError, GraphVersionError
from hub.graph.ladybug import VERSION, LadybugSettings, build_ladybug, open_ladybug
from hub.graph.port import GraphOrigin, GraphStore
from hub.graph.tables import build_graph_tables, check_graph, summarise_graph
from schemas.readers.questions import Question
from stores.snapshots import TableSummary
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL, QUESTIONS, GraphStoreContract
from tests.smalltown.crowd import crowd_warehouse
from tests.smalltown.town import AS_OF, SETTINGS, smalltown_declarations, smalltown_store, smalltown_warehouse


class TestLadybug(GraphStoreContract):
    @pytest.fixture
    def store(self, smalltown: GraphStore) -> GraphStore:
        return smalltown


def test_graph_that_differs_from_its_tables_is_told(smalltown_tables: Warehouse, smalltown: GraphStore) -> None:
    expected = summarise_graph(smalltown_tables, MODEL)
    check_graph(smalltown, expected)
    with pytest.raises(GraphBuildError, match="LIVES_AT has 43 rows"):
        check_graph(smalltown, {**expected, "LIVES_AT": TableSummary(1, "0")})


def test_failed_build_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    with smalltown_warehouse() as warehouse:
        smalltown_store(warehouse, tmp_path).close()
        before = (tmp_path / "graph.lbug").read_bytes()
        warehouse.execute("INSERT INTO graph.node_person FROM graph.node_person LIMIT 1")
        with pytest.raises(GraphBuildError, match=r"exit 1\): .*duplicated primary key"):
            build_ladybug(warehouse, MODEL, tmp_path / "graph.lbug", settings=SETTINGS)
    assert (tmp_path / "graph.lbug").read_bytes() == before


def test_folder_with_a_quote_in_its_name_can_hold_a_graph(tmp_path: Path) -> None:
    folder = tmp_path / "o'clock 图"
    folder.mkdir()
    with smalltown_warehouse() as warehouse:
        store = smalltown_store(warehouse, folder)
        assert store.counts()["Person"] == 40
        store.close()


def test_graph_copied_and_compared_by_parts_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladybug, "PART_ROWS", 1000)
    monkeypatch.setattr(ladybug, "GROUP_ROWS", 2048)
    monkeypatch.setattr(ladybug, "VALUE_BYTES", 10**9)
    with crowd_warehouse(3000) as warehouse:
        expected = build_graph_tables(warehouse, smalltown_declarations())
        assert expected["EVIDENCE_AT"].rows > 2 * 2048
        build_ladybug(warehouse, MODEL, tmp_path / "graph.lbug", settings=SETTINGS)
    assert [file.name for file in tmp_path.iterdir()] == ["graph.lbug"]
    with closing(open_ladybug(tmp_path / "graph.lbug", MODEL, GraphOrigin("s", AS_OF, VERSION))) as store:
        assert store.hashes() == expected


def test_file_of_another_engine_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GraphVersionError, match=r"built by ladybug 0\.11\.3, this is"):
        open_ladybug(tmp_path / "graph.lbug", MODEL, GraphOrigin("s", AS_OF, "0.11.3"))


def test_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(GraphQueryError, match="is missing"):
        open_ladybug(tmp_path / "graph.lbug", MODEL, GraphOrigin("s", AS_OF, VERSION))
    assert list(tmp_path.iterdir()) == []


def test_question_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with smalltown_warehouse() as warehouse:
        smalltown_store(warehouse, tmp_path).close()
    settings = LadybugSettings(SETTINGS.buffer_pool_bytes, 1, SETTINGS.max_file_bytes, timeout_seconds=0.2)
    store = open_ladybug(tmp_path / "graph.lbug", MODEL, GraphOrigin("s", AS_OF, VERSION), settings=settings)
    patterns = ", ".join(f"(p{n}:Person)" for n in range(9))
    ids = " + ".join(f"p{n}.id" for n in range(9))
    endless = f"MATCH {patterns} RETURN count(DISTINCT {ids}) AS town_id"
    with pytest.raises(GraphQueryError, match="Interrupted"):
        store.run(_question(endless), {})
    store.close()


def test_text_that_the_engine_refuses_is_told_with_the_text(smalltown: GraphStore) -> None:
    with pytest.raises(GraphQueryError, match=r"MATCH \(x:Person\) RETURN x\.nope"):
        smalltown.run(_question("MATCH (x:Person) RETURN x.nope AS town_id"), {})


def test_order_in_which_rows_are_loaded_does_not_matter(tmp_path: Path, smalltown: GraphStore) -> None:
    with smalltown_warehouse() as warehouse:
        for table in ("relation", "residence", "person"):
            warehouse.execute(
                f"CREATE OR REPLACE TABLE resolved.{table} AS FROM resolved.{table} ORDER BY md5(#1 || #2)"
            )
        shuffled = smalltown_store(warehouse, tmp_path)
    parameters = {"as_of": AS_OF, "independent_kinds": 2, "limit": 100}
    question = QUESTIONS["unregistered_dwellings"]
    assert shuffled.run(question, parameters) == smalltown.run(question, parameters)
    assert shuffled.hashes() == smalltown.hashes()
    shuffled.close()


def _question(cypher: str) -> Question:
    known = QUESTIONS["residents_per_town"]
    return replace(known, cypher=cypher, parameters=(), columns=known.columns[:1], review_on=date(2027, 1, 1))
