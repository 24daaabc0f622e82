"""Every question has the same rows in the same order on the server and in the embedded engine, whatever is asked of it.

`make trials` asks a district of 20,000 persons, `make test` one of 300.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub import pipeline
from hub.findings import rounded
from hub.graph.neo4j import connected
from hub.graph.neo4j_store import Neo4jStore
from hub.graph.port import EntityRef, GraphStore
from hub.questions import ask
from hub.reading.reader import Reader
from hub.serving import tables_of
from hub.settings import read_settings
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from stores.home import Home, create_home
from stores.warehouse import Warehouse
from synthetic.district import synthesize
from tests.hub.district import at_work
from tests.hub.graph.contract import QUESTIONS
from tests.neo4j.town import opened, put, settings_of
from tests.questions.twins import SETTINGS, TWINS
from tests.questions.variants import variants
from tests.smalltown.crowd import crowd_warehouse
from tests.smalltown.town import smalltown_store
from tests.trials import trials
from tools.neo4j.server import Server

DAYS = ["1999-01-01", "2024-12-31", "2026-05-30", "2026-06-29", "2026-06-30", "2026-07-01", "2027-01-01"]
CASES = yaml.safe_load((Path(__file__).parents[2] / "questions" / "expected.yml").read_text(encoding="utf-8"))
PERSONS = trials(few=300, full=20_000)


class TestSmalltown:
    """What is written down: one resident alone, parallel relationships, pairs of one and the same, nulls, ties."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, running_neo4j: Server, smalltown: GraphStore, smalltown_tables: Warehouse) -> Iterator[Neo4jStore]:
        put(smalltown_tables, running_neo4j)
        with closing(opened(running_neo4j)) as store:
            yield store

    @pytest.mark.parametrize("name", sorted(QUESTIONS))
    def test_answers_are_those_of_the_embedded_engine(
        self, name: str, server: Neo4jStore, smalltown: GraphStore
    ) -> None:
        assert _asked_of_both(name, DAYS, server, smalltown) > 0

    @pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case['question']}" for n, case in enumerate(CASES)])
    def test_answer_is_the_one_written_down(self, case: dict[str, Any], server: Neo4jStore) -> None:
        rows = ask(server, QUESTIONS[case["question"]], case.get("parameters", {})).rows
        compared = [list(row[: len(wanted)]) for row, wanted in zip(rows, case["rows"], strict=True)]
        assert compared == case["rows"]

    @pytest.mark.parametrize("name", sorted(QUESTIONS))
    def test_server_plans_every_question_without_an_unknown_name(
        self, name: str, server: Neo4jStore, running_neo4j: Server
    ) -> None:
        given = {each.name: None for each in QUESTIONS[name].parameters}
        with connected(settings_of(running_neo4j)) as connection:
            connection.read(lambda tx: tx.rows(f"EXPLAIN {QUESTIONS[name].cypher}", given))


class TestCrowd:
    """A town of 3,000 made by arithmetic, with independent SQL beside both engines."""

    @pytest.fixture(scope="class")
    @classmethod
    def crowd(cls) -> Iterator[Warehouse]:
        with crowd_warehouse(3000) as warehouse:
            yield warehouse

    @pytest.fixture(scope="class")
    @classmethod
    def embedded(cls, crowd: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
        with closing(smalltown_store(crowd, tmp_path_factory.mktemp("crowd"))) as store:
            yield store

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, running_neo4j: Server, embedded: GraphStore, crowd: Warehouse) -> Iterator[Neo4jStore]:
        put(crowd, running_neo4j)
        with closing(opened(running_neo4j)) as store:
            yield store

    @pytest.mark.parametrize("name", sorted(QUESTIONS))
    def test_answers_are_those_of_the_embedded_engine(
        self, name: str, server: Neo4jStore, embedded: GraphStore
    ) -> None:
        _asked_of_both(name, ["2026-06-29", "2026-07-01"], server, embedded)

    @pytest.mark.parametrize("name", sorted(TWINS))
    def test_answers_are_those_of_independent_sql(self, name: str, server: Neo4jStore, crowd: Warehouse) -> None:
        rows = ask(server, QUESTIONS[name], {"as_of": "2026-06-30", **SETTINGS.get(name, {})}).rows
        twin = crowd.rows(TWINS[name], {"as_of": "2026-06-30"})
        assert len(twin) > 20
        assert sorted(row[: len(twin[0])] for row in rows) == sorted(twin)


class TestDistrict:
    """A made-up district, from feeds to its snapshot."""

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
        if PERSONS == 300:
            return finished
        folder = tmp_path_factory.mktemp("demo")
        synthesize(persons=PERSONS, seed=1, days=1, out=folder)
        home = create_home(folder / "home", kind="synthetic")
        with at_work(home) as site:
            pipeline.run([folder / "feeds"], site)
        return home

    @pytest.fixture(scope="class")
    @classmethod
    def embedded(cls, home: Home) -> Iterator[GraphStore]:
        reader = Reader(home, load_declarations(), read_settings(home, {}), Caller("test"), "training")
        with reader.opened() as snapshot, reader.graph(snapshot) as store:
            yield store

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, running_neo4j: Server, home: Home) -> Iterator[Neo4jStore]:
        with at_work(home) as site:
            tables = tables_of(site)
            put(tables.warehouse, running_neo4j, tables.edition)
        with closing(opened(running_neo4j)) as store:
            yield store

    @pytest.mark.parametrize("name", sorted(QUESTIONS))
    def test_answers_are_those_of_the_embedded_engine(
        self, name: str, server: Neo4jStore, embedded: GraphStore
    ) -> None:
        today = embedded.origin.as_of
        days = [(today - timedelta(days=back)).isoformat() for back in (0, 45, 400, -60)]
        _asked_of_both(name, days, server, embedded)

    def test_neighbourhoods_and_paths_are_those_of_the_embedded_engine(
        self, server: Neo4jStore, embedded: GraphStore
    ) -> None:
        today = embedded.origin.as_of
        found = [row[0] for row in ask(embedded, QUESTIONS["residents_per_committee"], {"limit": 5}).rows]
        for place in found:
            centre = EntityRef("Community", str(place))
            around = server.neighbourhood(centre, as_of=today, hops=1, limit=40)
            assert around == embedded.neighbourhood(centre, as_of=today, hops=1, limit=40)
            for node in around.nodes[1:4]:
                near = server.neighbourhood(node, as_of=today, hops=2, limit=30)
                assert near == embedded.neighbourhood(node, as_of=today, hops=2, limit=30)
                ends = [each for each in near.nodes if each.label == "Person"][:2]
                if len(ends) == 2:
                    assert server.path(*ends, as_of=today, max_hops=6) == embedded.path(*ends, as_of=today, max_hops=6)


def _asked_of_both(name: str, days: list[str], server: GraphStore, embedded: GraphStore) -> int:
    """Asks both and compares; returns how many rows were compared."""
    question, rows = QUESTIONS[name], 0
    dated = (
        [{"as_of": date.fromisoformat(day)} for day in days] if "as_of" in {p.name for p in question.given} else [{}]
    )
    for day in dated:
        for given in variants(question):
            ours = _plain(ask(server, question, {**day, **given}))
            assert ours == _plain(ask(embedded, question, {**day, **given})), (day, given)
            rows += len(ours)
    return rows


def _plain(answer: Any) -> list[tuple[object, ...]]:
    return [tuple(rounded(value) for value in row) for row in answer.rows]
