"""One record at a time against a published district: how long, how often found, and what the cap on blocks costs.

Queries are nodes of the match index: as they are, with a slip in name and number, or out of the largest blocks.
"""

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from bench.district_size import Trial, need_home
from bench.measurements import Measurement, keep
from bench.processes import watch
from bench.report import Cell, table
from resolution.realtime.matching import Matcher
from schemas.declarations import load_declarations
from stores.match_file import KEY, PLACE, MatchFile, Node
from stores.snapshots import MATCH

REGISTER = "person"
QUERIES = 2000
TELLING = ("born", "id_number", "phones", "dwellings")
"""A record with fewer than two of these is not looked up by anybody."""
PART = "real time"
BESIDE = "Splink's predict_between"
SHARES = (0.5, 0.95, 0.99)
Row = tuple[Any, ...]
Query = tuple[str, Row]


def measure_real_time(trial: Trial) -> None:
    """Every class of query, by one process and by two at once, then Splink's own way for a few."""
    need_home(trial)
    file = trial.home / "snapshots" / "current" / MATCH
    for processes in (1, 2):
        for kind in KINDS:
            arguments = [sys.executable, "-m", "bench.real_time", str(file), kind]
            started = [subprocess.Popen([*arguments, str(seed)], stdout=subprocess.PIPE) for seed in range(processes)]
            told = [json.loads(each.communicate()[0]) for each in started]
            found = {"kind": kind, "processes": processes, **_together(told)}
            keep(trial.work, Measurement(f"{PART}: {kind}, {processes}", trial.persons, rows=QUERIES, found=found))
            print(f"real time, {kind}, {processes} processes: {found}", flush=True)
    done = watch([sys.executable, "-m", "bench.predict_between", trial.home, str(file)], spill=trial.home / "temp")
    times = json.loads(done.output) if not done.code else []
    found = {
        "kind": BESIDE,
        "processes": 1,
        "queries": len(times),
        "milliseconds": [float(np.quantile(times, share)) for share in SHARES] if times else [],
    }
    keep(
        trial.work,
        Measurement(
            f"{PART}: {BESIDE}",
            trial.persons,
            peak_gib=done.peak_gib,
            found=found,
            failed=done.told[-300:] if done.code else "",
        ),
    )
    print(f"{BESIDE}: {found} {done.told[-300:] if done.code else ''}", flush=True)


def exact(file: MatchFile, dice: random.Random) -> Iterator[Query]:
    """Records as they are."""
    for node in _drawn(file, dice):
        yield node.entity_id, node.values


def typo(file: MatchFile, dice: random.Random) -> Iterator[Query]:
    """Records with one slip: a letter of the given name, or a digit of the ID number or else of the birth date."""
    columns = _columns(file)
    for node in _drawn(file, dice):
        row = dict(zip(columns, node.values, strict=True))
        row |= dice.choice((_name_slipped, _digit_slipped))(row, dice)
        yield node.entity_id, tuple(row[name] for name in columns)


def two_typos(file: MatchFile, dice: random.Random) -> Iterator[Query]:
    """Records with both slips at once."""
    columns = _columns(file)
    for node in _drawn(file, dice):
        row = dict(zip(columns, node.values, strict=True))
        row |= _name_slipped(row, dice) | _digit_slipped(row, dice)
        yield node.entity_id, tuple(row[name] for name in columns)


def big_block(file: MatchFile, dice: random.Random) -> Iterator[Query]:
    """Records out of the largest blocks of each rule, without the ID number that would tell them at once."""
    columns = _columns(file)
    places = [place for block in _largest_blocks(file) for place in dice.sample(block, min(len(block), 8))]
    for place in dice.sample(places, min(len(places), QUERIES)):
        [node] = file.nodes(REGISTER, [place]).values()
        row = dict(zip(columns, node.values, strict=True)) | {"id_number": None, "valid_id": None}
        yield node.entity_id, tuple(row[name] for name in columns)


KINDS: Mapping[str, Callable[[MatchFile, random.Random], Iterator[Query]]] = {
    "exact": exact,
    "typo": typo,
    "two typos": two_typos,
    "big block": big_block,
}


