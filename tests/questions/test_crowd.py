"""On a town made by arithmetic the graph answers as independent SQL does."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from hub.graph.port import GraphStore
from hub.questions import ask
from schemas.files import DeclarationTree
from schemas.readers.questions import read_questions
from stores.warehouse import Warehouse
from tests.questions.twins import SETTINGS, TWINS
from tests.smalltown.crowd import crowd_warehouse
from tests.smalltown.town import smalltown_store

QUESTIONS = read_questions(DeclarationTree())
PERSONS = 3000


@pytest.fixture(scope="module")
def crowd() -> Iterator[Warehouse]:
    with crowd_warehouse(PERSONS) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def graph(crowd: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with closing(smalltown_store(crowd, tmp_path_factory.mktemp("crowd"))) as store:
        yield store


@pytest.mark.parametrize("day", ["2026-06-29", "2026-06-30", "2026-07-01"])
@pytest.mark.parametrize("name", sorted(TWINS))
def test_graph_answers_as_independent_sql_does(name: str, day: str, graph: GraphStore, crowd: Warehouse) -> None:
    rows = ask(graph, QUESTIONS[name], {"as_of": day, **SETTINGS.get(name, {})}).rows
    twin = crowd.rows(TWINS[name], {"as_of": day})
    assert len(twin) > 20
    assert sorted(row[: len(twin[0])] for row in rows) == sorted(twin)
