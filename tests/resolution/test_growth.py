"""How an entity came together is told in the order in which its links hold, with what was kept out of it."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from resolution.columns import Sources
from resolution.errors import UnknownRecordError
from resolution.growth import Growth, explain_growth
from stores.operational.decisions import Decision, DecisionKind
from tests.resolution.townsfolk import Town, person, town

ID, OTHER_ID = "310114199001011236", "310114199001011260"
SOURCES = Sources("standard.person_record")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


def growth(here: Town, record: int) -> Growth:
    here.resolve()
    return explain_growth(here.warehouse, "person", here.entities()[record], sources=SOURCES)


def joined(found: Growth) -> list[tuple[int, int, str, int]]:
    return [(each.link.record_l, each.link.record_r, each.link.origin, each.records) for each in found.joinings]


def test_exact_agreement_comes_before_the_model_and_the_surest_link_first(here: Town) -> None:
    here.add(
        person(1, "王伟", "wang wei", id_number=ID, phone="13917264085", birth_date=date(1990, 1, 1)),
        person(2, "王伟", "wang wei", id_number=ID),
        person(3, "王炜", "wang wei", feed="field_visits", phone="13917264085"),
        person(4, "王伟", "wang wei", feed="utilities", phone="13917264085", birth_date=date(1990, 1, 1)),
    )
    found = growth(here, 1)
    weights = [each.link.match_weight for each in found.joinings[1:]]
    assert [(each.link.origin, each.records) for each in found.joinings] == [
        ("collapse", 2),
        ("model", 3),
        ("model", 4),
    ]
    assert weights == sorted(weights, key=lambda weight: -(weight or 0))
    assert found.records == (1, 2, 3, 4)
    assert found.confirming == 1


def test_what_repair_cut_is_told_with_its_reason_and_the_other_entity(here: Town) -> None:
    same = {"birth_date": date(1990, 1, 1), "phone": "13917264085"}
    here.add(
        person(1, "王伟", "wang wei", id_number=ID, **same),
        person(2, "王伟", "wang wei", feed="field_visits", **same),
        person(3, "王伟", "wang wei", feed="utilities", id_number=OTHER_ID, **same),
    )
    found = growth(here, 2)
    [cut] = [link for link in found.kept_out if link.status == "cut"]
    assert cut.reason == "two_checked_ids"
    assert cut.other_entity in here.entities().values()
    assert cut.other_entity != here.entities()[2]


def test_a_decision_joins_what_the_model_would_not(here: Town) -> None:
    here.add(person(1, "王伟", "wang wei"), person(2, "黎晓", "li xiao", feed="utilities"))
    here.operational.decide(
        Decision("person", 1, 2, DecisionKind.MUST_LINK, "wang", datetime(2026, 7, 1), "changed her name")
    )
    found = growth(here, 1)
    assert joined(found) == [(1, 2, "decision", 2)]
    assert found.joinings[0].link.reason == "changed her name"


def test_an_entity_that_is_not_there_is_named(here: Town) -> None:
    with pytest.raises(UnknownRecordError, match="no entity P404"):
        explain_growth(here.warehouse, "person", "P404", sources=SOURCES)
