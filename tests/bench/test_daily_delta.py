"""One daily delta out of two: in every format, of the wanted size, with nothing changed in a row."""

from collections import Counter
from pathlib import Path

import pytest

from bench.daily_delta import base_deliveries, read_rows, write_daily_delta
from synthetic.district import synthesize

DAYS = 4


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("district")
    synthesize(persons=1500, seed=3, days=DAYS, out=folder)
    return folder / "feeds"


def rows(files: list[Path]) -> Counter[tuple[str, str]]:
    return Counter((file.parent.name, repr(row)) for file in files for row in read_rows(file))


def test_all_rows_of_the_last_two_days_come_as_one_delivery_of_the_last(feeds: Path, tmp_path: Path) -> None:
    base = base_deliveries(feeds, DAYS)
    held_back = sorted(set(feeds.glob("*/*")) - set(base))
    assert {file.stem.split("_")[-2] for file in held_back} == {"20260703", "20260704"}
    count = write_daily_delta(feeds, tmp_path, days=DAYS, rows=10**6)
    files = sorted(tmp_path.glob("*/*"))
    assert {file.suffix for file in files} == {".csv", ".parquet", ".xlsx", ".jsonl"}
    assert {file.name.partition("_delta_")[2][:13] for file in files} == {"20260704_0001"}
    assert rows(files) == rows(held_back)
    assert count == sum(rows(files).values())


def test_the_delta_is_cut_to_the_rows_that_are_wanted(feeds: Path, tmp_path: Path) -> None:
    assert write_daily_delta(feeds, tmp_path, days=DAYS, rows=20) == 20
    assert sum(rows(sorted(tmp_path.glob("*/*"))).values()) == 20
