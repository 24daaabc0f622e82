"""The whole chain with its operational database on a server: the same snapshot, however the run or the server fails."""

import random
from dataclasses import asdict
from pathlib import Path

from stores.home import Home, create_home
from tests.faults.calls import HubCall
from tests.faults.conftest import Town
from tests.faults.whole import Counts, acknowledged, compare, served
from tests.postgresql.operational import OperationalServer
from tests.trials import trials, write_down

KILLS = trials(few=2, full=100)
KILLS_OF_ONE_HOME = 6


def test_a_run_gives_the_snapshot_that_it_gives_with_a_file(
    town: Town, tmp_path: Path, operational_server: OperationalServer
) -> None:
    home, counts = begun(tmp_path, operational_server), Counts("operational server")
    process = HubCall(home.root, ("run", str(town.feeds))).start()
    assert process.finish() == 0, process.told()
    compare(home, town.calm, counts)
    assert counts.harm == (0, 0, 0)


def test_kills_and_cuts_at_random_times_lose_nothing_and_double_nothing(
    town: Town, tmp_path: Path, operational_server: OperationalServer
) -> None:
    counts, chance, number = Counts("kills beside an operational server"), random.Random(5), 0
    while counts.count < KILLS:
        home = begun(tmp_path / str(number), operational_server)
        for attempt in range(KILLS_OF_ONE_HOME):
            cutting = operational_server if attempt % 2 else None
            if counts.count == KILLS or not harmed(home, town, chance, counts, cutting):
                break
        process = HubCall(home.root, ("run", str(town.feeds))).start()
        assert process.finish() == 0, process.told()
        compare(home, town.calm, counts)
        operational_server.server.execute(
            f"DROP DATABASE {operational_server.database} WITH (FORCE)",
            f"CREATE DATABASE {operational_server.database} OWNER hub",
        )
        number += 1
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
    assert counts.recovered == number


def harmed(home: Home, town: Town, chance: random.Random, counts: Counts, cutting: OperationalServer | None) -> bool:
    """Kills a run at a random time, or cuts it off from the server; whether it was still at work then."""
    kept = acknowledged(home)
    process = HubCall(home.root, ("run", str(town.feeds))).start()
    if process.ended_within(chance.uniform(0.5, 0.8 * town.seconds_from_nothing)):
        assert process.finish() == 0, process.told()
        return False
    if cutting is None:
        process.kill()
    else:
        cut(cutting, process)
    counts.note(process.stage())
    counts.half_served += served(home) not in (None, served(town.calm))
    counts.lost += len(kept - acknowledged(home))
    return True


def cut(server: OperationalServer, process: HubCall) -> None:
    """Ends the sessions of the hub until its run says so, or needed the server no more."""
    while not process.ended_within(0.2):
        server.cut()
    told = process.told()
    assert process.finish() == 0 or ("was lost" in told and "same command again" in told), told
    assert "Traceback" not in told, told


def begun(folder: Path, server: OperationalServer) -> Home:
    """An empty home with its operational database on the server."""
    folder.mkdir(exist_ok=True)
    home = server.named_in(create_home(folder / "home", kind="synthetic"))
    init = HubCall(home.root, ("init", "--kind", "synthetic")).start()
    assert init.finish() == 0, init.told()
    return home
