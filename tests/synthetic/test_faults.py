"""Every declared fault occurs at about its declared rate."""

import math
from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from synthetic.faults import read_faults
from tests.synthetic.conftest import Made
from tests.synthetic.readers import read_rows


def test_every_declared_fault_occurs_at_about_its_rate(made: Made) -> None:
    log = made.truth("faults")
    counted = {
        (fault, feed): (int(eligible), int(applied))
        for fault, feed, eligible, applied in zip(*(column.to_pylist() for column in log.columns), strict=True)
    }

    for fault, rates in read_faults().rates.items():
        for feed, rate in rates.items():
            eligible, applied = counted[(fault, feed)]
            spread = 5 * math.sqrt(eligible * rate * (1 - rate)) + 3
            together = 3 if fault == "registration_never" else 1  # families stay away together
            assert abs(applied - eligible * rate) <= spread * together, (fault, feed, eligible, applied)


def test_ids_are_written_in_all_the_ways_that_departments_write_them(made: Made) -> None:
    numbers = [str(row["权利人证件号"] or "") for row in read_rows(made.full("housing_register"))]

    assert {15, 18} <= {len(number) for number in numbers}
    assert "" in numbers


def test_addresses_come_as_spoken(made: Made) -> None:
    addresses = [str(row["居住地址"]) for row in read_rows(made.full("residence_registration"))]

    assert any("室" not in address and "-" in address for address in addresses)
    assert any("弄" not in address and "村" not in address for address in addresses)
    assert any("〇" in address or "三" in address for address in addresses)
    assert any("０" in address or "１" in address for address in addresses)


def test_visits_note_names_mostly_without_a_number(made: Made) -> None:
    people = [person for row in read_rows(made.full("field_visits")) for person in row["人员"]]  # type: ignore[attr-defined]

    without = sum(person["证件号"] is None for person in people)
    assert without / len(people) > 0.75
    assert all(person["姓名"] for person in people)


def test_a_rate_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.yml"
    file.write_text(
        "version: 1\nfaults:\n  id_missing:\n    rates: {utilities: 2}\ndeltas: {}\nextra: 1\n", encoding="utf-8"
    )

    with pytest.raises(DeclarationError) as refused:
        read_faults(file)

    assert {problem.key for problem in refused.value.problems} == {
        "faults.id_missing.why",
        "faults.id_missing.rates.utilities",
        "extra",
    }
