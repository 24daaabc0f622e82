"""Workers of a service under load may be killed at any moment: no answer without its record, no write told and lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from hub.sharing.audit import verify
from stores.home import Home, open_home
from stores.operational import read_operational
from tests.api.killing import Client, Knowledge, Notes
from tests.api.readable import own_ids, readable_hub, rows
from tests.hub.sharing.asking import Hub
from tests.hub.sharing.audit_log import lines
from tests.trials import trials, write_down

CLIENTS, WORKERS = 4, 2
KILLS = trials(few=3, full=200)
KILLS_A_SERVICE = 50
PATIENCE = 120.0
SETTINGS = {
    "HUB_API_POINTS_AT_ONCE": "10000000",
    "HUB_API_POINTS_PER_MINUTE": "10000000",
    "HUB_ACCOUNTS_TOKEN_MINUTES": "60",
}


@contextmanager
def serving(home: Home) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The home served by several workers, and the port."""
    command = [sys.executable, "-m", "api", "--home", str(home.root), "--port", "0", "--metrics-port", "0"]
    with subprocess.Popen(
        [*command, "--workers", str(WORKERS)], stdout=subprocess.PIPE, text=True, env={**os.environ, **SETTINGS}
    ) as process:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["port"])
        reading = threading.Thread(target=lambda: list(process.stdout or ()))
        reading.start()
        try:
            until_ready(port)
            yield process, port
        finally:
            process.terminate()
            process.wait(PATIENCE)
            reading.join()


def until_ready(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/v1/ready", timeout=PATIENCE).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never became ready")


def workers(process: subprocess.Popen[str]) -> list[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(each) for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


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


def kill_under_load(hub: Hub, kills: int, dice: random.Random) -> list[Notes]:
    """Serves the home, kills workers while clients ask, and returns what the clients noted."""
    with serving(hub.home) as (process, port):
        stop, known = threading.Event(), knowledge(hub, port)
        clients = [Client(port, known, stop) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=each.run, args=(dice.randrange(1 << 30),)) for each in clients]
        for each in threads:
            each.start()
        for _ in range(kills):
            before = answers(clients)
            wait_for(lambda before=before: answers(clients) >= before + 10 and bool(workers(process)))
            time.sleep(dice.random() * 0.2)
            os.kill(dice.choice(workers(process)), signal.SIGKILL)
        stop.set()
        for each in threads:
            each.join(PATIENCE)
    return [each.notes for each in clients]


def answers(clients: list[Client]) -> int:
    return sum(len(each.notes.asked) + len(each.notes.disputes) for each in clients)


def wait_for(true: object) -> None:
    end = time.monotonic() + PATIENCE
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "the service answers nobody any more"
        time.sleep(0.01)


def test_no_answer_without_its_record_and_no_dispute_lost_whoever_is_killed(finished: Home, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    hub, dice, left, notes = readable_hub(open_home(tmp_path / "home")), random.Random(7), KILLS, list[Notes]()
    while left:
        kills = min(left, KILLS_A_SERVICE)
        notes += kill_under_load(hub, kills, dice)
        left -= kills
    answered = Counter((each.verb, each.entity) for of_one in notes for each in of_one.asked)
    told = {key: number for of_one in notes for key, number in of_one.disputes.items()}
    recorded = Counter(
        (line["verb"], line["entities"][0] if line["verb"] == "read" else "")
        for line in lines(hub.home.audit)
        if line["outcome"] == "disclosed" and line["verb"] in ("read", "match")
    )
    with read_operational(hub.home) as operational:
        kept = Counter(operational.disputes.said(each.dispute_id).why for each in operational.disputes.all())
    found = {"trial": "API: kills", "kills": KILLS, "answers": sum(answered.values()), "disputes": len(told)}
    missing = answered - recorded
    write_down({**found, "without a record": sum(missing.values()), "disputes lost": len(told.keys() - kept.keys())})
    assert not missing
    assert {key: kept[key] for key in told} == dict.fromkeys(told, 1)
    assert max(kept.values()) == 1
    assert told and answered
    assert not {500} & {status for of_one in notes for status in of_one.statuses}
    assert verify(hub.home.audit).records >= sum(answered.values()) + len(told)
