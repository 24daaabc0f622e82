import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingestion.errors import UnrecognisedFileError
from ingestion.recognise import find_files, recognise
from stores.operational.deliveries import DeliveryName
from tests.ingestion.village import CONTRACT, FULL

CONTRACTS = {"people": CONTRACT}


def sidecar(path: Path, **content: object) -> Path:
    path.write_text("")
    path.with_name(f"{path.name}.json").write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_file_name_that_fits_one_contract_says_what_it_is(tmp_path: Path) -> None:
    assert recognise(tmp_path / FULL, CONTRACTS).name == DeliveryName("people", "full", date(2026, 6, 30), 1)


def test_a_sidecar_says_what_a_file_of_any_name_is(tmp_path: Path) -> None:
    path = sidecar(tmp_path / "export (2).csv", feed="people", mode="delta", date="2026-07-02", sequence=3)

    assert recognise(path, CONTRACTS).name == DeliveryName("people", "delta", date(2026, 7, 2), 3)


def test_a_sidecar_goes_before_the_file_name(tmp_path: Path) -> None:
    path = sidecar(tmp_path / FULL, feed="people", mode="delta", date="2026-07-02", sequence=3)

    assert recognise(path, CONTRACTS).name.mode == "delta"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"feed": "people"}, "must hold exactly the keys date, feed, mode, sequence"),
        ({"feed": "cats", "mode": "full", "date": "2026-07-02", "sequence": 1}, "no contract; known feeds: people"),
        ({"feed": "people", "mode": "half", "date": "2026-07-02", "sequence": 1}, "expected full or delta"),
        ({"feed": "people", "mode": "full", "date": "2026-02-30", "sequence": 1}, "expected YYYY-MM-DD"),
        ({"feed": "people", "mode": "full", "date": "2026-07-02", "sequence": -1}, "expected a whole number"),
    ],
)
def test_a_sidecar_that_is_unclear_is_refused(tmp_path: Path, content: dict[str, object], problem: str) -> None:
    with pytest.raises(UnrecognisedFileError, match=problem):
        recognise(sidecar(tmp_path / "a.csv", **content), CONTRACTS)


def test_a_name_that_fits_no_contract_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnrecognisedFileError, match=r"fits no contract.*write notes.txt.json beside it"):
        recognise(tmp_path / "notes.txt", CONTRACTS)


def test_a_name_that_fits_two_contracts_is_refused(tmp_path: Path) -> None:
    twins = {"people": CONTRACT, "persons": replace(CONTRACT, id="persons")}

    with pytest.raises(UnrecognisedFileError, match=r"several contracts \(people, persons\)"):
        recognise(tmp_path / FULL, twins)


def test_folders_are_searched_and_sidecars_left_out(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    path = sidecar(tmp_path / "people" / "a.csv", feed="people")
    (tmp_path / ".hidden").write_text("")

    assert find_files([tmp_path, path]).files == (path,)


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnrecognisedFileError, match="nowhere does not exist"):
        find_files([tmp_path / "nowhere"])
