from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from resolution.renewal import number_entities
from resolution.residence import place_persons
from schemas.files import DeclarationTree
from schemas.readers.residence import CopiedKind, EvidenceKind, Household, ResidenceRules, read_residence
from stores.warehouse import Warehouse
from tests.resolution.tables import belong, empty_warehouse, insert

AS_OF = date(2026, 7, 3)


def kind(
    name: str, department: str, weight: float, half_life_days: int = 365, in_force_days: int = 365
) -> EvidenceKind:
    return EvidenceKind(name, department, weight, half_life_days, in_force_days, False, "", "")


RULES = ResidenceRules(
    evidence={
        each.kind: each
        for each in (
            kind("hukou", "public_security", 0.5, half_life_days=3650, in_force_days=36500),
            kind("lease", "housing", 0.8),
            kind("field_visit", "town_teams", 0.6),
            kind("school_home", "education", 0.7),
            kind("guardian_home", "education", 0.6),
            kind("civil_affairs", "civil_affairs", 0.6),
        )
    },
    copied=(CopiedKind("civil_affairs", "hukou", ""),),
    minimum_confidence=0.3,
)
ROOMS = {"A": "room", "B": "room", "C": "building", "D": "lane", "E": "building"}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with empty_warehouse() as warehouse:
        warehouse.execute(
            "CREATE TABLE resolved.house (entity_id VARCHAR, precision VARCHAR, in_register BOOLEAN,"
            " building_key VARCHAR, road VARCHAR, lane VARCHAR)"
        )
        warehouse.execute("CREATE TABLE resolved.person (entity_id VARCHAR, surname_key VARCHAR, given_key VARCHAR)")
        for house, precision in ROOMS.items():
            own = house == "E"
            insert(
                warehouse,
                "resolved.house",
                [
                    {
                        "entity_id": house,
                        "precision": precision,
                        "in_register": own,
                        "building_key": "z" if own else "x",
                        "road": "r",
                        "lane": "z" if own else "9",
                    }
                ],
            )
        yield warehouse


def seen(
    evidence: str, house: str, starts: str, ends: str | None = None, observed: str | None = None
) -> dict[str, Any]:
    return {
        "kind": evidence,
        "object_id": house,
        "valid_from": starts,
        "valid_to": ends,
        "observed_on": observed or starts,
    }


def number_ends(warehouse: Warehouse) -> None:
    """Makes every end of a relation an entity of one record."""
    warehouse.execute("DELETE FROM resolved.member")
    ends = warehouse.rows(
        "SELECT DISTINCT subject_register, subject_id FROM resolved.relation"
        " UNION SELECT object_register, object_id FROM resolved.relation ORDER BY ALL"
    )
    for number, (register, entity) in enumerate(ends):
        belong(warehouse, register, number, entity)
    number_entities(warehouse, is_full=True)


def stays(warehouse: Warehouse, *evidence: dict[str, Any], rules: ResidenceRules = RULES) -> list[tuple[Any, ...]]:
    ends = {"subject_register": "person", "subject_id": "P1", "object_register": "house"}
    insert(warehouse, "resolved.relation", [{**ends, **row} for row in evidence])
    number_ends(warehouse)
    place_persons(warehouse, rules, AS_OF, is_full=True)
    return warehouse.rows(
        "SELECT house_id, valid_from::VARCHAR, valid_to::VARCHAR, round(confidence, 4) FROM resolved.residence"
        " ORDER BY valid_from"
    )


def test_the_only_evidence_places_a_person_with_its_weight(warehouse: Warehouse) -> None:
    assert stays(warehouse, seen("lease", "A", "2026-01-01", "2027-01-01")) == [("A", "2026-01-01", None, 0.8)]


def test_a_stay_ends_with_the_last_evidence_for_it(warehouse: Warehouse) -> None:
    assert stays(warehouse, seen("lease", "A", "2024-01-01", "2025-01-01")) == [("A", "2024-01-01", "2025-01-01", 0.8)]


def test_a_fact_without_an_end_is_in_force_for_the_days_of_its_kind(warehouse: Warehouse) -> None:
    assert stays(warehouse, seen("field_visit", "A", "2025-01-01")) == [("A", "2025-01-01", "2026-01-01", 0.6)]


def test_a_stale_hukou_loses_against_fresh_evidence_elsewhere(warehouse: Warehouse) -> None:
    found = stays(warehouse, seen("hukou", "A", "1990-01-01"), seen("lease", "B", "2020-01-01", "2027-01-01"))
    # The hukou is 10,957 days older than the lease: it counts 0.5 · 0.5^(10957 / 3650) = 0.0624.
    # 0.8² / (0.8 + 0.0624) = 0.7421; before the lease the hukou stands alone.
    assert found == [("A", "1990-01-01", "2020-01-01", 0.5), ("B", "2020-01-01", None, 0.7421)]


