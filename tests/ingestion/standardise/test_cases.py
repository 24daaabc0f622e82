"""Every raw → standard case of tests/cases/standardise/: the file's name is the standardiser."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.standardise.registry import STANDARDISERS

CASES = Path(__file__).parents[2] / "cases" / "standardise"


def _cases() -> list[Any]:
    return [
        pytest.param(file.stem, case["raw"], case["standard"], id=f"{file.stem}: {case['raw']}")
        for file in sorted(CASES.glob("*.yml"))
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def _written(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else str(value)


@pytest.mark.parametrize(("standardiser", "raw", "standard"), _cases())
def test_the_raw_value_becomes_the_standard_one(standardiser: str, raw: str, standard: dict[str, object]) -> None:
    declared = STANDARDISERS[standardiser]
    fields = [output.field for output in declared.outputs]

    found = dict(zip(fields, declared.standardise(raw), strict=True))

    assert {field: _written(found[field]) for field in standard} == standard


def test_every_standardiser_has_cases() -> None:
    assert {file.stem for file in CASES.glob("*.yml")} == set(STANDARDISERS)


@pytest.mark.parametrize("name", ["person_name", "resident_id", "phone", "date", "address", "organisation_name"])
def test_the_hard_standardisers_have_many_cases(name: str) -> None:
    assert len(yaml.safe_load((CASES / f"{name}.yml").read_text(encoding="utf-8"))) >= 36


def test_dates_are_dates() -> None:
    assert STANDARDISERS["date"].standardise("20260630") == (date(2026, 6, 30),)
