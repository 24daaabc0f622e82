"""What is true of every record: its entity, and whether the recorded values can tell."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from synthetic.calendar import NEVER
from synthetic.clerk import UNKNOWN
from synthetic.decidable import combined, groups, pairs
from synthetic.deltas import Fate, Schedule
from synthetic.records import Feed, HouseRole
from synthetic.text import Flags, Ints, Text, iso_days, join, moments, number, take, words
from synthetic.world import World

REGISTERS = {"person": ("p", 8), "house": ("h", 8), "unit": ("u", 7)}


@dataclass(frozen=True)
class Truth:
    """Records of one register: feed, record key, entity and the group of records that can be told to be one."""

    feed: Text
    record_key: Text
    entity: Ints
    group: Ints


def entity_ids(register: str, entity: Ints) -> Text:
    """The id that truth gives to each entity."""
    letter, width = REGISTERS[register]
    return join(letter, number(entity, width))


def record_keys(feed: Feed, role: str, rows: Ints, places: Ints | None = None) -> Text:
    """Keys of the records of a role: the row's key, `#role` unless it is the main one, `.n` where a row has several."""
    key = take(feed.keys, rows)
    if not role:
        return key
    return join(key, f"#{role}") if places is None else join(key, f"#{role}.", number(places))


def person_truth(feeds: list[tuple[Feed, Schedule]]) -> tuple[Truth, dict[str, float]]:
    """Records of persons, with the share of true pairs that equal IDs find and that recorded values can decide."""
    roles = [(feed, role, ~schedule.lost[role.rows]) for feed, schedule in feeds for role in feed.persons]
    entity = _column([(role.person, kept) for _, role, kept in roles])
    name = _column([(role.name, kept) for _, role, kept in roles])
    number_ = _column([(role.number, kept) for _, role, kept in roles])
    born = _column([(role.born, kept) for _, role, kept in roles])
    phone = _column([(role.phone, kept) for _, role, kept in roles])
    house = _column([(role.house, kept) for _, role, kept in roles])
    nameless = name < 0
    keys = [
        combined(number_, missing=number_ < 0),
        combined(number_, name, missing=(number_ < 0) | nameless),
        combined(name, born, missing=nameless | (born < 0)),
        combined(name, phone, missing=nameless | (phone <= 0)),
        combined(name, house, missing=nameless | (house < 0)),
    ]
    group = groups(entity, keys)
    known = np.flatnonzero(number_ >= 0)
    every = pairs(entity)
    ceilings = {
        "pairs": every,
        "decidable": pairs(entity, group) / max(every, 1),
        "equal_valid_ids": pairs(entity[known], number_[known]) / max(every, 1),
    }
    labels = _labels([(feed, role.role, role.rows[kept], _some(role.places, kept)) for feed, role, kept in roles])
    return Truth(*labels, entity, group), ceilings


def _some(values: Ints | None, kept: Flags) -> Ints | None:
    return None if values is None else values[kept]


def _column(parts: list[tuple[Ints | None, Flags]]) -> Ints:
    """The values of all roles one after the other, UNKNOWN where a role does not carry them."""
    return np.concatenate([np.full(int(kept.sum()), UNKNOWN) if part is None else part[kept] for part, kept in parts])


def _labels(parts: list[tuple[Feed, str, Ints, Ints | None]]) -> tuple[Text, Text]:
    """Feed and record key of all records."""
    feeds = [pa.repeat(pa.scalar(feed.name), len(rows)) for feed, _, rows, _ in parts]
    keys = [record_keys(feed, role, rows, places) for feed, role, rows, places in parts]
    return pa.concat_arrays(feeds), pa.concat_arrays(keys)


