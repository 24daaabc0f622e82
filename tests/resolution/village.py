"""A village of a few persons, houses and units that changes at random, as the tables that derivation reads."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from stores.warehouse import Warehouse
from tests.resolution.tables import number_of

Row = dict[str, Any]
SURNAMES = ("wang", "li", "zhang")
FEEDS = ("household_register", "school_roll", "utilities", "field_visits", "housing_register", "business_register")
# Kinds of facts with the registers of their ends; those that come twice are the commoner for it.
KINDS = (
    *(("person", kind, "house") for kind in ("hukou", "lease", "lease", "field_visit", "field_visit", "school_home")),
    *(("person", kind, "house") for kind in ("residence_registration", "utility_use", "utility_use", "letting")),
    *(("person", kind, "house") for kind in ("ownership", "civil_affairs", "guardian_home", "separated_residence")),
    *(("person", kind, "person") for kind in ("kin", "kin", "kin", "guardian")),
    ("person", "employment", "unit"),
    ("unit", "licence", "house"),
)
ENTITIES = {"person": 24, "house": 16, "unit": 2}
RECORDS = {"person": 40, "house": 24, "unit": 3}
FACTS = 70


@dataclass
class Village:
    """Records by id with the entity that each belongs to, facts by id, and the day."""

    random: Random
    today: date
    records: dict[int, Row] = field(default_factory=dict)
    facts: dict[int, Row] = field(default_factory=dict)
    told: dict[int, Row] = field(default_factory=dict)
    last_id: int = 0

    def __post_init__(self) -> None:
        for register, count in RECORDS.items():
            for _ in range(count):
                self._add_record(register)
        for _ in range(FACTS):
            self._add_fact()

    def change(self, times: int) -> None:
        """So many changes, of a record or of a fact each."""
        of_records = [self._rewrite, self._rewrite, self._replace_record, self._move, self._doubt]
        steps = [*of_records, self._redate, self._replace_fact, self._replace_fact]
        for _ in range(times):
            self.random.choice(steps)()

    def write(self, warehouse: Warehouse) -> None:
        """Replaces records, facts, members and the run."""
        for register in RECORDS:
            rows = [_record(record, row) for record, row in self.records.items() if row["register"] == register]
            _fill(warehouse, f"standard.{register}_record", rows)
        _fill(warehouse, "standard.fact", [{"fact_id": fact, **row} for fact, row in self.facts.items()])
        _fill(warehouse, "resolved.member", [_member(record, row) for record, row in self.records.items()])
        warehouse.execute(f"CREATE OR REPLACE TABLE resolved.run AS SELECT DATE '{self.today}' AS as_of")

    def tell_touched(self, warehouse: Warehouse) -> None:
        """Fills `touched_entity` with those that a record has joined, left or changed in since the last time."""
        now = {record: dict(row) for record, row in self.records.items()}
        changed = [record for record in self.told.keys() | now.keys() if self.told.get(record) != now.get(record)]
        rows = [row for record in changed for row in (self.told.get(record), now.get(record)) if row is not None]
        touched = sorted({(row["register"], row["entity"]) for row in rows})
        self.told = now
        warehouse.execute("CREATE OR REPLACE TEMP TABLE touched_entity AS FROM resolved.touched LIMIT 0")
        _fill(warehouse, "touched_entity", [_entity(register, entity) for register, entity in touched])

    def _add_record(self, register: str) -> None:
        self.last_id += 1
        row = {"register": register, "entity": self._entity(register), "probability": self._sureness()}
        self.records[self.last_id] = row | self._content(register)

    def _replace_record(self) -> None:
        record = self._some(self.records)
        gone = self.records.pop(record)
        for fact in [fact for fact, row in self.facts.items() if record in (row["subject_id"], row["object_id"])]:
            del self.facts[fact]
        self._add_record(gone["register"])
        self._add_fact()

    def _rewrite(self) -> None:
        row = self.records[self._some(self.records)]
        row |= self._content(row["register"])

    def _move(self) -> None:
        row = self.records[self._some(self.records)]
        row["entity"] = self._entity(row["register"])

    def _doubt(self) -> None:
        self.records[self._some(self.records)]["probability"] = self._sureness()

    def _add_fact(self) -> None:
        subject, kind, other = self.random.choice(KINDS)
        self.last_id += 1
        ends = {"subject_register": subject, "subject_id": self._some_record(subject)}
        ends |= {"object_register": other, "object_id": self._some_record(other)}
        said: Row = {"feed": self.random.choice(FEEDS[:2]), "department": "d", "kind": kind, "version": "1"}
        said["value"] = self.random.choice(("spouse", "child", "other")) if kind == "kin" else None
        self.facts[self.last_id] = {**ends, **said, "row_key": str(self.last_id % 50), **self._dates()}

    def _replace_fact(self) -> None:
        del self.facts[self._some(self.facts)]
        self._add_fact()

    def _redate(self) -> None:
        fact = self._some(self.facts)
        self.facts[fact] = self.facts[fact] | self._dates()

    def _dates(self) -> Row:
        near = self.random.choice((-20, -1, 0, 5, 335, 364, 365))
        starts = self.today - timedelta(days=self.random.choice((near, self.random.randrange(1500))))
        lasts = self.random.choice((None, None, 10, 365, 366, 364, 200, 730))
        ends = None if lasts is None else starts + timedelta(days=lasts)
        seen = starts + timedelta(days=self.random.choice((0, 0, 15, 90)))
        return {"valid_from": starts, "valid_to": ends, "observed_on": seen}

    def _content(self, register: str) -> Row:
        row: Row = {"feed": self.random.choice(FEEDS), "recorded_on": self.today - timedelta(self.random.randrange(9))}
        row["ended_on"] = self.today if self.random.random() < 0.2 else None
        return row | {"person": self._person, "house": self._house, "unit": self._unit}[register]()

    def _person(self) -> Row:
        surname, given = self.random.choice(SURNAMES), self.random.choice((None, None, "ming", "hua"))
        number = self.random.choice((None, "1", "2", "111111111111111111"))
        row: Row = {"name": f"{surname} {given}", "surname_key": surname, "given_key": given, "id_number": number}
        row |= {"id_valid": number == "1", "id_birth_date": date(1990, 1, 1), "phone": self.random.choice((None, "5"))}
        return row | {"birth_date": self.random.choice((None, date(1990, 1, 1), date(1991, 1, 1)))}

    def _house(self) -> Row:
        precision = self.random.choice(("room", "room", "room", "building", "lane", "area"))
        row: Row = {"address": str(self.random.randrange(9)), "precision": precision, "road": "r"}
        row |= {"lane": self.random.choice((None, "1", "2")), "building_key": self.random.choice((None, "x", "y", "z"))}
        return row | {"community_code": self.random.choice((None, None, None, "A", "B", "C"))}

    def _unit(self) -> Row:
        return {"name": self.random.choice(("shop", "school")), "uscc": self.random.choice((None, "9"))}

    def _entity(self, register: str) -> str:
        return f"{register[0].upper()}{self.random.randrange(ENTITIES[register])}"

    def _sureness(self) -> float | None:
        return self.random.choice((None, 1.0, 0.97, 0.8))

    def _some(self, of: dict[int, Row]) -> int:
        return self.random.choice(sorted(of))

    def _some_record(self, register: str) -> int:
        return self.random.choice([record for record, row in self.records.items() if row["register"] == register])


def _record(record: int, row: Row) -> Row:
    content = {name: value for name, value in row.items() if name not in ("register", "entity", "probability")}
    return {"record_id": record, **content}


def _member(record: int, row: Row) -> Row:
    return {"record_id": record, "probability": row["probability"], **_entity(row["register"], row["entity"])}


def _entity(register: str, entity: str) -> Row:
    return {"register": register, "entity_id": entity, "number": number_of(entity)}


def _fill(warehouse: Warehouse, table: str, rows: list[Row]) -> None:
    warehouse.execute(f"DELETE FROM {table}")
    if rows:
        warehouse.register_arrow("rows", pa.Table.from_pylist(rows))
        warehouse.execute(f"INSERT INTO {table} BY NAME FROM rows")
        warehouse.unregister("rows")
