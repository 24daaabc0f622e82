"""Every feed comes in the format, encoding and columns that its contract declares."""

import re
from pathlib import Path

import pytest

from schemas.declarations import load_declarations
from synthetic.district import FEEDS
from tests.synthetic.conftest import Made
from tests.synthetic.readers import read_rows

CONTRACTS = load_declarations().contracts


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_has_exactly_the_columns_of_its_contract(made: Made, feed: str) -> None:
    rows = read_rows(made.full(feed))

    assert list(rows[0]) == [column.name for column in CONTRACTS[feed].columns]
    assert {row["操作"] or "" for row in rows} == {""}


@pytest.mark.parametrize("feed", FEEDS)
def test_file_names_and_order_follow_the_contract(made: Made, feed: str) -> None:
    pattern = re.compile(CONTRACTS[feed].delivery.file_pattern)
    names = sorted(path.name for path in (made.folder / "feeds" / feed).iterdir())

    matches = [pattern.fullmatch(name) for name in names]
    assert all(matches)
    assert {match["date"] for match in matches if match and match["mode"] == "full"} == {"20260630"}
    assert {match["date"] for match in matches if match and match["mode"] == "delta"} <= {"20260701", "20260702"}


def test_encodings_are_those_of_the_departments(made: Made) -> None:
    assert made.full("residence_registration").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not made.full("rental_contracts").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        made.full("household_register").read_text(encoding="utf-8")
    assert "人员编号" in made.full("household_register").read_text(encoding="gb18030")


def test_a_spreadsheet_turns_some_ids_into_numbers(tmp_path: Path, made: Made) -> None:
    kinds = {type(row["身份证号"]) for row in read_rows(made.full("separated_residents"))}

    assert str in kinds
    assert kinds <= {str, float}


def test_deltas_bring_new_changed_deleted_repeated_and_late_rows(made: Made) -> None:
    feed = made.folder / "feeds" / "residence_registration"
    before = {row["登记编号"]: row for row in read_rows(made.full("residence_registration"))}
    found = set()
    for path in sorted(feed.glob("*_delta_*")):
        for row in read_rows(path):
            known = before.get(row["登记编号"])
            if row["操作"] == "新增":
                assert known is None
                found.add("new")
            elif row["操作"] == "删除":
                found.add("deleted")
            elif known is not None:
                newer, older = str(row["更新时间"]), str(known["更新时间"])
                found.add("changed" if newer > older else "late" if newer < older else "repeated")

    assert {"new", "changed", "repeated"} <= found