def house_truth(feeds: list[tuple[Feed, Schedule]]) -> tuple[Truth, dict[str, float]]:
    """Records of houses; a record that names the true house exactly can be told, any other stands alone."""
    roles = [(feed, role, ~schedule.lost[role.rows]) for feed, schedule in feeds for role in feed.houses]
    former = [
        _former(feed, role, schedule) for feed, schedule in feeds for role in feed.houses if role.before is not None
    ]
    labels = _labels([(feed, role.role, role.rows[kept], None) for feed, role, kept in roles])
    entity = _column([(role.house, kept) for _, role, kept in roles])
    named = _column([(role.named, kept) for _, role, kept in roles])
    feed = pa.concat_arrays([labels[0], *(pa.repeat(pa.scalar(each.name), len(house)) for each, _, house in former)])
    key = pa.concat_arrays([labels[1], *(keys for _, keys, _ in former)])
    entity = np.concatenate([entity, *(house for _, _, house in former)])
    named = np.concatenate([named, *(house for _, _, house in former)])
    return _told(feed, key, entity, told=named == entity)


def _former(feed: Feed, role: HouseRole, schedule: Schedule) -> tuple[Feed, Text, Ints]:
    """Records of versions that named another house: key with the version behind it."""
    assert role.before is not None
    changed = (schedule.fate[role.rows] == Fate.CHANGED) & (role.before >= 0) & (role.before != role.house)
    rows = role.rows[changed]
    keys = join(record_keys(feed, role.role, rows), "@", moments(schedule.older_version[rows]))
    return feed, keys, role.before[changed]


def unit_truth(feeds: list[tuple[Feed, Schedule]], world: World) -> tuple[Truth, dict[str, float]]:
    """Records of units; told by a valid code of their own or by a name that no other unit bears."""
    roles = [(feed, role, ~schedule.lost[role.rows]) for feed, schedule in feeds for role in feed.units]
    labels = _labels([(feed, role.role, role.rows[kept], None) for feed, role, kept in roles])
    entity = _column([(role.unit, kept) for _, role, kept in roles])
    code = _column([(role.code, kept) for _, role, kept in roles])
    name = _column([(role.name, kept) for _, role, kept in roles])
    names = pa.chunked_array([world.units.name, world.units.short]).combine_chunks().dictionary_encode()
    text = np.asarray(names.indices)
    bearers = np.bincount(text)
    own_name = text[: len(world.units)] == text[len(world.units) :]
    unique = bearers[text] == np.where(np.tile(own_name, 2), 2, 1)
    foreign_code = (code >= 0) & (code != entity)
    return _told(*labels, entity, told=(code == entity) | (unique[name] & ~foreign_code))


def _told(feed: Text, key: Text, entity: Ints, *, told: Flags) -> tuple[Truth, dict[str, float]]:
    group = np.where(told, entity, int(entity.max(initial=0)) + 1 + np.arange(len(entity)))
    every = pairs(entity)
    return Truth(feed, key, entity, group), {"pairs": every, "decidable": pairs(entity, group) / max(every, 1)}


def write_truth(register: str, truth: Truth, folder: Path) -> None:
    """Writes `<register>.csv`."""
    table = pa.table(
        {
            "feed": truth.feed,
            "record_key": truth.record_key,
            "entity_id": entity_ids(register, truth.entity),
            "decidable_group": join("g", number(truth.group)),
        }
    )
    write_table(table, folder / f"{register}.csv")


def write_residence(world: World, placed: Ints, folder: Path) -> None:
    """Writes `residence.csv`: who truly lived where, from and until before; an empty end has not come.

    `decidable` is false for a stay that lasts though no evidence in force tells of it: `placed` is the house that
    evidence lets one find for each person, -1 for none.
    """
    residences = world.life.residences
    hidden = (residences.end == NEVER) & (placed[residences.person] != residences.house)
    table = pa.table(
        {
            "person_id": entity_ids("person", residences.person),
            "house_id": entity_ids("house", residences.house),
            "valid_from": iso_days(residences.begin),
            "valid_to": iso_days(residences.end),
            "decidable": words(["true", "false"]).take(pa.array(hidden.astype(np.int64))),
        }
    )
    write_table(table, folder / "residence.csv")


def write_table(table: pa.Table, path: Path) -> None:
    """Writes one CSV file of the truth folder: UTF-8 with a header."""
    pcsv.write_csv(table, path)