def test_departments_that_agree_support_each_other(warehouse: Warehouse) -> None:
    found = stays(
        warehouse,
        seen("hukou", "A", "2026-01-01"),
        seen("field_visit", "A", "2026-01-01"),
        seen("lease", "B", "2026-01-01"),
    )
    # A: 1 - 0.5 · 0.4 = 0.8, B: 0.8; the tie goes to the lower id; 0.8² / 1.6.
    assert found == [("A", "2026-01-01", None, 0.4)]


def test_one_department_and_copies_count_once(warehouse: Warehouse) -> None:
    pupil = [seen("school_home", "A", "2026-01-01"), seen("guardian_home", "A", "2026-01-01")]
    assert stays(warehouse, *pupil) == [("A", "2026-01-01", None, 0.7)]
    warehouse.execute("DELETE FROM resolved.relation")
    case = [seen("hukou", "A", "2026-01-01"), seen("civil_affairs", "A", "2026-01-01")]
    assert stays(warehouse, *case) == [("A", "2026-01-01", None, 0.6)]


def test_too_little_evidence_places_nobody(warehouse: Warehouse) -> None:
    split = [seen("hukou", "A", "2026-01-01"), seen("lease", "B", "2026-01-01"), seen("field_visit", "B", "2026-01-01")]
    weak = ResidenceRules(RULES.evidence, RULES.copied, minimum_confidence=0.9)
    assert stays(warehouse, *split, rules=weak) == []


def test_a_building_counts_for_the_only_room_known_in_it(warehouse: Warehouse) -> None:
    found = stays(warehouse, seen("hukou", "A", "2026-01-01"), seen("field_visit", "C", "2026-01-01"))
    assert found == [("A", "2026-01-01", None, 0.8)]


def test_a_building_without_a_room_keeps_half_its_support(warehouse: Warehouse) -> None:
    elsewhere = [seen("hukou", "A", "2026-01-01"), seen("school_home", "B", "2026-01-01")]
    # Two rooms are known in the building, so its lease says nothing about which: 0.7² / (0.7 + 0.5 + 0.8 / 2).
    assert stays(warehouse, *elsewhere, seen("lease", "C", "2026-01-01")) == [("B", "2026-01-01", None, 0.3062)]


def test_a_house_that_the_register_lists_whole_is_a_dwelling(warehouse: Warehouse) -> None:
    found = stays(warehouse, seen("hukou", "A", "2026-01-01"), seen("lease", "E", "2026-01-01"))
    assert [house for house, *_ in found] == ["E"]


def test_a_lane_alone_is_no_dwelling(warehouse: Warehouse) -> None:
    assert stays(warehouse, seen("lease", "D", "2026-01-01")) == []


def test_a_gap_in_which_nothing_places_the_person_elsewhere_is_part_of_the_stay(warehouse: Warehouse) -> None:
    leases = [seen("lease", "A", "2023-01-01", "2024-01-01"), seen("lease", "A", "2024-03-01", "2027-01-01")]
    assert stays(warehouse, *leases) == [("A", "2023-01-01", None, 0.8)]


def test_a_return_after_a_stay_elsewhere_is_a_stay_of_its_own(warehouse: Warehouse) -> None:
    leases = [
        seen("lease", "A", "2023-01-01", "2024-01-01"),
        seen("lease", "B", "2024-01-01", "2025-01-01"),
        seen("lease", "A", "2025-01-01", "2027-01-01"),
    ]
    assert [stay[:3] for stay in stays(warehouse, *leases)] == [
        ("A", "2023-01-01", "2024-01-01"),
        ("B", "2024-01-01", "2025-01-01"),
        ("A", "2025-01-01", None),
    ]


def test_evidence_from_after_the_day_places_nobody_yet(warehouse: Warehouse) -> None:
    assert stays(warehouse, seen("lease", "A", "2026-08-01", "2027-01-01")) == []


def test_several_facts_of_a_divided_kind_share_its_weight_and_a_dwelling_let_out_takes_less(
    warehouse: Warehouse,
) -> None:
    meters = replace(RULES.evidence["field_visit"], kind="utility_use", divided=True)
    rules = replace(RULES, evidence={**RULES.evidence, "utility_use": meters}, minimum_confidence=0.01)
    accounts = [seen("utility_use", "A", "2026-01-01"), seen("utility_use", "B", "2026-01-01")]
    # 0.6 / 2 each; the tie goes to the lower id.
    assert stays(warehouse, *accounts, rules=rules) == [("A", "2026-01-01", None, 0.15)]
    letting = [seen("letting", "A", "2025-01-01")]
    warehouse.execute("DELETE FROM resolved.relation")
    # A takes 0.25 of the parts 0.25 and 1: 0.6 / 5, B 0.6 · 4 / 5; 0.48² / 0.6.
    let = replace(rules, letting=("letting",), let_share=0.25)
    assert stays(warehouse, *accounts, *letting, rules=let) == [("B", "2026-01-01", None, 0.384)]


