"""Makes a district up: the world as it is, the eleven faulty feeds, and the truth, from a seed."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from stores.progress import Progress, SilentProgress
from synthetic.calendar import AS_OF
from synthetic.deltas import Schedule, deliveries, draw_schedule, settle
from synthetic.dice import dice
from synthetic.district_map import draw_map
from synthetic.families import CITY, RESIDENT, Plant, draw_families
from synthetic.faults import FaultLog, read_faults
from synthetic.feeds.care import civil_affairs
from synthetic.feeds.desk import Desk, open_desk
from synthetic.feeds.housing import housing_register, rental_contracts, utilities
from synthetic.feeds.population import household_register, residence_registration, separated_residents
from synthetic.feeds.school import school_roll
from synthetic.feeds.visits import field_visits
from synthetic.feeds.work import business_register, social_insurance
from synthetic.houses import build_houses, demand
from synthetic.known import Known
from synthetic.life import draw_life
from synthetic.names import name_stock
from synthetic.people import draw_people
from synthetic.records import Feed
from synthetic.situations import question_table
from synthetic.tenure import draw_tenure
from synthetic.truth import house_truth, person_truth, unit_truth, write_residence, write_table, write_truth
from synthetic.units import UnitWorld, draw_units
from synthetic.work import draw_jobs, draw_schooling
from synthetic.world import World, next_door
from synthetic.writers import write_delivery

FEEDS: dict[str, Callable[[Desk], Feed]] = {
    "household_register": household_register,
    "residence_registration": residence_registration,
    "separated_residents": separated_residents,
    "housing_register": housing_register,
    "rental_contracts": rental_contracts,
    "social_insurance": social_insurance,
    "business_register": business_register,
    "school_roll": school_roll,
    "utilities": utilities,
    "civil_affairs": civil_affairs,
    "field_visits": field_visits,
}


@dataclass(frozen=True)
class District:
    """What was made: rows per feed in all files, the ceilings per register, and the date it is as of."""

    persons: int
    seed: int
    days: int
    as_of: str
    rows: dict[str, int]
    ceilings: dict[str, dict[str, float]]
    faults_sha256: str


def build_world(persons: int, seed: int) -> World:
    """The district as it truly is, with `persons` residents."""
    families = draw_families(dice(seed, "families"), persons)
    stock = name_stock()
    people = draw_people(dice(seed, "people"), stock, families)
    map_ = draw_map(dice(seed, "map"))
    residents = families.status == RESIDENT
    wanted = demand(
        persons,
        int(residents.sum()),
        int((families.plant == Plant.DORMITORY).sum()),
        int((families.origin == CITY).sum()),
    )
    houses = build_houses(dice(seed, "houses"), map_.places, wanted)
    life = draw_life(dice(seed, "life"), houses, families, people)
    units = draw_units(dice(seed, "units"), UnitWorld(map_, stock, houses, people), persons)
    schooling, idle = draw_schooling(dice(seed, "schooling"), people, life, units)
    jobs = draw_jobs(dice(seed, "jobs"), people, units, idle)
    tenure = draw_tenure(dice(seed, "tenure"), houses, families, people, life, units)
    return World(map_, stock, houses, families, people, life, tenure, units, jobs, schooling, next_door(houses))


def synthesize(*, persons: int, seed: int, days: int, out: Path, progress: Progress | None = None) -> District:
    """Writes `<out>/feeds/` and `<out>/truth/`; equal arguments give equal bytes.

    `persons` truly live in the district on 2026-06-30, the day of the full dumps; `days` daily deltas follow.
    """
    progress = progress or SilentProgress()
    progress.step("synthesize", "world", 0, len(FEEDS) + 2)
    world = build_world(persons, seed)
    faults, log = read_faults(), FaultLog()
    made: list[tuple[Feed, Schedule]] = []
    rows: dict[str, int] = {}
    for place, (name, write) in enumerate(FEEDS.items(), start=1):
        progress.step("synthesize", name, place, len(FEEDS) + 2)
        feed = write(open_desk(name, world, faults, seed=seed, log=log))
        stream = dice(seed, "deltas", name)
        schedule = draw_schedule(stream, feed, faults, days=days, log=log)
        files = deliveries(feed, schedule, faults, days=days)
        for file in files:
            write_delivery(file, out / "feeds")
        rows[name] = sum(len(file.table) for file in files)
        made.append((_without_text(settle(feed, schedule)), schedule))
    progress.step("synthesize", "truth", len(FEEDS) + 1, len(FEEDS) + 2)
    ceilings = _write_truth(Known(world, made, AS_OF + days), log, out / "truth")
    district = District(persons, seed, days, str(np.datetime64(AS_OF + days, "D")), rows, ceilings, faults.fingerprint)
    (out / "truth" / "district.json").write_text(
        json.dumps(asdict(district), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    progress.step("synthesize", "done", len(FEEDS) + 2, len(FEEDS) + 2)
    return district


def _without_text(feed: Feed) -> Feed:
    """The feed without its columns, of which only the key is needed for the truth."""
    return Feed(
        feed.name,
        feed.key_column,
        {feed.key_column: feed.keys},
        feed.version,
        feed.persons,
        feed.houses,
        feed.units,
        feed.facts,
    )


def _write_truth(known: Known, log: FaultLog, folder: Path) -> dict[str, dict[str, float]]:
    folder.mkdir(parents=True, exist_ok=True)
    ceilings = {}
    for register, (truth, ceiling) in (
        ("person", person_truth(known.feeds)),
        ("house", house_truth(known.feeds)),
        ("unit", unit_truth(known.feeds, known.world)),
    ):
        write_truth(register, truth, folder)
        ceilings[register] = ceiling
    write_residence(known.world, known.placement.house, folder)
    write_table(question_table(known), folder / "questions.csv")
    keys = sorted(log.eligible)
    write_table(
        pa.table(
            {
                "fault": [fault for fault, _ in keys],
                "feed": [feed for _, feed in keys],
                "eligible": [str(log.eligible[key]) for key in keys],
                "applied": [str(log.applied[key]) for key in keys],
            }
        ),
        folder / "faults.csv",
    )
    living = known.world.life.home >= 0
    ceilings["residence"] = {
        "persons": int(living.sum()),
        "placeable": float((known.placement.house >= 0).sum() / living.sum()),
    }
    return ceilings
