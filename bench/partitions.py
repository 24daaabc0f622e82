"""Whether two homes link the same records to one another, whatever their entities are called."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

READ = ("person_record", "house_record", "unit_record", "fact")


@dataclass(frozen=True)
class Comparison:
    """Records of both, those that only one has, and the entities whose records differ; counts over all registers.

    `is_read_alike`: the standard records and facts of both are equal in rows and hash.
    """

    records: int
    records_of_one: int
    entities: int
    entities_that_differ: int
    is_read_alike: bool

    @property
    def is_same(self) -> bool:
        """Whether both have the same records, together in the same way."""
        return self.records_of_one == 0 and self.entities_that_differ == 0

    def as_json(self) -> dict[str, Any]:
        """The counts by name, with the verdict."""
        return {**asdict(self), "is_same": self.is_same}


def compare_partitions(left: Path, right: Path) -> Comparison:
    """Compares the current snapshots of two homes, register by register."""
    connection = duckdb.connect()
    for name, home in (("l", left), ("r", right)):
        file = home / "snapshots" / "current" / "entities.duckdb"
        connection.execute(f"ATTACH '{file}' AS {name} (READ_ONLY)")
    [counts] = connection.execute(partition_sql()).fetchall()
    connection.close()
    return Comparison(*counts, is_read_alike=_read_tables(left) == _read_tables(right))


def partition_sql() -> str:
    """One row: records, records of one side only, entities on the left, those of them whose records differ."""
    return """
        WITH both_sides AS (
            SELECT register, record_id, l.entity_id AS l, r.entity_id AS r
            FROM l.member l FULL JOIN r.member r USING (register, record_id)
        ), met AS (
            SELECT register, l, r FROM both_sides GROUP BY ALL
        ), judged AS (
            SELECT l, count(*) OVER (PARTITION BY register, l) > 1 OR count(*) OVER (PARTITION BY register, r) > 1
                   OR r IS NULL AS differs
            FROM met WHERE l IS NOT NULL
        )
        SELECT (SELECT count(*) FROM both_sides), (SELECT count(*) FROM both_sides WHERE l IS NULL OR r IS NULL),
               count(DISTINCT l), count(DISTINCT l) FILTER (differs)
        FROM judged
    """


def _read_tables(home: Path) -> list[Any]:
    manifest = json.loads((home / "snapshots" / "current" / "manifest.json").read_text(encoding="utf-8"))
    return [manifest["tables"][name] for name in READ]
