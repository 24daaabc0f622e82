"""What every graph engine must do: a test class to inherit, over a `store` that holds smalltown.

An implementation gives the fixture `store`; `smalltown_tables` are the graph tables that it was built from.
"""

from datetime import date

import pytest

from hub.graph.errors import GraphQueryError
from hub.graph.port import EntityRef, GraphStore
from hub.graph.tables import summarise_graph
from schemas.files import DeclarationTree
from schemas.readers.graph import read_graph
from schemas.readers.questions import read_questions
from stores.warehouse import Warehouse
from tests.smalltown.town import AS_OF

QUESTIONS = read_questions(DeclarationTree())
MODEL = read_graph(DeclarationTree())


def person(name: str) -> EntityRef:
    return EntityRef("Person", name)


def house(name: str) -> EntityRef:
    return EntityRef("House", name)


class GraphStoreContract:
    """Inherit it and give the fixture `store`."""

    def test_counts_and_hashes_equal_those_of_the_graph_tables(
        self, store: GraphStore, smalltown_tables: Warehouse
    ) -> None:
        expected = summarise_graph(smalltown_tables, MODEL)
        assert store.hashes() == expected
        assert store.counts() == {name: each.rows for name, each in expected.items()}

    def test_missing_parameter_is_refused_and_not_taken_for_null(self, store: GraphStore) -> None:
        with pytest.raises(GraphQueryError, match=r"missing: as_of, limit"):
            store.run(QUESTIONS["residents_per_town"], {})

    def test_undeclared_parameter_is_refused(self, store: GraphStore) -> None:
        with pytest.raises(GraphQueryError, match="not declared: town"):
            store.run(QUESTIONS["residents_per_town"], {"as_of": AS_OF, "limit": 5, "town": "310114100"})

    def test_null_parameter_is_refused(self, store: GraphStore) -> None:
        with pytest.raises(GraphQueryError, match="null: as_of"):
            store.run(QUESTIONS["residents_per_town"], {"as_of": None, "limit": 5})

    def test_values_come_as_the_columns_declare_them(self, store: GraphStore) -> None:
        [row] = store.run(QUESTIONS["overcrowded_dwellings"], _parameters(limit=1))
        assert [type(value) for value in row] == [str, str, int, float, int, float, int, int, date]

    def test_same_question_gives_the_same_rows_in_the_same_order(self, store: GraphStore) -> None:
        first = store.run(QUESTIONS["overcrowded_dwellings"], _parameters(limit=100))
        assert all(store.run(QUESTIONS["overcrowded_dwellings"], _parameters(limit=100)) == first for _ in range(3))

    def test_neighbourhood_of_one_hop_holds_what_is_in_force_only(self, store: GraphStore) -> None:
        found = store.neighbourhood(person("P17"), as_of=AS_OF, hops=1, limit=50)
        assert found.nodes == (person("P17"), house("H22"))
        before = store.neighbourhood(person("P17"), as_of=date(2026, 6, 29), hops=1, limit=50)
        assert before.nodes == (person("P17"), house("H06"), house("H22"))
        assert [edge.type for edge in before.edges] == ["EVIDENCE_AT", "REGISTERED_AT", "LIVES_AT"]

    def test_neighbourhood_reaches_places_but_does_not_pass_through_them(self, store: GraphStore) -> None:
        found = store.neighbourhood(house("H22"), as_of=AS_OF, hops=2, limit=50)
        town = EntityRef("Community", "310114100001")
        assert found.nodes == (house("H22"), town, person("P17"), person("P28"))

    def test_neighbourhood_cut_at_its_limit_says_so(self, store: GraphStore) -> None:
        found = store.neighbourhood(house("H20"), as_of=AS_OF, hops=1, limit=2)
        assert found.nodes == (house("H20"), EntityRef("Community", "310114100001"), person("P29"))
        assert not found.complete
        assert {edge.type for edge in found.edges} == {"LIVES_AT", "EVIDENCE_AT", "IN_COMMUNITY"}

    def test_neighbourhood_of_nobody_is_the_centre_alone(self, store: GraphStore) -> None:
        found = store.neighbourhood(person("P99"), as_of=AS_OF, hops=2, limit=5)
        assert (found.nodes, found.edges, found.complete) == ((person("P99"),), (), True)

    @pytest.mark.parametrize("hops", [0, 3])
    def test_neighbourhood_of_other_than_one_or_two_hops_is_refused(self, store: GraphStore, hops: int) -> None:
        with pytest.raises(GraphQueryError, match="1 or 2 hops"):
            store.neighbourhood(person("P01"), as_of=AS_OF, hops=hops, limit=5)

    def test_path_is_the_shortest_one_and_ties_go_by_label_and_id(self, store: GraphStore) -> None:
        found = store.path(person("P02"), person("P03"), as_of=AS_OF, max_hops=4)
        assert found is not None
        assert found.nodes == (person("P02"), house("H01"), person("P03"))
        assert [edge.type for edge in found.edges] == ["EVIDENCE_AT", "EVIDENCE_AT"]

    def test_path_runs_both_ways_over_the_same_nodes_length(self, store: GraphStore) -> None:
        there = store.path(person("P03"), person("P40"), as_of=AS_OF, max_hops=8)
        back = store.path(person("P40"), person("P03"), as_of=AS_OF, max_hops=8)
        assert there is not None and back is not None
        assert len(there.edges) == len(back.edges) == 5

    def test_path_longer_than_allowed_is_none(self, store: GraphStore) -> None:
        assert store.path(person("P03"), person("P40"), as_of=AS_OF, max_hops=4) is None

    def test_path_does_not_run_through_a_committee(self, store: GraphStore) -> None:
        assert store.path(person("P24"), person("P25"), as_of=date(2001, 6, 1), max_hops=1) is not None
        assert store.path(person("P28"), person("P33"), as_of=AS_OF, max_hops=8) is None

    def test_path_to_oneself_has_no_step(self, store: GraphStore) -> None:
        found = store.path(person("P01"), person("P01"), as_of=AS_OF, max_hops=3)
        assert found is not None
        assert (found.nodes, found.edges) == ((person("P01"),), ())


def _parameters(limit: int) -> dict[str, object]:
    return {
        "as_of": AS_OF,
        "m2_per_person": 5.0,
        "persons_per_room": 2.0,
        "least_records": 2,
        "least_confidence": 0.5,
        "least_households": 2,
        "limit": limit,
    }
