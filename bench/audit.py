"""Records a second that are on disk when their caller goes on: many callers at once, beside a sync for each record."""

import fcntl
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bench.report import Cell, table
from hub.reading.reader import Reader
from hub.reading.who_looked import who_looked
from hub.settings import read_settings
from hub.sharing.audit import AuditEntry, append, cover, verify
from hub.sharing.audit_list import Wanted
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from stores.home import Home, create_home

CALLERS = (1, 4, 16)
SECONDS, ROUNDS = 5.0, 3
KINDS = ("threads", "processes")
MANY = 100_000
"""Records of the log that is verified and searched."""
Append = Callable[[], object]


@dataclass(frozen=True)
class Rate:
    """One way of writing with so many callers: records a second of each round, and how long a caller waited."""

    way: str
    kind: str
    callers: int
    rates: Sequence[float]
    milliseconds: tuple[float, float]


def measure_audit(work: Path) -> list[Rate]:
    """Every number of callers, as threads and as processes, one way after the other in each round."""
    found = []
    for kind in KINDS:
        for callers in CALLERS:
            rounds: dict[str, list[list[float]]] = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way in WAYS:
                    with tempfile.TemporaryDirectory(dir=work) as folder:
                        rounds[way].append(_run(Path(folder) / "home", way, kind, callers))
            for way, runs in rounds.items():
                waits = sorted(each for run in runs for each in run)
                quantiles = tuple(round(1000 * waits[int(len(waits) * share)], 2) for share in (0.5, 0.95))
                rates = [len(run) / SECONDS for run in runs]
                found.append(Rate(way, kind, callers, rates, (quantiles[0], quantiles[1])))
                print(f"audit: {asdict(found[-1])}", flush=True)
    return found


def one_sync_each(home: Home) -> Append:
    """What the log did before: one after the other, each with a sync of its own."""
    line = json.dumps(vars(_entry(0)), ensure_ascii=False).encode() + b"\n"

    def write() -> None:
        with (home.audit / "beside.jsonl").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    return write


def shared_sync(home: Home) -> Append:
    """The log as it is, checkpoints and full files with it."""
    return partial(append, home, _entry(0))


WAYS: dict[str, Callable[[Home], Append]] = {"audit log": shared_sync, "one sync for each": one_sync_each}


def _entry(number: int) -> AuditEntry:
    return AuditEntry(
        *("wang", "housing", "training", "ask", "who_lives_here", {"as_of": "2026-06-30"}, "2026-06-30-aa"),
        *("disclosed", "training-on-made-up-people", 3, [f"P{number % 50_000:016}"]),
    )


def _run(root: Path, way: str, kind: str, callers: int) -> list[float]:
    """How long each record took, all callers together."""
    home = create_home(root, kind="synthetic")
    if kind == "threads":
        write = WAYS[way](home)
        with ThreadPoolExecutor(callers) as pool:
            return [each for found in pool.map(lambda _: _waits(write), range(callers)) for each in found]
    context = get_context("forkserver")
    barrier, queue = context.Barrier(callers), context.SimpleQueue()
    started = [context.Process(target=_in_process, args=(root, way, barrier, queue)) for _ in range(callers)]
    for each in started:
        each.start()
    found = [each for _ in started for each in queue.get()]
    for each in started:
        each.join()
    return found


def _in_process(root: Path, way: str, barrier: Barrier, queue: "SimpleQueue[list[float]]") -> None:
    write = WAYS[way](create_home(root, kind="synthetic"))
    write()
    barrier.wait()
    queue.put(_waits(write))


def _waits(write: Append) -> list[float]:
    found, end = [], time.perf_counter() + SECONDS
    while (begun := time.perf_counter()) < end:
        write()
        found.append(time.perf_counter() - begun)
    return found


def measure_reading(work: Path) -> str:
    """How long it takes to walk a long log and to find whoever looked at one person, as a sentence."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        home = create_home(Path(folder) / "home", kind="synthetic")
        with ThreadPoolExecutor(64) as pool:
            for _ in pool.map(lambda number: append(home, _entry(number)), range(MANY)):
                pass
        cover(home)
        begun = time.perf_counter()
        verify(home.audit)
        walked, begun = time.perf_counter() - begun, time.perf_counter()
        wanted = Wanted(entities=(f"P{7:016}",))
        reader = Reader(home, load_declarations(), read_settings(home, {}), Caller("zhao"), "training")
        rows = who_looked(reader, wanted).answer.table.num_rows
        found = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in home.audit.glob("*.jsonl"))
    return (
        f"A log of {MANY:,} records ({size / MANY:.0f} bytes each): `hub audit verify` walks it in {walked:.1f} s, and "
        f"who looked at one person ({rows} records) is found in {found:.2f} s."
    )


def audit_log(rates: Sequence[Rate]) -> str:
    """Medians of the rounds with their range, as a Markdown table."""
    rows: list[Sequence[Cell]] = [
        [
            *(each.kind, each.callers, each.way, round(statistics.median(each.rates))),
            f"{min(each.rates):.0f} to {max(each.rates):.0f}",
            *(f"{milliseconds:.2f}" for milliseconds in each.milliseconds),
        ]
        for each in rates
    ]
    return table(["callers", "number", "way", "records/s", "of rounds", "p50 ms", "p95 ms"], rows)
