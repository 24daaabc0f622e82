"""The public set counts tokens; its spans are turned into places in the text, and spans are counted by label."""

import json
from pathlib import Path

import duckdb
import pytest

from bench.address_parsing import SET, by_endings, by_rules, count
from bench.address_set import HOUSE_CHAIN, LabelledAddress, labelled_addresses
from bench.suites.convert import data_folder
from ingestion.standardise.address_parts import Span

# An address of our own, with its spans counted as the set does: a run of digits is one token.
FLAT = "浙江省宁波市清河路1285号3幢2单元401室"
TOKENS = [
    ["prov", 0, 3], ["city", 3, 6], ["road", 6, 9], ["roadno", 9, 11], ["houseno", 11, 13], ["cellno", 13, 16],
    ["roomno", 16, 18],
]  # fmt: skip


def _set(folder: Path, *rows: tuple[str, list[list[object]]]) -> Path:
    file = folder / "set.parquet"
    connection = duckdb.connect()
    connection.execute("CREATE TABLE addresses (record_id VARCHAR, address VARCHAR, spans VARCHAR)")
    for number, (address, spans) in enumerate(rows):
        connection.execute("INSERT INTO addresses VALUES (?, ?, ?)", [str(number), address, json.dumps(spans)])
    connection.execute(f"COPY addresses TO '{file}' (FORMAT parquet)")
    connection.close()
    return file


def test_tokens_become_places_in_the_text(tmp_path: Path) -> None:
    (found,), left_out = labelled_addresses(_set(tmp_path, (FLAT, TOKENS)))

    written = {span.label: FLAT[span.start : span.end] for span in found.spans}
    assert (written["roadno"], written["cellno"], written["roomno"]) == ("1285号", "2单元", "401室")
    assert left_out == 0


def test_an_address_whose_tokens_fit_nowhere_is_left_out(tmp_path: Path) -> None:
    found, left_out = labelled_addresses(_set(tmp_path, (FLAT, TOKENS), (FLAT, [["road", 0, 99]])))

    assert (len(found), left_out) == (1, 1)


def test_the_rules_know_divisions_by_their_short_names_and_the_floor_does_not(tmp_path: Path) -> None:
    short = ("宁波清河路1285号", [["city", 0, 2], ["road", 2, 5], ["roadno", 5, 7]])
    labelled, _ = labelled_addresses(_set(tmp_path, (FLAT, TOKENS), short))

    rules, floor = count(by_rules, labelled), count(by_endings, labelled)

    assert rules.f1(HOUSE_CHAIN) == rules.f1() == 1.0
    assert floor.f1(["city"]) < 1.0


@pytest.mark.parametrize(
    ("found", "f1"),
    [({Span("road", 0, 3)}, 1.0), ({Span("road", 0, 2)}, 0.0), ({Span("poi", 0, 3)}, 0.0), (set(), 0.0)],
)
def test_a_span_is_right_where_label_start_and_end_agree(found: set[Span], f1: float) -> None:
    there = LabelledAddress("清河路", frozenset({Span("road", 0, 3)}))

    assert count(lambda _: frozenset(found), [there]).f1() == f1


def test_the_rules_reach_their_goals_on_the_public_set() -> None:
    file = data_folder() / SET
    if not file.is_file():
        return
    labelled, _ = labelled_addresses(file)

    found = count(by_rules, labelled)

    assert found.f1(HOUSE_CHAIN) >= 0.80
    assert found.f1() >= 0.65
