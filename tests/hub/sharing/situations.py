"""Situations to decide: all combinations under the shipped purposes, one change at a time under open ones."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from hub.sharing.policies import Situation
from schemas.declarations import Declarations
from schemas.readers.purposes import Purpose, Reach, Role, Verb
from stores.home import HomeKind

FROM, TODAY, UNTIL = date(2026, 11, 1), date(2027, 3, 1), date(2027, 10, 31)
DAY = timedelta(days=1)
WHOLE, TOWN, OTHER, COMMITTEE = "district", "310114102", "310114001", "310114001001"
ITEMS = (
    "place",
    "audit_log",
    "person.count",
    "house.use",
    "house.entity",
    "house.room",
    "person.birth_date",
    "person.records",
    "LIVES_AT",
    "KIN_OF",
    "GUARDIAN_OF",
    "person.name",
    "person.id_number",
)
"""Of every sensitivity some, and those that a policy names."""
NAMED = ("feed_delivery", "record_correction", "school_enrolment", "youth_services", "stewardship")
DEPARTMENTS = ("population_office", "public_security", "housing", "utilities", None)

BASE = Situation(
    role=Role.STEWARD,
    roles=frozenset({Role.STEWARD}),
    department="population_office",
    purpose="everything",
    verb=Verb.ASK,
    area=WHOLE,
    areas=frozenset({WHOLE}),
    case_given=False,
    today=TODAY,
    home=HomeKind.REAL,
)


def opened(shipped: Declarations) -> Declarations:
    """The declarations with purposes that let everybody read everything, so that the policies alone decide."""
    departments = {each.department for each in shipped.contracts.values()}
    reach = Reach(
        readers=frozenset(itertools.product(departments, Role)),
        verbs=frozenset(Verb),
        fields={each.id: each.field_names | {"records"} for each in shipped.registers.values()},
        relationships=frozenset(name for name, each in shipped.graph.types.items() if not each.is_geography),
        counts=frozenset(shipped.registers),
        areas=frozenset({WHOLE}),
        case_number=False,
        granted_on=FROM,
        expires_on=UNTIL,
    )
    nothing = replace(reach, fields={}, relationships=frozenset(), counts=frozenset())
    reaches = {
        **dict.fromkeys(("everything", *NAMED), reach),
        "one_town": replace(reach, areas=frozenset({TOWN})),
        "with_case": replace(reach, case_number=True),
        "only_places": nothing,
        "only_rooms": replace(nothing, fields={"house": frozenset({"address"})}),
        "only_asking": replace(reach, verbs=frozenset({Verb.ASK})),
        "only_inspectors": replace(reach, readers=frozenset({("housing", Role.INSPECTOR)})),
        "training": None,
    }
    made = {code: Purpose(code, code, code, "tests", "housing", 1, each) for code, each in reaches.items()}
    return replace(shipped, purposes=made)


def changed_one_by_one() -> Iterator[tuple[Situation, str]]:
    """Situations under open purposes, with their item: of each the plain one, and all that differ in one thing."""
    changes = [
        {},
        *({"purpose": code} for code in ("one_town", "with_case", "only_places", "only_rooms", "only_asking")),
        *({"purpose": code} for code in ("only_inspectors", *NAMED)),
        *({"purpose": code, "case_given": True} for code in ("with_case", "everything")),
        *({"purpose": "training", "home": home} for home in HomeKind),
        *({"today": day} for day in (FROM - DAY, FROM, UNTIL, UNTIL + DAY)),
        {"home": HomeKind.SYNTHETIC},
        *({"area": area} for area in (TOWN, COMMITTEE)),
        *({"area": area, "areas": frozenset({OTHER})} for area in (WHOLE, TOWN, OTHER, COMMITTEE)),
        {"area": TOWN, "purpose": "one_town"},
        {"area": OTHER, "purpose": "one_town"},
        {"areas": frozenset()},
        *({"declared_for": frozenset(codes)} for codes in (("everything",), ("training", "one_town"))),
    ]
    for role, verb, department, item in itertools.product(Role, Verb, DEPARTMENTS, ITEMS):
        plain = replace(BASE, role=role, roles=frozenset({role}), verb=verb, department=department)
        for change in changes:
            yield replace(plain, **change), item
        for other in (Role.ADMINISTRATOR, Role.AUDITOR, Role.ANALYST):
            yield replace(plain, roles=frozenset({role, other})), item


def every_combination(shipped: Declarations) -> Iterator[tuple[Situation, str]]:
    """Role × department × purpose × verb × area × item, under the shipped purposes, with a case and without."""
    departments = [*sorted({each.department for each in shipped.contracts.values()}), None]
    places = ((WHOLE, WHOLE), (OTHER, WHOLE), (COMMITTEE, OTHER))
    for role, department, purpose, verb, (area, duty), case in itertools.product(
        Role, departments, shipped.purposes, Verb, places, (False, True)
    ):
        situation = replace(
            BASE,
            role=role,
            roles=frozenset({role}),
            department=department,
            purpose=purpose,
            verb=verb,
            area=area,
            areas=frozenset({duty}),
            case_given=case,
        )
        yield from ((situation, item) for item in ITEMS)
