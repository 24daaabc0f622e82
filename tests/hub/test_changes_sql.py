"""What came, went and changed between two sets of tables, on as few rows as prove it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pytest

from hub.changes import Correction, add_corrections
from hub.changes_sql import BEFORE, REGISTERS, compare_sql
from stores.changes import ENTRY
from stores.warehouse import Warehouse, open_warehouse

Entry = tuple[str, str, str | None, tuple[str, ...]]
FIELDS = {"person": ["name", "phone"], "house": ["area_m2"], "unit": []}
GOLDEN = {
    "person": "entity_id VARCHAR, name VARCHAR, phone VARCHAR, n_records BIGINT",
    "house": "entity_id VARCHAR, area_m2 DOUBLE",
    "unit": "entity_id VARCHAR",
}
RELATION = """
    relation_id BIGINT, kind VARCHAR, subject_register VARCHAR, subject_id VARCHAR, object_register VARCHAR,
    object_id VARCHAR, valid_to DATE, observed_on DATE
"""
LINEAGE = "event_id BIGINT, kind VARCHAR, entity_id VARCHAR, other_id VARCHAR"


@dataclass
class Sides:
    """The tables of before and now; both begin with two persons of a record each and one house."""

    warehouse: Warehouse

    def both(self, sql: str) -> None:
        """Changes tables on both sides, alike; `@` stands before their names."""
        for schema in ("resolved", BEFORE):
            self.warehouse.execute(sql.replace("@", f"{schema}."))

    def now(self, sql: str) -> None:
        """Changes tables of now."""
        self.warehouse.execute(sql.replace("@", "resolved."))

    def event(self, kind: str, entity: str, other: str | None = None) -> None:
        """One more event of the lineage."""
        number = "(SELECT count(*) + 1 FROM resolved.lineage)"
        self.warehouse.execute(f"INSERT INTO resolved.lineage SELECT {number}, ?, ?, ?", [kind, entity, other])

    def person(self, entity: str, record: int, feed: str = "household_register") -> None:
        """A person that is there now and was not, of one record."""
        self.now(f"INSERT INTO @person VALUES ('{entity}', '王', '1', 1)")
        self.now(f"INSERT INTO @member VALUES ('person', {record}, '{entity}', {record})")
        self.warehouse.execute(f"INSERT INTO standard.person_record VALUES ({record}, '{feed}')")

    def gone(self, entity: str) -> None:
        """A person that was there and is no more, nor its records."""
        self.now(f"DELETE FROM @person WHERE entity_id = '{entity}'; DELETE FROM @member WHERE entity_id = '{entity}'")

    def entries(self, columns: str = "kind, entity_id, other_id, fields") -> set[tuple[object, ...]]:
        """What the comparison finds."""
        self.warehouse.execute(f"CREATE OR REPLACE TEMP TABLE entry ({ENTRY})")
        for statement in compare_sql(FIELDS):
            self.warehouse.execute(statement)
        rows = self.warehouse.rows(f"SELECT {columns} FROM entry")
        return {tuple(tuple(each) if isinstance(each, list) else each for each in row) for row in rows}


@pytest.fixture
def sides() -> Iterator[Sides]:
    with open_warehouse(None) as warehouse:
        warehouse.execute("ATTACH ':memory:' AS before")
        found = Sides(warehouse)
        for register in REGISTERS:
            found.both(f"CREATE TABLE @{register} ({GOLDEN[register]})")
            for schema in ("standard", BEFORE):
                warehouse.execute(f"CREATE TABLE {schema}.{register}_record (record_id BIGINT, feed VARCHAR)")
        found.both("CREATE TABLE @member (register VARCHAR, record_id BIGINT, entity_id VARCHAR, number BIGINT)")
        found.both(f"CREATE TABLE @relation ({RELATION})")
        found.both("CREATE TABLE @residence (person_id VARCHAR, house_id VARCHAR, valid_from DATE, valid_to DATE)")
        warehouse.execute(f"CREATE TABLE resolved.lineage ({LINEAGE})")
        tie = pa.table({"kind": ["lease", "lease", ""], "type": ["EVIDENCE_AT", "RENTS", "LIVES_AT"]})
        warehouse.register_arrow("declared_tie", tie)
        found.both("INSERT INTO @person VALUES ('P1', '王', '1', 1), ('P2', '李', NULL, 1)")
        found.both("INSERT INTO @house VALUES ('H1', 50)")
        found.both("INSERT INTO @member VALUES ('person', 1, 'P1', 1), ('person', 2, 'P2', 2), ('house', 3, 'H1', 3)")
        for schema in ("standard", BEFORE):
            warehouse.execute(f"INSERT INTO {schema}.person_record VALUES (1, 'school_roll'), (2, 'utilities')")
            warehouse.execute(f"INSERT INTO {schema}.house_record VALUES (3, 'housing_register')")
        yield found


def test_equal_tables_change_nothing(sides: Sides) -> None:
    sides.both("INSERT INTO @relation VALUES (7, 'lease', 'person', 'P1', 'house', 'H1', NULL, '2026-06-30')")
    sides.both("INSERT INTO @residence VALUES ('P1', 'H1', '2026-01-01', NULL)")
    assert sides.entries() == set()


def test_fields_with_other_values_are_named(sides: Sides) -> None:
    sides.now("UPDATE @person SET phone = '2' WHERE entity_id = 'P2'; UPDATE @person SET n_records = 9")
    sides.now("UPDATE @house SET area_m2 = NULL")
    assert sides.entries() == {("changed", "P2", None, ("phone",)), ("changed", "H1", None, ("area_m2",))}


def test_a_record_that_moves_changes_both_entities(sides: Sides) -> None:
    sides.both("INSERT INTO @member VALUES ('person', 4, 'P1', 1)")
    sides.now("UPDATE @member SET entity_id = 'P2', number = 2 WHERE record_id = 4")
    assert sides.entries() == {("changed", "P1", None, ("records",)), ("changed", "P2", None, ("records",))}


def test_a_relation_that_ends_changes_both_ends_in_every_type_it_becomes(sides: Sides) -> None:
    sides.both("INSERT INTO @relation VALUES (7, 'lease', 'person', 'P1', 'house', 'H1', NULL, '2026-06-30')")
    sides.now("UPDATE @relation SET valid_to = '2026-07-01'")
    both = ("EVIDENCE_AT", "RENTS")
    assert sides.entries() == {("changed", "P1", None, both), ("changed", "H1", None, both)}


def test_a_relation_that_was_only_observed_again_changes_nothing(sides: Sides) -> None:
    sides.both("INSERT INTO @relation VALUES (7, 'lease', 'person', 'P1', 'house', 'H1', NULL, '2026-06-30')")
    sides.now("UPDATE @relation SET observed_on = '2026-07-01'")
    assert sides.entries() == set()


def test_a_residence_that_is_no_more_changes_person_and_house(sides: Sides) -> None:
    sides.both("INSERT INTO @residence VALUES ('P1', 'H1', '2026-01-01', NULL)")
    sides.now("DELETE FROM @residence")
    assert sides.entries() == {("changed", "P1", None, ("LIVES_AT",)), ("changed", "H1", None, ("LIVES_AT",))}


def test_who_comes_is_new_split_or_revived_and_nothing_else_is_told_of_them(sides: Sides) -> None:
    for record, entity in enumerate(("P3", "P4", "P5", "P6", "P7"), start=13):
        sides.person(entity, record)
    sides.event("born", "P3")
    sides.event("split", "P4", "P1")
    sides.event("split", "P5", "never published")
    sides.event("retired", "P6")
    sides.event("revived", "P6")
    expected = [("new", "P3", None), ("split", "P4", "P1"), ("split", "P5", None), ("revived", "P6", None)]
    # Of a register's first generation there is no event.
    assert sides.entries() == {(*each, ()) for each in [*expected, ("new", "P7", None)]}


def test_who_is_gone_is_led_to_the_end_of_the_chain(sides: Sides) -> None:
    sides.gone("P2")
    sides.event("merged", "P2", "never published")
    sides.event("merged", "never published", "P1")
    assert sides.entries() == {("merged", "P2", "P1", ())}


@pytest.mark.parametrize("events", [[("retired", "P2", None)], [("merged", "P2", "P9"), ("retired", "P9", None)], []])
def test_whose_records_nobody_has_any_more_has_ended(sides: Sides, events: list[tuple[str, str, str | None]]) -> None:
    sides.gone("P2")
    for event in events:
        sides.event(*event)
    assert sides.entries() == {("retired", "P2", None, ())}


def test_what_came_and_went_in_between_is_not_told(sides: Sides) -> None:
    sides.event("born", "P3")
    sides.event("merged", "P3", "P1")
    sides.event("merged", "P2", "P1")
    sides.event("revived", "P2")
    assert sides.entries() == set()


def test_an_entry_is_told_to_the_feeds_that_had_or_have_a_record(sides: Sides) -> None:
    sides.now(
        "UPDATE @member SET entity_id = 'P1', number = 1 WHERE record_id = 2; DELETE FROM @member WHERE record_id = 1"
    )
    sides.now("DELETE FROM @person WHERE entity_id = 'P2'")
    sides.event("merged", "P2", "P1")
    feeds = ("school_roll", "utilities")
    assert sides.entries("kind, entity_id, feeds, other_feeds") == {
        ("merged", "P2", ("utilities",), feeds),
        ("changed", "P1", feeds, ()),
    }


def test_a_correction_is_told_to_the_feed_of_its_record_alone(sides: Sides) -> None:
    sides.warehouse.execute(f"CREATE OR REPLACE TEMP TABLE entry ({ENTRY})")
    add_corrections(sides.warehouse, [Correction(1, "person", "school_roll", "31011420100101001X", "birth_date")])
    [row] = sides.warehouse.rows("SELECT kind, entity_id, fields, feeds, other_feeds FROM entry")
    assert row == ("corrected", None, ["birth_date"], ["school_roll"], [])
    [(record,)] = sides.warehouse.rows("SELECT record_id FROM entry")
    sides.now(f"INSERT INTO @member VALUES ('person', {record}, 'P1', 1)")
    add_corrections(sides.warehouse, [Correction(2, "person", "school_roll", "31011420100101001X", "name")])
    assert ("P1", ["name"]) in sides.warehouse.rows("SELECT entity_id, fields FROM entry")
