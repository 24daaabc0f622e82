"""Hands bad files in, one by one, and counts what became of them: `python -m tests.hostile.trial COUNT [FIRST]`.

Prints one line of JSON. A row is lost where its file was accepted, its damage left the row alone and nobody holds it.
"""

import json
import resource
import sys
import traceback
from collections import Counter as Tally
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingestion.report import DeliveryReport
from tests.hostile.counter import CSV, JSONL, Counter, open_counter
from tests.hostile.generate import BadFile, Row, bad_file
from tests.ingestion.village import csv_text

FILES_PER_HOME = 100
FIELDS = ("编号", "姓名", "住址", "登记日期", "更新时间")


def run(count: int, first: int = 0) -> dict[str, Any]:
    """Hands in so many files; the counts of what became of them, and the seeds of those that went wrong."""
    tally: Tally[str] = Tally(refused=0, accepted=0, lost=0, doubled=0, mixed_up=0, crashes=0)
    wrong: list[str] = []
    seeds = list(range(first, first + count))
    while seeds:
        done = _run_home(seeds[:FILES_PER_HOME], tally, wrong)
        seeds = seeds[done:]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"trial": "bad files", "count": count, **tally, "peak_mib": peak, "wrong": wrong}


def _run_home(seeds: list[int], tally: "Tally[str]", wrong: list[str]) -> int:
    """How many of these files were handed in; after a crash a fresh home is needed."""
    with TemporaryDirectory() as folder, open_counter(Path(folder)) as counter:
        for done, seed in enumerate(seeds, start=1):
            bad = bad_file(seed)
            found = _judged(bad, counter, is_full=seed % 4 == 0 and bad.form in (CSV, JSONL))
            tally.update(found)
            if found.keys() & {"lost", "doubled", "mixed_up", "crashes"}:
                wrong.append(f"{seed} {bad.damage}: {dict(found)}")
            if found["crashes"]:
                return done
    return len(seeds)


def _judged(bad: BadFile, counter: Counter, *, is_full: bool) -> "Tally[str]":
    mode = "full" if is_full else "delta"
    if is_full:
        _hold(bad, counter)
    before = _held_before(bad, counter)
    try:
        report = counter.hand_in(bad.form, bad.content, mode=mode)
    # A trial counts whatever goes wrong.
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return Tally(crashes=1)
    if report.state not in ("applied", "waiting"):
        is_told = report.state == "refused" and _is_clear(report)
        return Tally(refused=1) if is_told and _held_before(bad, counter) == before else Tally(crashes=1)
    return Tally(accepted=1) + _wrong_rows(bad, report, counter, is_full=is_full)


def _is_clear(report: DeliveryReport) -> bool:
    """Whether the message begins with the file, can be shown, and sends nobody to the developers."""
    note = report.note
    return note.startswith(report.file) and note.isprintable() and "developers" not in note


def _hold(bad: BadFile, counter: Counter) -> None:
    """A sound full dump of the same rows and no others comes first: the damaged one must not end them."""
    text = csv_text(*bad.whole) if bad.form is CSV else "".join(f"{json.dumps(each)}\n" for each in bad.whole)
    report = counter.hand_in(bad.form, text.encode(), mode="full", approve=True)
    assert report.state == "applied", report


def _held_before(bad: BadFile, counter: Counter) -> int:
    return int(counter.village.rows(f'SELECT count(*) FROM raw."people_{bad.form}"')[0][0])


def _wrong_rows(bad: BadFile, report: DeliveryReport, counter: Counter, *, is_full: bool) -> "Tally[str]":
    listed = ", ".join(f'"{name}"' for name in FIELDS)
    which = "ended_on IS NULL" if is_full else f"delivery_id = {report.delivery_id}"
    held = counter.village.rows(f'SELECT {listed} FROM raw."{report.feed}" WHERE {which}')
    aside = {key for (key,) in counter.village.rows(_aside_sql(report))}
    times = Tally(held)
    whole = [_as_held(each) for each in bad.whole]
    lost = sum(times[each] == 0 and each[0] not in aside for each in whole)
    doubled = sum(count > 1 for count in times.values())
    strange = len(set(held) - set(whole)) - bad.touched
    is_conserved = sum(report.counts.values()) == report.rows
    found = {"lost": lost, "doubled": doubled, "mixed_up": max(0, strange) + (not is_conserved)}
    return Tally({name: count for name, count in found.items() if count})


def _aside_sql(report: DeliveryReport) -> str:
    return f"SELECT row_key FROM quarantine.quarantined_row WHERE delivery_id = {report.delivery_id}"


def _as_held(row: Row) -> tuple[str | None, ...]:
    return tuple(row.get(name) or None for name in FIELDS)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(*map(int, sys.argv[1:])), ensure_ascii=False) + "\n")
