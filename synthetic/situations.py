"""Which houses, persons and units satisfy each question over the recorded evidence if every link were right.

The definitions are those of the questions; look-alikes that are lawful are written down beside them as decoys.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthetic.evidence import independent_origins, registering_kinds
from synthetic.families import OTHER, Plant
from synthetic.houses import Kind, Use
from synthetic.known import Known
from synthetic.text import Flags, Ints, words
from synthetic.truth import entity_ids

NOT_DWELLING = (Use.COMMERCIAL, Use.INDUSTRIAL, Use.OFFICE, Use.GARAGE)
M2_EACH, PEOPLE_A_ROOM, SEPARATED_DAYS, NEWCOMER_DAYS, OLD = 5, 2, 183, 30, 60


@dataclass(frozen=True)
class Situation:
    """Entities that a question must find and lawful look-alikes that it must not; `planted` marks those put there."""

    question: str
    register: str
    found: Ints
    decoys: Ints
    planted: Flags
    planted_decoys: Flags
    why: str
    why_not: str


def unregistered_dwellings(known: Known) -> Situation:
    """Two independent kinds of evidence, no registration of any kind, in the housing register, a dwelling by use."""
    dwelling = known.registered_houses & ~np.isin(known.world.houses.use, NOT_DWELLING)
    registered = _with_registration(known)
    agreed = independent_origins(known.current, len(known.world.houses)) >= 2
    empty = np.flatnonzero((known.world.houses.kind == Kind.FLAT) & (known.residents == 0) & known.registered_houses)
    lawful = np.flatnonzero(known.plants(Plant.ONE_REGISTERED) & dwelling & registered)
    found = np.flatnonzero(dwelling & agreed & ~registered)
    return Situation(
        "unregistered_dwellings",
        "house",
        found,
        np.r_[lawful, empty[: len(lawful) * 4]],
        known.plants(Plant.UNREGISTERED),
        known.plants(Plant.ONE_REGISTERED),
        "two independent kinds of evidence and no registration in force",
        "one of the household is registered, or the flat is empty and only kept from frost",
    )


def _with_registration(known: Known) -> Flags:
    marked = np.zeros(len(known.world.houses), dtype=bool)
    marked[known.current.house[known.current.of(*registering_kinds())]] = True
    return marked


def dwellings_not_in_register(known: Known) -> Situation:
    """Two independent kinds of evidence at a room or whole house that the housing register lacks."""
    houses = known.world.houses
    inside = houses.kind != Kind.OUTSIDE
    agreed = independent_origins(known.current, len(houses)) >= 2
    found = np.flatnonzero(inside & agreed & ~known.registered_houses)
    beside = np.isin(houses.building_id, houses.building_id[found]) & known.registered_houses & agreed
    return Situation(
        "dwellings_not_in_register",
        "house",
        found,
        np.flatnonzero(beside),
        np.zeros(len(houses), dtype=bool),
        np.zeros(len(houses), dtype=bool),
        "lived in by two independent kinds of evidence, unknown to the housing register",
        "another room of the same building, which the register has",
    )


def overcrowded_dwellings(known: Known) -> Situation:
    """Too many residents for area or rooms who are not one close family; licensed dormitories are lawful."""
    houses, people = known.world.houses, known.world.people
    count = known.residents
    full = (count * M2_EACH > houses.area) | (count > houses.rooms * PEOPLE_A_ROOM)
    placed = np.flatnonzero(known.placement.house >= 0)
    house = known.placement.house[placed]
    kin = np.where(people.role[placed] == OTHER, len(known.world.families) + placed, people.family[placed])
    lowest, highest = np.full(len(houses), np.iinfo(np.int64).max), np.full(len(houses), -1)
    np.minimum.at(lowest, house, kin)
    np.maximum.at(highest, house, kin)
    lawful = (lowest == highest) | (houses.use == Use.DORMITORY)
    full &= (count > 1) & (houses.kind != Kind.WHOLE)
    return Situation(
        "overcrowded_dwellings",
        "house",
        np.flatnonzero(full & ~lawful),
        np.flatnonzero(full & lawful | known.plants(Plant.LARGE_FAMILY, Plant.DORMITORY)),
        known.plants(Plant.CROWD),
        known.plants(Plant.LARGE_FAMILY, Plant.DORMITORY),
        "fewer than 5 m² a person or more than two a room, not one family",
        "one close family, or a licensed dormitory",
    )


def non_residential_lived_in(known: Known) -> Situation:
    """Residents in a shop, plant, office or garage, by two independent kinds of evidence besides the meter."""
    houses, current = known.world.houses, known.current
    own = current.kept(~current.of("utility_use") & (known.placement.house[current.person] == current.house))
    other_use = np.isin(houses.use, NOT_DWELLING) & known.registered_houses
    found = other_use & (independent_origins(own, len(houses)) >= 2)
    works = np.zeros(len(houses), dtype=bool)
    works[known.world.units.works_at[known.world.units.works_at >= 0]] = True
    home_office = works & (houses.use == Use.RESIDENTIAL) & (known.residents > 0)
    shop = np.flatnonzero(works & other_use & (known.residents == 0))
    return Situation(
        "non_residential_lived_in",
        "house",
        np.flatnonzero(found),
        np.r_[np.flatnonzero(home_office), shop[: int(found.sum()) * 2]],
        known.plants(Plant.NON_RESIDENTIAL),
        np.zeros(len(houses), dtype=bool),
        "people live in premises that are no dwelling by use",
        "an office in a home, or premises only worked in",
    )


def separated_residents(known: Known) -> Situation:
    """Residence for half a year at a dwelling other than that of the hukou."""
    hukou = known.current.kept(known.current.of("hukou"))
    placement, people = known.placement, len(known.world.people)
    elsewhere, here = np.zeros(people, dtype=bool), np.zeros(people, dtype=bool)
    other = placement.house[hukou.person] != hukou.house
    elsewhere[hukou.person[other]], here[hukou.person[~other]] = True, True
    placed = placement.house >= 0
    settled = placement.since <= known.day - SEPARATED_DAYS
    found = placed & elsewhere & ~here & settled
    return Situation(
        "separated_residents",
        "person",
        np.flatnonzero(found),
        np.flatnonzero(placed & (elsewhere & ~here & ~settled | here & known.world.people.newcomer)),
        np.zeros(people, dtype=bool),
        np.zeros(people, dtype=bool),
        "hukou at one dwelling, residence for half a year at another",
        "moved less than half a year ago",
    )


def unregistered_newcomers(known: Known) -> Situation:
    """Hukou outside the city as some feed records, living here for a month, no residence registration in force."""
    people, placement = known.world.people, known.placement
    registered = np.zeros(len(people), dtype=bool)
    registered[known.current.person[known.current.of("residence_registration", "hukou")]] = True
    placed = (placement.house >= 0) & _origin_recorded(known)
    arrived = np.full(len(people), known.day)
    residences = known.world.life.residences
    np.minimum.at(arrived, residences.person, residences.begin)
    settled = arrived <= known.day - NEWCOMER_DAYS
    home = known.world.life.home
    planted = np.isin(known.world.families.plant[people.family], [Plant.UNREGISTERED]) & (home >= 0)
    lawful = placed & registered & np.isin(known.world.families.plant[people.family], [Plant.ONE_REGISTERED])
    return Situation(
        "unregistered_newcomers",
        "person",
        np.flatnonzero(placed & settled & ~registered),
        np.flatnonzero(lawful | placed & ~settled & ~registered),
        planted,
        lawful,
        "lives here by evidence for a month, hukou outside the city, not registered",
        "registered while the others of the household are not, or in the district for less than a month",
    )


def _origin_recorded(known: Known) -> Flags:
    """Newcomers whose hukou area is in some record: registrations, insurance, school and visits carry it."""
    recorded = np.zeros(len(known.world.people), dtype=bool)
    for feed, schedule in known.feeds:
        if feed.name in ("residence_registration", "social_insurance", "school_roll", "field_visits"):
            for role in feed.persons:
                if role.role in ("", "seen"):
                    recorded[role.person[~schedule.lost[role.rows]]] = True
    return recorded & known.world.people.newcomer


def youth_out_of_school_and_work(known: Known) -> Situation:
    """Residents of 16 to 18 on no school roll and in no social insurance."""
    young = (known.age >= 16) & (known.age <= 18) & (known.placement.house >= 0)
    busy = known.persons_of("enrolment", "employment")
    return Situation(
        "youth_out_of_school_and_work",
        "person",
        np.flatnonzero(young & ~busy),
        np.flatnonzero(young & busy),
        known.world.people.resident & ~busy,
        np.zeros(len(young), dtype=bool),
        "16 to 18, on no roll, not insured",
        "in school or insured",
    )


def old_people_alone(known: Known) -> Situation:
    """People of 60 and more who are the only resident of a dwelling."""
    house, houses = known.placement.house, known.world.houses
    dwelling = (houses.use != Use.DORMITORY) & (houses.kind != Kind.WHOLE)
    old = (known.age >= OLD) & (house >= 0) & dwelling[house]
    count = known.residents[np.maximum(house, 0)]
    return Situation(
        "old_people_alone",
        "person",
        np.flatnonzero(old & (count == 1)),
        np.flatnonzero(old & (count == 2)),
        np.zeros(len(old), dtype=bool),
        np.zeros(len(old), dtype=bool),
        "60 or older, nobody else lives at the dwelling",
        "60 or older, lives with one other person",
    )


def _licences(known: Known) -> tuple[Ints, Ints]:
    """Keys of unit and house, and of unit and building, of licences in force."""
    houses, span = known.world.houses, len(known.world.houses)
    exact, vague = [], []
    for fact in known.facts("licence"):
        valid = (fact.begin <= known.day) & (fact.end > known.day)
        exact.append((fact.subject * span + fact.object)[valid & fact.exact])
        vague.append((fact.subject * span + houses.building_id[fact.object])[valid & ~fact.exact])
    return np.concatenate(exact), np.concatenate(vague)


def units_without_licence_at_address(known: Known) -> Situation:
    """Units seen at work where they have no licence."""
    houses, span, units = known.world.houses, len(known.world.houses), len(known.world.units)
    exact, vague = _licences(known)
    found, lawful = np.zeros(units, dtype=bool), np.zeros(units, dtype=bool)
    buildings = np.r_[exact // span * span + houses.building_id[exact % span], vague]
    for fact in known.facts("unit_seen"):
        at, around = fact.subject * span + fact.object, fact.subject * span + houses.building_id[fact.object]
        licensed = np.where(fact.exact, np.isin(at, exact) | np.isin(around, vague), np.isin(around, buildings))
        found[fact.subject[~licensed]] = True
        lawful[fact.subject[licensed]] = True
    return Situation(
        "units_without_licence_at_address",
        "unit",
        np.flatnonzero(found),
        np.flatnonzero(lawful & ~found),
        ~known.world.units.licensed,
        np.zeros(units, dtype=bool),
        "seen at work at an address without a licence there",
        "seen at work where it is licensed",
    )


def licensed_units_not_found(known: Known) -> Situation:
    """Units that a visit missed where they are licensed, and that no later visit saw there."""
    houses, span, units = known.world.houses, len(known.world.houses), len(known.world.units)
    exact, vague = _licences(known)
    buildings = np.r_[exact // span * span + houses.building_id[exact % span], vague]
    found = np.zeros(units, dtype=bool)
    for fact in known.facts("unit_not_found"):
        at, around = fact.subject * span + fact.object, fact.subject * span + houses.building_id[fact.object]
        licensed = np.where(fact.exact, np.isin(at, exact) | np.isin(around, vague), np.isin(around, buildings))
        found[fact.subject[licensed]] = True
    seen = np.zeros(units, dtype=bool)
    for fact in known.facts("unit_seen"):
        seen[fact.subject] = True
    return Situation(
        "licensed_units_not_found",
        "unit",
        np.flatnonzero(found),
        np.flatnonzero(seen & ~found),
        np.zeros(units, dtype=bool),
        np.zeros(units, dtype=bool),
        "licensed at an address where it was looked for in vain",
        "licensed and seen at work",
    )


def operators_of_crowded_flats(known: Known) -> Situation:
    """Persons who let several crowded flats; lawful landlords let as many."""
    tenure = known.world.tenure
    return Situation(
        "operators_of_crowded_flats",
        "person",
        tenure.operators,
        tenure.lawful_landlords,
        np.ones(len(known.world.people), dtype=bool),
        np.ones(len(known.world.people), dtype=bool),
        "lets several over-crowded flats",
        "lets as many flats, none over-crowded",
    )


SITUATIONS: tuple[Callable[[Known], Situation], ...] = (
    unregistered_dwellings,
    dwellings_not_in_register,
    overcrowded_dwellings,
    non_residential_lived_in,
    separated_residents,
    unregistered_newcomers,
    youth_out_of_school_and_work,
    old_people_alone,
    units_without_licence_at_address,
    licensed_units_not_found,
    operators_of_crowded_flats,
)


def question_table(known: Known) -> pa.Table:
    """The rows of `questions.csv`; an entity is a situation or a decoy of a question, never both."""
    return pa.concat_tables([part for find in SITUATIONS for part in _rows(find(known))])


def _rows(situation: Situation) -> Iterator[pa.Table]:
    decoys = np.setdiff1d(situation.decoys, situation.found)
    found = np.unique(situation.found)
    for kind, entity, planted, why in (
        ("situation", found, situation.planted[found], situation.why),
        ("decoy", decoys, situation.planted_decoys[decoys], situation.why_not),
    ):
        size = len(entity)
        yield pa.table(
            {
                "question": pa.repeat(pa.scalar(situation.question), size),
                "register": pa.repeat(pa.scalar(situation.register), size),
                "entity_id": entity_ids(situation.register, entity),
                "kind": pa.repeat(pa.scalar(kind), size),
                "planted": words(["false", "true"]).take(pa.array(planted.astype(np.int64))),
                "reason": pa.repeat(pa.scalar(why), size),
            }
        )
