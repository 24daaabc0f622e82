"""How soon departments see in the feed of changes what was published, and whether a publication breaks any request."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bench.api_home import PURPOSE, make_customer
from bench.api_server import POINTS, Server, served
from bench.district_size import Trial
from bench.runs import hub
from stores.home import Home

PEOPLE = 100
PAUSE = 0.05


@dataclass
class Watch:
    """Requests meanwhile: their statuses, the longest in seconds, and when the shelf and the feed had something new."""

    statuses: Counter[int] = field(default_factory=Counter)
    longest: float = 0
    published: float | None = None
    visible: float | None = None


def measure_changes(trial: Trial, home: Home) -> dict[str, Any]:
    """Runs the trial's daily delta while the home is served and its changes are asked for."""
    customer = make_customer(home, PEOPLE)
    with served(home, customer, **POINTS) as server, _client(server) as client:
        beginning = _get(client, "changes")["next"]
        watch, running = Watch(), threading.Thread(target=hub, args=(["--home", home.root, "run", trial.delta],))
        before = _shelved(home)
        running.start()
        asked = _asked(server, beginning)
        while running.is_alive() or (watch.published is not None and watch.visible is None):
            _look(client, next(asked), watch)
            if watch.published is None and _shelved(home) != before:
                watch.published = time.monotonic()
            time.sleep(PAUSE)
        running.join()
        began = time.monotonic()
        entries = sum(1 for _ in _entries(client, beginning))
        reading = time.monotonic() - began
    if watch.published is None or watch.visible is None:
        raise RuntimeError(f"the run of {trial.delta} published nothing")
    return {
        "visible": max(0.0, watch.visible - watch.published),
        "entries": entries,
        "read in": reading,
        "statuses": {str(status): count for status, count in watch.statuses.items()},
        "longest": watch.longest,
    }


def _client(server: Server) -> httpx2.Client:
    said = {"Authorization": f"Bearer {server.token()}", "Hub-Purpose": PURPOSE}
    return httpx2.Client(base_url=f"http://127.0.0.1:{server.port}/v1/", headers=said, timeout=120)


def _asked(server: Server, cursor: str) -> Iterator[str]:
    """Addresses without end: the changes since the cursor, then a person, and so on."""
    while True:
        for each in server.customer.people:
            yield f"changes?cursor={cursor}&limit=1"
            yield f"entities/{each.own_id}"


def _look(client: httpx2.Client, address: str, watch: Watch) -> None:
    began = time.monotonic()
    answer = client.get(address)
    ended = time.monotonic()
    watch.statuses[answer.status_code] += 1
    watch.longest = max(watch.longest, ended - began)
    if watch.visible is None and address.startswith("changes") and answer.json().get("entries"):
        watch.visible = ended


def _entries(client: httpx2.Client, cursor: str) -> Iterator[Any]:
    is_last = False
    while not is_last:
        page = _get(client, f"changes?cursor={cursor}")
        yield from page["entries"]
        cursor, is_last = page["next"], page["is_last"]


def _get(client: httpx2.Client, address: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(address).raise_for_status().json()
    return found


def _shelved(home: Home) -> str:
    return str((home.snapshots / "current").readlink())
