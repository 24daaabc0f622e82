"""The service over a district: readings and matches a second and how long they take, overload, and what the door costs.

The server has one worker on one core, its client the other.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from bench.api_changes import measure_changes
from bench.api_client import Load
from bench.api_floor import AUDIT, POLICY
from bench.api_home import PURPOSE, Known, make_customer
from bench.api_server import POINTS, Server, served
from bench.district_size import Trial, need_fresh_home
from bench.measurements import Measurement, keep
from bench.report import Cell, table
from stores.home import Home, open_home

PART = "API"
PEOPLE = 20_000
SECONDS, WARM = 20.0, 3.0
AT_ONCE = 4
"""Connections that always have a request under way: enough to keep one worker busy."""
OVERLOAD, WELL = 5, 0.08
BULK, BULKS = 1_000, 10
SHARES = (0.5, 0.95, 0.99)
WAYS: Mapping[str, Sequence[str]] = {
    "as it is": (),
    "without audit": (AUDIT,),
    "without audit and policy": (AUDIT, POLICY),
}
Found = Mapping[str, Any]


def measure_api(trial: Trial) -> None:
    """The changes of the trial's delta, then every load; the home is made anew where it has had the delta."""
    need_fresh_home(trial)
    home = open_home(trial.home)
    _keep(trial, "changes", measure_changes(trial, home))
    measure_loads(trial, home)


def measure_loads(trial: Trial, home: Home) -> None:
    """Every load on the published home of the trial, and what each found into the measurements."""
    customer = make_customer(home, PEOPLE)
    rate = 0.0
    for way, without in WAYS.items():
        with served(home, customer, without, **POINTS) as server:
            found = {kind: _throughput(server, made(server)) for kind, made in _REQUESTS.items()}
            for kind, each in found.items():
                _keep(trial, f"{kind}, {way}", each)
            if not without:
                _keep(trial, "bulk", _bulk(server))
                rate = OVERLOAD * found["read"]["a second"]
                _keep(trial, "overload", _overload(server, rate))
    with served(home, customer) as server:
        _keep(trial, "overload by one caller", _overload(server, rate))


def reads(server: Server) -> list[str]:
    """Entities by own id."""
    head = _head(server)
    return [f"GET /v1/entities/{each.own_id} HTTP/1.1\r\n{head}\r\n" for each in server.customer.people]


def matches(server: Server) -> list[str]:
    """Persons by name, ID number and birth date, every other one with a slip in the name.

    The birth date lets a slip be certain all the same: whoever finds nobody is held to guess.
    """
    head = _head(server)
    people = enumerate(server.customer.people)
    return [_post("match/person", head, {"fields": asked(each, slipped=number % 2 == 1)}) for number, each in people]


def bulks(server: Server) -> list[str]:
    """The same, many in a request."""
    head, people = _head(server), iter(enumerate(server.customer.people))
    bodies = (
        {"queries": [{"fields": asked(each, slipped=number % 2 == 1)} for number, each in islice(people, BULK)]}
        for _ in range(BULKS)
    )
    return [_post("match/person/bulk", head, body) for body in bodies]


_REQUESTS = {"read": reads, "match": matches}


def asked(person: Known, *, slipped: bool) -> dict[str, str]:
    """What is given of a person."""
    name = f"{person.name[0]}某{person.name[2:]}" if slipped else person.name
    return {"name": name, "id_number": person.id_number, "birth_date": person.birth_date}


def _head(server: Server) -> str:
    said = {"Host": "hub", "Authorization": f"Bearer {server.token()}", "Hub-Purpose": PURPOSE}
    return "".join(f"{name}: {value}\r\n" for name, value in said.items())


def _post(path: str, head: str, body: object) -> str:
    text = json.dumps(body)
    said = f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n"
    return f"POST /v1/{path} HTTP/1.1\r\n{head}{said}\r\n{text}"


def _throughput(server: Server, requests: Sequence[str]) -> Found:
    server.put(Load(server.port, requests, AT_ONCE, seconds=WARM))
    return _figures(server.put(Load(server.port, requests[::-1], AT_ONCE, seconds=SECONDS)))


def _bulk(server: Server) -> Found:
    return _figures(server.put(Load(server.port, bulks(server), 1)))


