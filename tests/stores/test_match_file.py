"""The match index gives back the nodes that hold a key, also of one that fills more than a page, and their entities."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stores.match_file import NODES, PAGE, IndexedRegister, MatchFile, MatchFileWriter, Node

LARGEST = 2**63 - 1
PERSON = IndexedRegister(
    "person", 4 * NODES, "{}", (("name", "VARCHAR"), ("born", "DATE")), {"dwellings": frozenset("H")}
)


def pairs(*rows: tuple[int, int]) -> pa.Table:
    keys, places = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"key": pa.array(keys, pa.int64()), "place": pa.array(places, pa.uint32())})


def line(place: int) -> list[Any]:
    """A node of the first three, or of an entity of its own, or of the one that fills all of the last pages."""
    entity = "P0" if place < 3 else "P9" if place >= NODES - 2 else f"P1{place:03}"
    return [entity, -place, "何\n秀" if place == 1 else None, "1990-01-01" if place == 2 else None]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[MatchFile]:
    full = [(7, place) for place in range(3 * PAGE)]
    many = pairs((1, 5), (1, 9), *full, (8, 4), *((key, key) for key in range(100, 100 + 2 * PAGE)), (LARGEST, 3))
    with MatchFileWriter(tmp_path / "match.sqlite") as index:
        index.add_register(PERSON)
        index.add_rule("person", "same_id", many)
        index.add_rule("person", "phone", pairs((1, 77)))
        index.add_rule("unit", "phone", pairs())
        for start in (0, 2):
            pages = range(start, start + 2)
            lines = [
                "\n".join(json.dumps(line(place)) for place in range(page * NODES, (page + 1) * NODES))
                for page in pages
            ]
            index.add_nodes("person", pa.table({"page": list(pages), "content": lines}))
    with closing(MatchFile(tmp_path / "match.sqlite")) as opened:
        yield opened


def test_nodes_of_a_key_are_found_under_its_rule_and_register_only(file: MatchFile) -> None:
    assert file.places("person", "same_id", 1) == [5, 9]
    assert file.places("person", "phone", 1) == [77]
    assert file.places("unit", "phone", 1) == []
    assert file.places("unit", "same_id", 1) == []


def test_a_key_that_fills_several_pages_is_found_whole(file: MatchFile) -> None:
    assert file.places("person", "same_id", 7) == list(range(3 * PAGE))


def test_keys_on_both_sides_of_a_page_are_found(file: MatchFile) -> None:
    for key in range(100, 100 + 2 * PAGE):
        assert file.places("person", "same_id", key) == [key]
    assert file.places("person", "same_id", LARGEST) == [3]


def test_a_key_that_nobody_holds_finds_nobody(file: MatchFile) -> None:
    for key in (0, 2, 9, LARGEST - 1):
        assert file.places("person", "same_id", key) == []


def test_nodes_come_back_as_they_were_written(file: MatchFile) -> None:
    found = file.nodes("person", [2, 1])
    assert found == {1: Node("P0", -1, ("何\n秀", None)), 2: Node("P0", -2, (None, date(1990, 1, 1)))}


def test_all_nodes_of_an_entity_are_found_from_any_of_them(file: MatchFile) -> None:
    assert [node.record_id for node in file.entity_nodes("person", 1)] == [0, -1, -2]
    whole = [-place for place in range(NODES - 2, 4 * NODES)]
    for place in (NODES - 2, NODES, 3 * NODES - 1, 4 * NODES - 1):
        assert [node.record_id for node in file.entity_nodes("person", place)] == whole


def test_what_was_said_of_a_register_is_told_again(file: MatchFile) -> None:
    assert file.register("person") == PERSON
    assert file.register("house") is None
