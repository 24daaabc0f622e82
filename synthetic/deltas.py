"""Turns a feed into deliveries: the full dump, then a file a day with new, changed, deleted, repeated and late rows."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.calendar import AS_OF
from synthetic.dice import Dice
from synthetic.faults import FaultLog, Faults
from synthetic.records import DAY, Feed
from synthetic.text import Flags, Ints, Text, moments, take, where, words

ID_COLUMNS = {"separated_residents": "身份证号", "school_roll": "身份证件号"}  # of the feeds that come as sheets
_OPERATIONS = words(["", "新增", "变更", "删除"])


class Fate(IntEnum):
    """What the deltas do to a row."""

    STEADY = 0
    NEW = 1
    CHANGED = 2
    DELETED = 3
    REPEATED = 4
    LATE = 5


_OPERATION_OF = np.array([0, 1, 2, 3, 2, 2])
_CHANGES = (
    ("new", Fate.NEW),
    ("changed", Fate.CHANGED),
    ("deleted", Fate.DELETED),
    ("repeated", Fate.REPEATED),
    ("late", Fate.LATE),
)


@dataclass(frozen=True)
class Delivery:
    """One file: mode, day and rows; `as_number` marks rows whose ID a spreadsheet turned into a number."""

    feed: str
    mode: str
    day: int
    sequence: int
    table: pa.Table
    as_number: Flags


@dataclass(frozen=True)
class Schedule:
    """Fate of each row and the day (counted from 1) of the delta that brings it; `lost` rows never become records.

    `twice`: the full dump holds the row two times.
    """

    fate: Ints
    day: Ints
    lost: Flags
    twice: Flags
    older_version: Ints


def draw_schedule(dice: Dice, feed: Feed, faults: Faults, *, days: int, log: FaultLog) -> Schedule:
    """Chooses what happens to each row, and which rows are spoiled in the full dump."""
    size = len(feed)
    fate, day = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for change, code in _CHANGES:
        for number in range(1, days + 1):
            hit = (fate == Fate.STEADY) & dice.happens(faults.delta_rate(change, feed.name), size)
            fate[hit], day[hit] = code, number
    lost = np.zeros(size, dtype=bool)
    for fault in ("key_missing", "id_as_number"):
        if feed.name in faults.rates[fault]:
            able = (fate == Fate.STEADY) & ~lost & _spoilable(feed, fault)
            lost |= _note(log, fault, feed.name, able, dice.happens(faults.rate(fault, feed.name), size))
    twice = np.zeros(size, dtype=bool)
    if feed.name in faults.rates["row_twice"]:
        able = (fate == Fate.STEADY) & ~lost
        twice = _note(log, "row_twice", feed.name, able, dice.happens(faults.rate("row_twice", feed.name), size))
    older = feed.version - dice.between(40, 400, size) * DAY
    return Schedule(fate, day, lost, twice, older)


def _spoilable(feed: Feed, fault: str) -> Flags:
    """A spreadsheet turns an ID into a number only where it has nothing but digits."""
    if fault == "key_missing":
        return np.ones(len(feed), dtype=bool)
    digits = pc.match_substring_regex(feed.columns[ID_COLUMNS[feed.name]], "^[0-9]{15,18}$")
    return np.asarray(pc.fill_null(digits, False))


def _note(log: FaultLog, fault: str, feed: str, able: Flags, hit: Flags) -> Flags:
    log.note(fault, feed, eligible=int(able.sum()), applied=int((able & hit).sum()))
    return able & hit


def settle(feed: Feed, schedule: Schedule) -> Feed:
    """The feed as known after the last delta: facts of deleted rows have ended, lost rows have none."""
    deleted = schedule.fate == Fate.DELETED
    facts = []
    for fact in feed.facts:
        kept = ~schedule.lost[fact.rows]
        end = np.where(deleted[fact.rows], np.minimum(fact.end, AS_OF + schedule.day[fact.rows]), fact.end)
        facts.append(replace(fact, end=end).kept(kept))
    return replace(feed, facts=tuple(facts))


def deliveries(feed: Feed, schedule: Schedule, faults: Faults, *, days: int) -> list[Delivery]:
    """The files of one feed, the full dump first; days without a change have none."""
    files = [_full(feed, schedule, faults)]
    for number in range(1, days + 1):
        rows = np.flatnonzero((schedule.fate != Fate.STEADY) & (schedule.day == number))
        if len(rows):
            files.append(_delta(feed, schedule, rows, number))
    return files


def _full(feed: Feed, schedule: Schedule, faults: Faults) -> Delivery:
    rows = np.r_[np.flatnonzero(schedule.fate != Fate.NEW), np.flatnonzero(schedule.twice)]
    changed = schedule.fate[rows] == Fate.CHANGED
    version = np.where(changed, schedule.older_version[rows], feed.version[rows])
    columns = _with_previous(feed, rows, changed, also_houses=True)
    spoiled = schedule.lost[rows]
    as_number = spoiled & (feed.name in faults.rates["id_as_number"])
    if feed.name in faults.rates["key_missing"]:
        columns[feed.key_column] = where(spoiled, None, columns[feed.key_column])
    table = _table(columns, version, np.zeros(len(rows), dtype=np.int64))
    return Delivery(feed.name, "full", AS_OF, 1, table, as_number)


def _delta(feed: Feed, schedule: Schedule, rows: Ints, number: int) -> Delivery:
    fate = schedule.fate[rows]
    today = (AS_OF + number) * DAY + 1800 + rows % 20000
    version = np.select(
        [np.isin(fate, [Fate.NEW, Fate.CHANGED, Fate.DELETED]), fate == Fate.LATE],
        [today, schedule.older_version[rows]],
        feed.version[rows],
    )
    columns = _with_previous(feed, rows, fate == Fate.LATE, also_houses=False)
    table = _table(columns, version, _OPERATION_OF[fate])
    return Delivery(feed.name, "delta", AS_OF + number, 1, table, np.zeros(len(rows), dtype=bool))


def _with_previous(feed: Feed, rows: Ints, older: Flags, *, also_houses: bool) -> dict[str, Text]:
    columns = {name: take(column, rows) for name, column in feed.columns.items()}
    addresses = {role.column for role in feed.houses if role.before is not None}
    for name, column in feed.previous.items():
        if also_houses or name not in addresses:
            columns[name] = where(older, take(column, rows), columns[name])
    return columns


def _table(columns: dict[str, Text], version: Ints, operation: Ints) -> pa.Table:
    return pa.table(columns | {"更新时间": moments(version), "操作": pc.take(_OPERATIONS, pa.array(operation))})
