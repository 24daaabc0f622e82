"""Graph tables hold what the model declares, and nothing that hangs in the air."""

from hub.graph.port import GraphStore
from stores.warehouse import Warehouse


def _edges(warehouse: Warehouse, table: str, columns: str = "start_id, end_id") -> list[tuple[object, ...]]:
    return warehouse.rows(f"SELECT {columns} FROM graph.rel_{table} ORDER BY ALL")


def test_kin_of_oneself_is_left_out_and_parallel_kin_is_kept(
    smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    kin = _edges(smalltown_tables, "kin_of")
    assert ("P01", "P01") not in kin
    assert kin.count(("P02", "P01")) == 2


def test_evidence_without_an_end_lapses_by_its_kind(smalltown: GraphStore, smalltown_tables: Warehouse) -> None:
    rows = smalltown_tables.rows(
        "SELECT kind, valid_to::VARCHAR FROM graph.rel_evidence_at WHERE end_id = 'H04' "
        "UNION ALL SELECT kind, valid_to::VARCHAR FROM graph.rel_evidence_at WHERE start_id = 'U03' ORDER BY ALL"
    )
    assert rows == [("field_visit", "2026-06-30"), ("unit_not_found", "2027-04-01"), ("utility_use", "2026-09-29")]


def test_evidence_names_the_department_it_goes_back_to(smalltown: GraphStore, smalltown_tables: Warehouse) -> None:
    rows = smalltown_tables.rows(
        "SELECT DISTINCT kind, department, origin FROM graph.rel_evidence_at "
        "WHERE kind IN ('civil_affairs', 'unit_seen') ORDER BY ALL"
    )
    assert rows == [("civil_affairs", "civil_affairs", "public_security"), ("unit_seen", "town_teams", "town_teams")]


def test_relation_without_a_lapse_stays_open(smalltown: GraphStore, smalltown_tables: Warehouse) -> None:
    assert smalltown_tables.rows("SELECT count(*) FROM graph.rel_registered_at WHERE valid_to IS NOT NULL") == [(1,)]


def test_house_in_an_unknown_committee_is_in_none(smalltown: GraphStore, smalltown_tables: Warehouse) -> None:
    assert smalltown_tables.rows("SELECT count(*) FROM graph.rel_in_community WHERE start_id IN ('H50', 'H11')") == [
        (0,)
    ]


def test_review_links_join_each_pair_once_from_the_smaller_id(
    smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    assert _edges(smalltown_tables, "possibly_same", "start_label, start_id, end_id, probability, n_records") == [
        ("House", "H02", "H04", 0.6, 1),
        ("Person", "P12", "P40", 0.7, 1),
        ("Person", "P29", "P30", 0.9, 2),
        ("Person", "P31", "P32", 0.7, 1),
    ]


def test_every_relationship_has_an_id_of_its_own_and_a_start(
    smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    for (table,) in smalltown_tables.rows(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'graph' AND starts_with(table_name, 'rel_')"
    ):
        [(rows, ids, starts)] = smalltown_tables.rows(
            f"SELECT count(*), count(DISTINCT eid), count(valid_from) FROM graph.{table}"
        )
        assert rows == ids == starts, table


def test_building_is_a_dwelling_only_where_the_register_knows_no_rooms(
    smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    rows = smalltown_tables.rows(
        "SELECT id, is_dwelling, building_in_register FROM graph.node_house "
        "WHERE id IN ('H01', 'H09', 'H10', 'H11', 'H12') ORDER BY id"
    )
    assert rows == [
        ("H01", True, True),
        ("H09", True, False),
        ("H10", False, True),
        ("H11", False, False),
        ("H12", True, True),
    ]


def test_origin_of_the_hukou_is_null_where_no_feed_says(smalltown: GraphStore, smalltown_tables: Warehouse) -> None:
    rows = smalltown_tables.rows(
        "SELECT id, hukou_in_city FROM graph.node_person WHERE id IN ('P01', 'P06', 'P13') ORDER BY id"
    )
    assert rows == [("P01", None), ("P06", False), ("P13", True)]
