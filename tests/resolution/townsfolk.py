"""Hand-made person records, and linking them with stated weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resolution.identity import Churn, Minting
from resolution.linking import Linked, clear, link_register
from resolution.resolve import name_entities
from resolution.weights import LevelWeight, TermFrequencies, Weights
from schemas.files import DeclarationTree
from schemas.readers.linkage import LinkageModel, read_linkage
from stores.home import create_home
from stores.operational.database import Operational, open_operational
from stores.warehouse import Warehouse
from tests.resolution.tables import empty_warehouse, insert

MODEL = read_linkage(DeclarationTree())["person"]
KEY = bytes(32)


def stated_weights(model: LinkageModel = MODEL) -> Weights:
    """Weights made up for tests: a level that is not fixed holds for 90 % of true pairs where it is the first."""
    levels = {}
    for comparison in model.comparisons:
        for place, level in enumerate(comparison.levels):
            m = level.m or (0.9 if place == 0 else 0.05)
            u = level.u or (0.9 if level.when is None else 0.001)
            levels[comparison.id, level.id] = LevelWeight(m, u)
    frequencies = {name: TermFrequencies(0.0001, {"王伟": 0.01}) for name in ("written_name", "name_key")}
    return Weights(model.id, model.version, model.hash, 20_000, 0.5, levels, frequencies)


def person(record_id: int, name: str, sound: str, **fields: Any) -> dict[str, Any]:
    """A record in the columns of `standard.person_record`; `sound` is the name key, surname first."""
    surname, *given = sound.split()
    feed = fields.pop("feed", "household_register")
    key = fields.pop("record_key", f"{record_id}")
    id_number = fields.get("id_number")
    return {
        "record_id": record_id,
        "feed": feed,
        "record_key": key,
        "row_key": key.split("#")[0],
        "recorded_on": "2026-06-30",
        "name": name,
        "name_simplified": name,
        "name_key": sound,
        "surname_key": surname,
        "given_key": "".join(given),
        "id_valid": None if id_number is None else len(id_number) == 18,
        **fields,
    }


@dataclass
class Town:
    """An in-memory warehouse and an operational database in which persons are linked."""

    warehouse: Warehouse
    operational: Operational
    weights: Weights = field(default_factory=stated_weights)
    model: LinkageModel = MODEL
    runs: int = 0
    linked: Linked | None = None

    def add(self, *records: dict[str, Any]) -> None:
        """Adds person records."""
        insert(self.warehouse, "standard.person_record", records)

    def house(self, house: str, *records: int, kind: str = "hukou") -> None:
        """Ties person records to one resolved dwelling."""
        number = int(house, 36)
        known = f"SELECT 1 FROM resolved.member WHERE register = 'house' AND record_id = {number}"
        if not self.warehouse.rows(known):
            insert(self.warehouse, "resolved.member", [{"register": "house", "record_id": number, "entity_id": house}])
        for record in records:
            fact = {"kind": kind, "subject_register": "person", "subject_id": record}
            insert(self.warehouse, "standard.fact", [fact | {"object_register": "house", "object_id": number}])

    def link(self, model: LinkageModel = MODEL) -> Linked:
        """Links the person records and leaves the temporary tables of linking for a look."""
        return link_register(
            self.warehouse, self.operational, model=model, weights=self.weights, source="standard.person_record"
        )

    def resolve(self) -> Churn:
        """Links the person records and names their entities, as a run of its own."""
        self.runs += 1
        with self.warehouse.transaction():
            self.linked = self.link(self.model)
            minting = Minting("person", f"run-{self.runs:06d}", KEY)
            churn = name_entities(self.warehouse, self.operational, minting, self.linked)
        clear(self.warehouse)
        return churn

    def partition(self) -> set[frozenset[int]]:
        """The records of each entity in `resolved.member`, or of each cluster while a linking is open."""
        rows = self.warehouse.rows(
            "SELECT list(record_id) FROM resolved.member WHERE register = 'person' GROUP BY entity_id"
        )
        return {frozenset(records) for (records,) in rows}

    def entities(self) -> dict[int, str]:
        """The entity of each person record."""
        rows = self.warehouse.rows("SELECT record_id, entity_id FROM resolved.member WHERE register = 'person'")
        return dict(rows)

    def links(self) -> set[tuple[int, int, str, str, str | None]]:
        """record_l, record_r, origin, status, reason of every link between persons."""
        rows = self.warehouse.rows(
            "SELECT record_l, record_r, origin, status, reason FROM resolved.link WHERE register = 'person'"
        )
        return set(rows)


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """An empty town whose operational database lies in `folder`."""
    home = create_home(folder / "home", kind="synthetic")
    with empty_warehouse() as warehouse, open_operational(home) as operational:
        yield Town(warehouse, operational)
