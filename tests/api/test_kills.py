"""A service under load may be killed at any moment, in part or whole: no answer without its record, no write lost."""

import json
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from api.serving import START_SECONDS
from hub.sharing.audit import verify
from stores.home import Home, open_home
from stores.operational import read_operational
from tests.api.killing import Client, Knowledge, Notes
from tests.api.readable import own_ids, readable_hub, rows
from tests.api.restarting import PATIENCE, Service, wait_for
from tests.hub.sharing.asking import Hub
from tests.hub.sharing.audit_log import lines
from tests.trials import trials, write_down

CLIENTS, WORKERS = 4, 3
KILLS = trials(few=4, full=200)
ANSWERS_BETWEEN = 10
WORKER, PARENT, ALL = "a worker", "the parent", "all at once"
SHARES = {WORKER: 8, PARENT: 1, ALL: 1}
STOP_SECONDS = 30
SETTINGS = {
    "HUB_API_STOP_SECONDS": str(STOP_SECONDS),
    "HUB_API_POINTS_AT_ONCE": "10000000",
    "HUB_API_POINTS_PER_MINUTE": "10000000",
    "HUB_ACCOUNTS_TOKEN_MINUTES": "60",
}


@dataclass
class Killing:
    """What was killed, how long orphans took to end by themselves, how long it took until somebody was answered, and
    what the service says has failed.
    """

    kills: Counter[str] = field(default_factory=Counter)
    orphans: list[float] = field(default_factory=list)
    silences: list[float] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)


@pytest.fixture
def hub(finished: Home, tmp_path: Path) -> Hub:
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    return readable_hub(open_home(tmp_path / "home"))


def knowledge(hub: Hub, port: int) -> Knowledge:
    """What the population office's program asks about."""
    found = rows(
        hub,
        """SELECT DISTINCT member.entity_id FROM person_record JOIN member USING (record_id)
           WHERE member.register = 'person' AND feed = 'residence_registration' ORDER BY 1 LIMIT 20""",
    )
    entities = [entity for (entity,) in found]
    form = {"grant_type": "client_credentials", "client_id": "registry", "client_secret": hub.secret("registry")}
    token = httpx2.post(f"http://127.0.0.1:{port}/v1/token", data=form, timeout=30).json()["access_token"]
    return Knowledge(
        list(zip(own_ids(hub, "population_office").of(entities), entities, strict=True)),
        {"fields": {"name": "王小明", "id_number": "310114199001011234"}},
        {"Authorization": f"Bearer {token}", "Hub-Purpose": "record_correction", "Hub-Case": "2026-1"},
    )


def kinds_of(kills: int, dice: random.Random) -> Sequence[str]:
    """What is killed one after the other: each kind once, then mostly workers."""
    return [*SHARES, *dice.choices(list(SHARES), list(SHARES.values()), k=kills)][:kills]


def kill_under_load(hub: Hub, kills: int, dice: random.Random) -> tuple[list[Notes], Killing]:
    """Serves the home, kills while clients ask, and returns what the clients noted."""
    service, found = Service(hub.home, WORKERS, SETTINGS), Killing()
    service.start()
    stop, known = threading.Event(), knowledge(hub, service.port)
    clients = [Client(service.port, known, stop) for _ in range(CLIENTS)]
    threads = [threading.Thread(target=each.run, args=(dice.randrange(1 << 30),)) for each in clients]
    for each in threads:
        each.start()
    try:
        await_answers(clients, ANSWERS_BETWEEN)
        for kind in kinds_of(kills, dice):
            time.sleep(dice.random() * 0.2)
            kill(service, kind, dice, found)
            killed_at = time.monotonic()
            await_answers(clients, 1)
            found.silences.append(time.monotonic() - killed_at)
            await_answers(clients, ANSWERS_BETWEEN)
    finally:
        stop.set()
        for each in threads:
            each.join(PATIENCE)
        service.stop()
        found.failures.extend(map(json.loads, service.failures))
    return [each.notes for each in clients], found


def kill(service: Service, kind: str, dice: random.Random, found: Killing) -> None:
    """Kills that much of the service; what does not come back by itself is started again."""
    if kind == WORKER:
        wait_for(lambda: bool(service.workers()))
        service.kill_worker(dice.choice)
    elif kind == PARENT:
        found.orphans.append(service.kill_parent())
        service.start()
    else:
        service.kill_all()
        service.start()
    found.kills[kind] += 1


def await_answers(clients: list[Client], number: int) -> None:
    before = answers(clients)
    wait_for(lambda: answers(clients) >= before + number)


def answers(clients: list[Client]) -> int:
    return sum(len(each.notes.asked) + len(each.notes.disputes) for each in clients)


def test_a_worker_that_dies_before_it_serves_is_replaced_as_soon_as_others(hub: Hub) -> None:
    service = Service(hub.home, 1, SETTINGS)
    service.start()
    try:
        [serving] = service.workers()
        service.kill_worker(lambda found: found[0])
        [starting] = wait_for(lambda: [each for each in service.workers() if each != serving])
        time.sleep(1)  # by then the first process waits for a sign of life from it
        service.kill_worker(lambda _: starting)
        began = time.monotonic()
        wait_for(lambda: [each for each in service.workers() if each not in (serving, starting)])
        assert time.monotonic() - began < START_SECONDS / 4
    finally:
        service.stop()


def test_no_answer_without_its_record_and_no_dispute_lost_whoever_is_killed(hub: Hub) -> None:
    begun = time.monotonic()
    notes, killing = kill_under_load(hub, KILLS, random.Random(7))
    answered = Counter((each.verb, each.entity) for of_one in notes for each in of_one.asked)
    told = {key: number for of_one in notes for key, number in of_one.disputes.items()}
    recorded = Counter(
        (line["verb"], line["entities"][0] if line["verb"] == "read" else "")
        for line in lines(hub.home.audit)
        if line["outcome"] == "disclosed" and line["verb"] in ("read", "match")
    )
    with read_operational(hub.home) as operational:
        kept = Counter(operational.disputes.said(each.dispute_id).why for each in operational.disputes.all())
    missing = answered - recorded
    write_down(
        {
            **{"trial": "API: kills", "kills": dict(killing.kills), "seconds": round(time.monotonic() - begun)},
            **{"answers": answered.total(), "without a record": missing.total()},
            **{"disputes": len(told), "disputes lost": len(told.keys() - kept.keys())},
            **{"statuses": sorted({status for of_one in notes for status in of_one.statuses})},
            **{"orphans ended after": max(killing.orphans), "longest silence": max(killing.silences)},
            "failures": killing.failures,
        }
    )
    assert not missing
    assert {key: kept[key] for key in told} == dict.fromkeys(told, 1)
    assert max(kept.values()) == 1
    assert told and answered
    assert set(killing.kills) == set(SHARES)
    assert not {500} & {status for of_one in notes for status in of_one.statuses}, killing.failures
    assert max(killing.orphans) < STOP_SECONDS, "an orphan went on answering"
    assert verify(hub.home.audit).records >= answered.total() + len(told)
