"""Purposes: strict, complete, no longer than a year, and never for what is protected."""

from datetime import date
from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.purposes import Role, Verb, read_purposes

VISIT = """
code: visit
title: {zh: 走访, en: Visiting}
legal_basis: a law
owner: housing
retention_days: 30
readers: {housing: [analyst, inspector]}
verbs: [ask]
registers: {house: [address]}
counts: [person]
areas: [district]
case_number: true
granted_on: 2026-11-01
expires_on: 2027-10-31
"""


def written(folder: Path, text: str) -> DeclarationTree:
    (folder / "purposes").mkdir()
    (folder / "purposes" / "visit.yml").write_text(text, encoding="utf-8")
    return DeclarationTree(folder)


def test_a_purpose_says_who_may_read_what_where_and_until_when(tmp_path: Path) -> None:
    purpose = read_purposes(written(tmp_path, VISIT))["visit"]
    assert (purpose.title_zh, purpose.legal_basis, purpose.owner) == ("走访", "a law", "housing")
    assert purpose.reach is not None
    assert purpose.reach.readers == {("housing", Role.ANALYST), ("housing", Role.INSPECTOR)}
    assert (purpose.reach.verbs, purpose.reach.fields) == ({Verb.ASK}, {"house": {"address"}})
    assert (purpose.reach.areas, purpose.reach.case_number) == ({"district"}, True)
    assert [purpose.has_expired(day) for day in (date(2027, 10, 31), date(2027, 11, 1))] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("legal_basis: a law\n", "", "legal_basis: Field required"),
        ("expires_on: 2027-10-31\n", "", "expires_on: Field required"),
        ("2027-10-31", "2027-11-03", "expires_on: must lie within 12 months"),
        ("2027-10-31", "2026-10-31", "expires_on: must lie within 12 months"),
        ("[analyst, inspector]", "[auditor]", "readers.housing: auditor reads no persons"),
        ("[analyst, inspector]", "[boss]", "readers.housing.0"),
        ("verbs: [ask]", "verbs: [download]", "verbs.0"),
        ("house: [address]", "house: [ethnicity]", "ethnicity carries ethnicity"),
        ("en: Visiting", "en: Religion", "speaks of religion"),
        ("[district]", "[district, '310114102']", "areas: district is all of them"),
        ("code: visit", "code: visits", "code: visits must be the file's stem"),
        ("counts: [person]", "counts: [person]\nsurprise: 1", "surprise: Extra inputs"),
        ("readers: {housing: [analyst, inspector]}", "made_up_people: true", "verbs: Extra inputs"),
    ],
)
def test_what_is_missing_or_not_allowed_does_not_load(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in VISIT
    with pytest.raises(DeclarationError, match=told):
        read_purposes(written(tmp_path, VISIT.replace(old, new)))


def test_all_mistakes_of_a_file_are_told_together(tmp_path: Path) -> None:
    text = VISIT.replace("code: visit", "code: other").replace("2027-10-31", "2029-10-31")
    with pytest.raises(DeclarationError) as refused:
        read_purposes(written(tmp_path, text))
    assert {problem.key for problem in refused.value.problems} == {"code", "expires_on"}


def test_real_purposes_are_shipped_beside_training() -> None:
    shipped = read_purposes(DeclarationTree())
    assert [code for code, each in shipped.items() if each.reach is None] == ["training"]
    assert len(shipped) - 1 >= 8
    statistics = shipped["statistics"].reach
    assert statistics is not None and statistics.fields == {} and statistics.relationships == frozenset()