@pytest.mark.parametrize(
    ("until", "lives_there"), [("2026-05-01", False), ("2026-01-01", True)], ids=["cut short", "run out"]
)
def test_a_registration_cut_short_says_that_the_person_left(
    warehouse: Warehouse, until: str, lives_there: bool
) -> None:
    registered = replace(RULES.evidence["lease"], kind="residence_registration", yearly=True)
    rules = replace(RULES, evidence={**RULES.evidence, "residence_registration": registered})
    before = [seen("residence_registration", "A", "2025-01-01", until), seen("field_visit", "A", "2025-11-01")]
    assert [stay[2] for stay in stays(warehouse, *before, rules=rules)] == [None if lives_there else until]
    seen_again = seen("field_visit", "A", "2026-06-01")
    warehouse.execute("DELETE FROM resolved.relation")
    assert stays(warehouse, *before, seen_again, rules=rules)[-1][2] is None


def test_who_registers_anew_has_left_the_old_address(warehouse: Warehouse) -> None:
    registered = replace(RULES.evidence["lease"], kind="residence_registration")
    permits = [
        seen("residence_registration", "A", "2025-10-01", "2026-10-01"),
        seen("residence_registration", "B", "2026-05-01", "2027-05-01"),
        seen("field_visit", "A", "2026-06-15"),
    ]
    several = replace(RULES, evidence={**RULES.evidence, "residence_registration": registered})
    assert stays(warehouse, *permits, rules=several)[-1][0] == "A"
    warehouse.execute("DELETE FROM resolved.relation")
    sole = replace(several, evidence={**several.evidence, "residence_registration": replace(registered, sole=True)})
    assert stays(warehouse, *permits, rules=sole)[-1][0] == "B"


def test_who_has_a_stale_hukou_alone_lives_where_the_family_moved(warehouse: Warehouse) -> None:
    hukou = replace(RULES.evidence["hukou"], leads_kin=False)
    family = Household({"kin": ("spouse", "child")}, 0.7, 3650, 12, "")
    rules = replace(RULES, evidence={**RULES.evidence, "hukou": hukou}, household=family)
    tie = {"kind": "kin", "subject_register": "person", "object_register": "person", "valid_from": "2020-01-01"}
    insert(
        warehouse,
        "resolved.relation",
        [
            {**tie, "subject_id": "P1", "object_id": "P0", "value": "child"},
            {**tie, "subject_id": "P2", "object_id": "P0", "value": "spouse"},
            {**tie, "subject_id": "P3", "object_id": "P0", "value": "other"},
            {
                **seen("lease", "B", "2026-01-01"),
                "subject_register": "person",
                "subject_id": "P2",
                "object_register": "house",
            },
        ],
    )
    # The mother P2 leases B; the head P0 has no address of his own; the child P1 has the old hukou at A.
    stays(warehouse, seen("hukou", "A", "2026-01-01"), rules=rules)
    assert warehouse.rows("SELECT person_id, house_id FROM resolved.residence WHERE valid_to IS NULL ORDER BY 1") == [
        ("P0", "B"),
        ("P1", "B"),
        ("P2", "B"),
    ]


def test_a_surname_alone_is_taken_for_the_resident_of_that_surname(warehouse: Warehouse) -> None:
    names = [("P1", "wang", None), ("P2", "wang", "ming"), ("P3", "li", None)]
    insert(
        warehouse,
        "resolved.person",
        [{"entity_id": person, "surname_key": surname, "given_key": given} for person, surname, given in names],
    )
    ends = {"subject_register": "person", "object_register": "house"}
    others = [{**ends, **seen("lease", "A", "2026-01-01"), "subject_id": person} for person in ("P2", "P3")]
    insert(warehouse, "resolved.relation", others)
    stays(warehouse, seen("field_visit", "A", "2026-05-01"))
    assert warehouse.rows("SELECT person_id FROM resolved.residence ORDER BY 1") == [("P2",), ("P3",)]


def test_the_shipped_rules_know_what_is_independent() -> None:
    rules = read_residence(DeclarationTree())
    assert rules.independent("lease", "field_visit")
    assert not rules.independent("school_home", "guardian_home")
    assert not rules.independent("hukou", "civil_affairs")
    assert {name for name, rule in rules.evidence.items() if rule.registers} == {
        "hukou",
        "residence_registration",
        "lease",
    }