def _overload(server: Server, rate: float) -> Found:
    told = server.put(Load(server.port, reads(server), rate=rate, seconds=SECONDS, probe=WELL))
    shed = told["shed_times"]
    return {
        **_figures(told),
        "rate": rate,
        "shed": len(shed),
        "shed p95": float(np.quantile(shed, 0.95)) if shed else None,
        "without retry": told["without_retry"],
        "recovered": told["recovered"],
    }


def _figures(told: Mapping[str, Any]) -> dict[str, Any]:
    times, answered = told["times"], sum(told["statuses"].values())
    return {
        "statuses": told["statuses"],
        "seconds": told["seconds"],
        "a second": len(times) / told["seconds"],
        "milliseconds": [round(1000 * float(np.quantile(times, share)), 1) for share in SHARES] if times else [],
        "cpu ms": 1000 * told["cpu"] / max(answered, 1),
    }


def _keep(trial: Trial, kind: str, found: Found) -> None:
    keep(trial.work, Measurement(f"{PART}: {kind}", trial.persons, found=found))
    print(f"API, {kind}: {found}", flush=True)


def api(measurements: Sequence[Measurement]) -> str:
    """Throughput, overload and changes, as Markdown tables."""
    found = {(each.persons, each.part.removeprefix(f"{PART}: ")): each.found for each in measurements}
    rates = [_rate_row(persons, kind, each) for (persons, kind), each in found.items() if kind.startswith(KINDS)]
    bulk = [[persons, BULK * BULKS, f"{each['seconds']:.1f}"] for persons, each in _of(found, "bulk")]
    overloads = [_overload_row(persons, kind, each) for kind in OVERLOADS for persons, each in _of(found, kind)]
    changes = [_changes_row(persons, each) for persons, each in _of(found, "changes")]
    return "\n\n".join(
        (
            table(["persons", "route", "a second", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "not answered"], rates),
            table(["persons", "matches by bulk", "seconds"], bulk),
            table(OVERLOAD_HEADER, overloads),
            table(CHANGES_HEADER, changes),
        )
    )


KINDS, OVERLOADS = ("read", "match"), ("overload", "overload by one caller")
OVERLOAD_HEADER = (
    *("persons", "overload", "asked a second", "answered a second", "p95 ms of these", "shed", "429 and 503"),
    *("else", "p95 ms until shed", "without Retry-After", "recovered after s"),
)
CHANGES_HEADER = (
    *("persons", "visible after publication, s", "entries", "read in s", "requests meanwhile", "not answered"),
    "longest s",
)


def _of(found: Mapping[tuple[int, str], Found], wanted: str) -> list[tuple[int, Found]]:
    return [(persons, each) for (persons, kind), each in found.items() if kind == wanted]


def _rate_row(persons: int, kind: str, each: Found) -> Sequence[Cell]:
    return [persons, kind, *map(_one, (each["a second"], *each["milliseconds"], each["cpu ms"])), _unanswered(each)]


def _overload_row(persons: int, kind: str, each: Found) -> Sequence[Cell]:
    shed, asked_for = each["shed"], sum(each["statuses"].values())
    by_status = ", ".join(str(each["statuses"].get(status, 0)) for status in ("429", "503"))
    first_shed, recovered = each["shed p95"], each["recovered"]
    return [
        *(persons, kind, _one(each["rate"]), _one(each["a second"]), _one(each["milliseconds"][1])),
        *(f"{shed / asked_for:.0%}", by_status, _unanswered(each) - shed),
        None if first_shed is None else _one(1000 * first_shed),
        each["without retry"],
        None if recovered is None else _one(recovered),
    ]


def _changes_row(persons: int, each: Found) -> Sequence[Cell]:
    asked_for = sum(each["statuses"].values())
    longest = f"{each['longest']:.2f}"
    return [
        persons,
        _one(each["visible"]),
        each["entries"],
        _one(each["read in"]),
        asked_for,
        _unanswered(each),
        longest,
    ]


def _unanswered(each: Found) -> int:
    return sum(count for status, count in each["statuses"].items() if status != "200")


def _one(value: float) -> str:
    return f"{value:.1f}"
