"""Two homes have the same partition where the same records are together, whatever the entities are called."""

import json
from pathlib import Path

import duckdb

from bench.partitions import READ, Comparison, compare_partitions


def home(folder: Path, entities: dict[str, list[int]]) -> Path:
    """A home whose snapshot has these persons with their records."""
    current = folder / "snapshots" / "current"
    current.mkdir(parents=True)
    with duckdb.connect(str(current / "entities.duckdb")) as connection:
        connection.execute("CREATE TABLE member (register VARCHAR, record_id BIGINT, entity_id VARCHAR)").fetchall()
        rows = [("person", record, entity) for entity, records in entities.items() for record in records]
        connection.executemany("INSERT INTO member VALUES (?, ?, ?)", rows)
    tables = {name: {"rows": 1, "hash": str(len(rows))} for name in READ}
    (current / "manifest.json").write_text(json.dumps({"tables": tables}))
    return folder


def compared(tmp_path: Path, right: dict[str, list[int]]) -> Comparison:
    return compare_partitions(home(tmp_path / "l", {"a": [1, 2], "b": [3], "c": [4]}), home(tmp_path / "r", right))


def test_names_do_not_matter(tmp_path: Path) -> None:
    found = compared(tmp_path, {"x": [3], "y": [4], "z": [1, 2]})
    assert found == Comparison(4, 0, 3, 0, is_read_alike=True)
    assert found.is_same


def test_a_split_and_a_merge_are_seen_from_either_side(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": [1], "d": [2], "b": [3, 4]})
    assert (found.entities_that_differ, found.is_same) == (3, False)


def test_a_record_that_only_one_has_is_seen(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": [1, 2], "b": [3, 5], "c": [4]})
    assert (found.records, found.records_of_one, found.entities_that_differ, found.is_same) == (5, 1, 0, False)
    assert not found.is_read_alike
