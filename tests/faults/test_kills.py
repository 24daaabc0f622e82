"""SIGKILL at random times in every stage: nothing lost, nothing doubled, nothing served that is not whole."""

import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from stores.home import Home, create_home
from tests.faults.calls import HubCall
from tests.faults.conftest import Town
from tests.faults.whole import Counts, acknowledged, changes_told, compare, served
from tests.trials import trials, write_down

KILLS = trials(few=3, full=300)
KILLS_OF_ONE_HOME = 6
LOOK_EVERY = 0.25
# Seconds that a run takes, by the snapshot that it begins with.
Pace = dict[str | None, float]


def kill_again_and_again(home: Home, town: Town, chance: random.Random, counts: Counts, pace: Pace) -> None:
    """Runs the feeds and kills the run, until one run ends by itself."""
    before = served(home)
    allowed = {before, served(town.calm)}
    for _ in range(KILLS_OF_ONE_HOME):
        kept, begin = acknowledged(home), time.monotonic()
        process = HubCall(home.root, ("run", str(town.feeds))).start()
        if not look_on(process, home, chance.uniform(0, pace[before]), allowed, counts):
            break
        process.kill()
        counts.note(process.stage())
        counts.half_served += served(home) not in allowed
        counts.lost += len(kept - acknowledged(home))
    else:
        begin = time.monotonic()
        process = HubCall(home.root, ("run", str(town.feeds))).start()
    assert process.finish() == 0, process.told()
    took = time.monotonic() - begin
    # The machine has other work at times: a run that nobody killed says how long one takes now.
    pace[before] = max(pace[before], took) if counts.count else took


def look_on(process: HubCall, home: Home, seconds: float, allowed: set[str | None], counts: Counts) -> bool:
    """Reads what is served again and again; whether the process is still at work after this time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if process.ended_within(min(left, LOOK_EVERY)):
            return False
        counts.half_served += served(home) not in allowed
    return True


def trial(number: int, town: Town, folder: Path, pace: Pace) -> Counts:
    """One home, killed and then finished."""
    counts, chance, place = Counts("kills"), random.Random(number), folder / f"home{number}"
    # Every second home begins with nothing, the others with a snapshot that has to stay served throughout.
    home = create_home(place, kind="synthetic") if number % 2 else town.copy(town.begun, place)
    kill_again_and_again(home, town, chance, counts, pace)
    compare(home, town.calm, counts)
    assert number % 2 or changes_told(home, town.begun) == changes_told(town.calm, town.begun)
    shutil.rmtree(place)
    return counts


def test_kills_at_random_times_lose_nothing_double_nothing_and_serve_nothing_half(town: Town, tmp_path: Path) -> None:
    counts, homes = Counts("kills"), 0
    pace = {None: town.seconds_from_nothing, served(town.begun): town.seconds_of_a_day}
    workers = os.cpu_count() or 1 if KILLS > 10 else 1
    with ThreadPoolExecutor(workers) as pool:
        while counts.count < KILLS:
            for found in pool.map(lambda number: trial(number, town, tmp_path, pace), range(homes, homes + workers)):
                counts += found
            homes += workers
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
    assert counts.recovered == homes