def run(path: Path, kind: str, seed: int) -> dict[str, Any]:
    """Times of all queries of one kind in milliseconds, and how many found their entity with and without the cap."""
    with closing(MatchFile(path)) as file:
        declarations = load_declarations()
        matcher, whole = Matcher(file, declarations), Matcher(file, declarations, most_compared=None)
        queries = list(KINDS[kind](file, random.Random(seed)))
        for _, row in queries[:100]:
            matcher.match_row(REGISTER, row)
        times, brought, found, uncapped = [], [], 0, 0
        for entity, row in queries:
            began = time.perf_counter()
            answer = matcher.match_row(REGISTER, row)
            times.append(1000 * (time.perf_counter() - began))
            brought.append(answer.brought)
            found += any(each.entity_id == entity for each in answer.candidates)
        for entity, row in queries:
            uncapped += any(each.entity_id == entity for each in whole.match_row(REGISTER, row).candidates)
    return {"times": times, "brought": brought, "found": found, "uncapped": uncapped}


def _together(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    times, brought = (np.concatenate([each[name] for each in told]) for name in ("times", "brought"))
    return {
        "queries": len(times),
        "milliseconds": [round(float(np.quantile(times, share)), 3) for share in SHARES],
        "longest": round(float(times.max()), 2),
        "brought": [int(np.quantile(brought, 0.5)), int(brought.max())],
        "recall": sum(each["found"] for each in told) / len(times),
        "recall_uncapped": sum(each["uncapped"] for each in told) / len(times),
    }


def _columns(file: MatchFile) -> Sequence[str]:
    index = file.register(REGISTER)
    assert index is not None
    return [name for name, _ in index.columns]


def _drawn(file: MatchFile, dice: random.Random) -> Iterator[Node]:
    index, columns = file.register(REGISTER), _columns(file)
    assert index is not None
    telling = [columns.index(name) for name in TELLING]
    left = QUERIES
    while left:
        [node] = file.nodes(REGISTER, [dice.randrange(index.nodes)]).values()
        if sum(node.values[at] is not None for at in telling) >= 2:
            left -= 1
            yield node


def _name_slipped(row: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    given = row["given_key"] or "x"
    at = dice.randrange(len(given))
    slipped = given[:at] + dice.choice("aeiougnh".replace(given[at], "")) + given[at + 1 :]
    return {"given_key": slipped, "name_key": f"{row['surname_key']} {slipped}", "written_name": "某某"}


def _digit_slipped(row: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    if row["id_number"]:
        return {"id_number": _slip(row["id_number"], 14, dice), "valid_id": None}
    return {"born": _slip(row["born"], 9, dice)} if row["born"] else {}


def _slip(text: str, at: int, dice: random.Random) -> str:
    at = min(at, len(text) - 1)
    return text[:at] + dice.choice("0123456789".replace(text[at], "")) + text[at + 1 :]


def _largest_blocks(file: MatchFile, blocks: int = 60) -> Iterator[list[int]]:
    """The places in the largest blocks of each rule."""
    database: sqlite3.Connection = file._database
    for (rule,) in database.execute("SELECT rule FROM rule WHERE register = ?", (REGISTER,)).fetchall():
        pages = database.execute("SELECT keys, places FROM page WHERE rule = ? ORDER BY first", (rule,)).fetchall()
        keys = np.concatenate([np.frombuffer(held, KEY) for held, _ in pages])
        places = np.concatenate([np.frombuffer(held, PLACE) for _, held in pages])
        starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)]])
        for block in np.argsort(-np.diff(starts), kind="stable")[:blocks]:
            yield places[starts[block] : starts[block + 1]].tolist()


def real_time(measurements: Sequence[Measurement]) -> str:
    """Times, recall and what the cap costs, as a Markdown table."""
    rows: list[Sequence[Cell]] = []
    for each in measurements:
        found = each.found
        times = [f"{milliseconds:.2f}" for milliseconds in found["milliseconds"]] or [each.failed or None, None, None]
        shares = (found.get("recall"), found.get("recall_uncapped"))
        kept_by_cap = shares[0] / shares[1] if shares[0] is not None and shares[1] else None
        most = found.get("brought", [None, None])[1]
        rows.append(
            [each.persons, found["kind"], found["processes"], found["queries"], *times, most, shares[0], kept_by_cap]
        )
    header = ["persons", "queries", "processes", "number", "p50 ms", "p95 ms", "p99 ms", "most candidates"]
    return table([*header, "found", "of those found without the cap"], rows)


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
