from collections.abc import Iterator
from typing import Any

import pytest

from resolution.relations import relate_entities
from resolution.renewal import number_entities
from stores.warehouse import Warehouse
from tests.resolution.tables import belong, empty_warehouse, insert

LEASE = {
    "feed": "rental_contracts",
    "department": "housing",
    "kind": "lease",
    "subject_register": "person",
    "subject_id": 1,
    "object_register": "house",
    "object_id": 10,
}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with empty_warehouse() as warehouse:
        for record, entity, probability in ((1, "P1", 0.96), (2, "P1", 0.9), (3, "P3", None)):
            belong(warehouse, "person", record, entity, probability=probability)
        belong(warehouse, "house", 10, "H1", probability=0.98)
        belong(warehouse, "house", 1, "H2")
        yield warehouse


def facts(warehouse: Warehouse, *rows: dict[str, Any]) -> None:
    insert(
        warehouse,
        "standard.fact",
        [{"fact_id": number, "row_key": str(number), **row} for number, row in enumerate(rows, start=1)],
    )
    number_entities(warehouse, is_full=True)
    relate_entities(warehouse, is_full=True)


def dated(starts: str, ends: str | None, observed: str | None = None, **columns: Any) -> dict[str, Any]:
    return {**LEASE, "valid_from": starts, "valid_to": ends, "observed_on": observed or starts, **columns}


def relations(warehouse: Warehouse, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.rows(f"SELECT {columns} FROM resolved.relation ORDER BY kind, subject_id, valid_from, value")


def test_facts_of_two_records_of_one_person_merge_where_they_touch(warehouse: Warehouse) -> None:
    facts(
        warehouse,
        dated("2024-01-01", "2025-01-01"),
        dated("2025-01-01", "2026-01-01", "2025-02-01", subject_id=2),
        dated("2024-06-01", "2024-09-01"),
        dated("2026-03-01", None),
    )
    found = relations(
        warehouse, "subject_id, object_id, valid_from::VARCHAR, valid_to::VARCHAR, observed_on::VARCHAR, n_records"
    )
    assert found == [
        ("P1", "H1", "2024-01-01", "2026-01-01", "2025-02-01", 3),
        ("P1", "H1", "2026-03-01", None, "2026-03-01", 1),
    ]


def test_an_open_fact_swallows_what_starts_later(warehouse: Warehouse) -> None:
    facts(warehouse, dated("2020-01-01", None), dated("2024-01-01", "2025-01-01"))
    assert relations(warehouse, "valid_from::VARCHAR, valid_to") == [("2020-01-01", None)]


def test_facts_that_start_on_one_day_merge_however_many_there_are(warehouse: Warehouse) -> None:
    same_day = [dated("2024-01-01", f"2024-0{month}-01", observed=f"2024-0{month}-01") for month in range(2, 10)]
    facts(warehouse, dated("2023-01-01", "2023-06-01"), *same_day * 40, dated("2025-01-01", None))
    found = relations(warehouse, "valid_from::VARCHAR, valid_to::VARCHAR, n_records")
    assert found == [("2023-01-01", "2023-06-01", 1), ("2024-01-01", "2024-09-01", 320), ("2025-01-01", None, 1)]


def test_other_values_feeds_and_kinds_stay_apart(warehouse: Warehouse) -> None:
    facts(
        warehouse,
        dated("2024-01-01", None, value="2"),
        dated("2024-01-01", None, value="3"),
        dated("2024-01-01", None, kind="letting"),
        dated("2024-01-01", None, feed="field_visits"),
    )
    [(number, ids)] = warehouse.rows("SELECT count(*), count(DISTINCT relation_id) FROM resolved.relation")
    assert (number, ids) == (4, 4)


def test_a_fact_that_was_never_in_force_or_ties_an_entity_to_itself_yields_nothing(warehouse: Warehouse) -> None:
    facts(
        warehouse,
        dated("2024-01-01", "2024-01-01"),
        dated("2024-01-01", "2023-01-01"),
        dated("2024-01-01", None, kind="kin", object_register="person", object_id=2),
        dated("2024-01-01", None, kind="kin", object_register="person", object_id=3),
    )
    assert relations(warehouse, "kind, subject_id, object_id") == [("kin", "P1", "P3")]


def test_the_id_of_a_relation_does_not_change_with_the_order_of_facts(warehouse: Warehouse) -> None:
    one, other = dated("2024-01-01", "2025-01-01"), dated("2024-06-01", "2026-01-01", subject_id=2)
    facts(warehouse, one, other)
    [first] = relations(warehouse, "relation_id")
    warehouse.execute("DELETE FROM standard.fact")
    facts(warehouse, other, one)
    assert relations(warehouse, "relation_id") == [first]


def test_confidence_is_the_surest_fact_with_both_ends(warehouse: Warehouse) -> None:
    facts(warehouse, dated("2024-01-01", None), dated("2024-02-01", None, subject_id=2))
    assert relations(warehouse, "round(confidence, 6)") == [(0.9408,)]
