"""The match index gives back the records that hold a key, also of a key that fills more than a page."""

from pathlib import Path

import pyarrow as pa
import pytest

from stores.match_file import PAGE, find_records, write_match_file

LARGEST = 2**63 - 1


def pairs(*rows: tuple[int, int]) -> pa.Table:
    keys, records = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"key": pa.array(keys, pa.int64()), "record_id": pa.array(records, pa.int64())})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "match.sqlite"
    full = [(7, record) for record in range(3 * PAGE)]
    many = pairs((1, -5), (1, 9), *full, (8, 4), *((key, key) for key in range(100, 100 + 2 * PAGE)), (LARGEST, 3))
    rules = [("person", "same_id", many), ("person", "phone", pairs((1, 77))), ("unit", "phone", pairs())]
    assert write_match_file(place, rules) == many.num_rows + 1
    return place


def test_records_of_a_key_are_found_under_its_rule_and_register_only(file: Path) -> None:
    assert find_records(file, "person", [("same_id", 1)]) == [-5, 9]
    assert find_records(file, "person", [("same_id", 1), ("phone", 1), ("same_id", 8)]) == [-5, 4, 9, 77]
    assert find_records(file, "unit", [("phone", 1), ("same_id", 1)]) == []


def test_a_key_that_fills_several_pages_is_found_whole(file: Path) -> None:
    assert find_records(file, "person", [("same_id", 7)]) == list(range(3 * PAGE))


def test_keys_on_both_sides_of_a_page_are_found(file: Path) -> None:
    for key in range(100, 100 + 2 * PAGE):
        assert find_records(file, "person", [("same_id", key)]) == [key]
    assert find_records(file, "person", [("same_id", LARGEST)]) == [3]


def test_a_key_that_nobody_holds_finds_nobody(file: Path) -> None:
    for key in (0, 2, 9, LARGEST - 1):
        assert find_records(file, "person", [("same_id", key)]) == []
