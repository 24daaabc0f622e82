"""A server goes from one snapshot to the next in one step, by what differs and nothing else."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from hub.graph.errors import GraphBuildError, GraphMovedError, GraphServerError
from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_verify import verify
from hub.graph.port import EntityRef, GraphStore, Neighbourhood
from hub.graph.tables import summarise_graph
from tests.hub.graph.contract import MODEL
from tests.neo4j.states import CHANGES, LATER, at_random, publish, smalltown_state
from tests.neo4j.town import SMALLTOWN, opened, put, settings_of
from tests.smalltown.town import AS_OF
from tests.trials import trials
from tools.neo4j.server import Server


@pytest.fixture(scope="module")
def first() -> Iterator[GraphTables]:
    with smalltown_state(SMALLTOWN) as tables:
        yield tables


@pytest.fixture(scope="module")
def second() -> Iterator[GraphTables]:
    with smalltown_state(LATER, *CHANGES) as tables:
        yield tables


@pytest.fixture
def settings(running_neo4j: Server, first: GraphTables, tmp_path: Path) -> Neo4jSettings:
    """The server with the first state, published by the hub, which has kept what it needs for the next."""
    put(first.warehouse, running_neo4j)
    settings = settings_of(running_neo4j)
    with connected(settings) as connection:
        connection.execute("MATCH (s:Snapshot) DELETE s")
    reached = replace(settings, admin=("true",), stop=("true",), start=("true",))
    # The import is a command that does nothing here: the rows are there.
    assert publish(reached, first, tmp_path).changes is None
    return settings


def test_only_what_differs_is_written_and_the_result_is_the_next_graph(
    settings: Neo4jSettings, running_neo4j: Server, second: GraphTables, tmp_path: Path
) -> None:
    with closing(opened(running_neo4j)) as reading:
        published = publish(settings, second, tmp_path)
        with pytest.raises(GraphMovedError, match="held snapshot smalltown and went on to later"):
            reading.counts()
    with closing(opened(running_neo4j)) as store:
        assert store.origin.snapshot_id == "later"
        assert store.hashes() == summarise_graph(second.warehouse, MODEL)
    # A person and their residence gone, a person and a residence come, a name, an end, and two that are rewired.
    assert published.changes == 2 + 2 + 1 + 1 + 2 * 2
    assert publish(settings, second, tmp_path).changes == 0
    with connected(settings) as server:
        assert verify(server, second) == []


@pytest.mark.parametrize("seed", range(trials(few=2, full=30)))
def test_any_difference_leads_to_the_same_graph_as_a_load(
    seed: int, settings: Neo4jSettings, running_neo4j: Server, tmp_path: Path
) -> None:
    with smalltown_state(replace(LATER, snapshot_id=f"state {seed}")) as tables:
        at_random(tables.warehouse, seed)
        assert (publish(settings, tables, tmp_path).changes or 0) > 10
        with closing(opened(running_neo4j)) as store:
            assert store.hashes() == summarise_graph(tables.warehouse, MODEL)


def test_readers_see_one_snapshot_or_the_other_and_never_half(
    settings: Neo4jSettings, running_neo4j: Server, first: GraphTables, second: GraphTables, tmp_path: Path
) -> None:
    wanted = {"smalltown": _seen_now(running_neo4j)}
    publish(settings, second, tmp_path)
    wanted["later"] = _seen_now(running_neo4j)
    assert wanted["later"] != wanted["smalltown"]
    done, seen, wrong = Event(), list[str](), list[str]()

    def read_on() -> None:
        while not done.is_set() or not seen:
            with suppress(GraphMovedError), closing(opened(running_neo4j)) as store:
                found = _seen_of(store)
                seen.append(store.origin.snapshot_id)
                wrong.extend({store.origin.snapshot_id} if found != wanted[store.origin.snapshot_id] else ())

    reader = Thread(target=read_on)
    reader.start()
    try:
        for _ in range(trials(few=2, full=50)):
            publish(settings, first, tmp_path)
            publish(settings, second, tmp_path)
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert set(seen) <= {"smalltown", "later"}


def _seen_now(server: Server) -> list[Neighbourhood]:
    with closing(opened(server)) as store:
        return _seen_of(store)


def _seen_of(store: GraphStore) -> list[Neighbourhood]:
    """What lies around those whom the two states differ in."""
    people = [EntityRef("Person", name) for name in ("P17", "P28", "P29", "P30", "P77")]
    return [store.neighbourhood(person, as_of=AS_OF, hops=2, limit=50) for person in people]


def test_difference_on_a_graph_that_somebody_changed_changes_nothing(
    settings: Neo4jSettings, running_neo4j: Server, second: GraphTables, tmp_path: Path
) -> None:
    with connected(settings) as server:
        server.execute("MATCH (p:Person {id: 'P40'}) DETACH DELETE p")
    with pytest.raises(GraphBuildError, match=r"would have 39 Person, its table has 40: somebody else has written"):
        publish(settings, second, tmp_path)
    with closing(opened(running_neo4j)) as store:
        assert store.origin.snapshot_id == "smalltown"
        assert store.counts()["Person"] == 39


def test_row_that_is_not_there_to_be_changed_changes_nothing(
    settings: Neo4jSettings, running_neo4j: Server, second: GraphTables, tmp_path: Path
) -> None:
    with connected(settings) as server:
        server.execute("MATCH (:Person {id: 'P17'})-[r:LIVES_AT]->() DELETE r")
    with pytest.raises(GraphBuildError, match="rows were there to be changed: somebody else has written"):
        publish(settings, second, tmp_path)
    with closing(opened(running_neo4j)) as store:
        assert store.origin.snapshot_id == "smalltown"


def test_more_changes_than_one_transaction_may_hold_want_a_standby(
    settings: Neo4jSettings, running_neo4j: Server, second: GraphTables, tmp_path: Path
) -> None:
    with pytest.raises(GraphServerError, match="name a second server as"):
        publish(replace(settings, atomic_changes=5), second, tmp_path)
    with closing(opened(running_neo4j)) as store:
        assert store.origin.snapshot_id == "smalltown"
    assert (publish(settings, second, tmp_path).changes or 0) > 5
