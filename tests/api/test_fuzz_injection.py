"""What is sent or handed in is text and nothing more: not to the graph, the tables, a spreadsheet or a browser."""

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from hub import pipeline
from hub.reading.guesses import GuessLimit
from hub.sharing.accounts import make
from hub.sharing.audit import verify
from stores.home import Home, open_home
from stores.operational import open_operational, read_operational
from stores.operational.accounts import AccountKind, NewAccount
from tests.api.calling import Served, served
from tests.api.fuzzing_askers import Asker, askers, fitting
from tests.api.injections import ALL, FORMULAS
from tests.api.readable import Department, readable_hub, rows
from tests.hub.district import at_work
from tests.hub.sharing.asking import CHANGE
from tests.trials import trials

MARKET = NewAccount("market", AccountKind.SERVICE, "market_regulation")
BOUNDS = {"points_at_once": 10_000_000, "logins_per_minute": 100_000, "logins_per_minute_and_address": 100_000}
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HARMLESS = "harmless"
STEP = trials(few=4, full=1)
"""Each place takes every so many of the texts, another choice than the one before."""
HAND_IN = "deliveries/business_register?mode=delta&date=2026-07-02&sequence=1"


@pytest.fixture(scope="module")
def injected(finished: Home, district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A small district whose business register has been handed in anew with such texts before its units' names."""
    folder = tmp_path_factory.mktemp("injected") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    home = open_home(folder)
    hub = readable_hub(home)
    with open_operational(home) as operational:
        hub = replace(hub, made={**hub.made, "market": make(MARKET, operational.accounts, CHANGE)})
    with served(hub, **BOUNDS) as api:
        headers = Department(api, "market", "feed_delivery").headers(Idempotency_Key="injected-0001")
        content = _renamed(next((district / "feeds/business_register").glob("*_full_*")))
        said = {**headers, "Content-Type": "application/jsonl"}
        assert api.client.post(f"/v1/{HAND_IN}", content=content, headers=said).status_code == 202
    with at_work(home) as site:
        assert [each.state for each in pipeline.run([], site).deliveries] == ["applied"]
    with served(hub, **BOUNDS) as api:
        yield api


def _renamed(feed: Path) -> bytes:
    units = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    for place, unit in enumerate(units):
        unit.update({"名称": f"{ALL[place % len(ALL)]}{unit['名称']}", "更新时间": "2026-07-02 08:00:00"})
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in units).encode()


def test_no_cell_of_a_csv_answer_is_a_formula(injected: Served) -> None:
    analyst, cells, plain = Department(injected, "wang", "training"), list[str](), list[str]()
    for question in injected.client.app.state.service.declarations.questions:  # type: ignore[attr-defined]
        answer = analyst.post(f"questions/{question}/answer", {}, Accept="text/csv")
        cells += [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line]
        told = analyst.post(f"questions/{question}/answer", {}).json()["rows"]
        plain += [cell for line in told for cell in line if isinstance(cell, str)]
    assert [cell for cell in cells if cell.startswith(STARTS) and not _is_number(cell)] == []
    led = {cell[1:] for cell in cells if cell.startswith("'")}
    assert led and led <= set(plain)


def test_what_was_handed_in_is_told_as_the_text_that_it_is(injected: Served) -> None:
    names = [name for (name,) in rows(injected.hub, "SELECT name FROM unit WHERE name IS NOT NULL")]
    assert any("<script>" in name for name in names)
    assert any("DROP TABLE" in name for name in names)
    assert any("DETACH DELETE" in name for name in names)
    assert any(name.startswith(FORMULAS) for name in names)
    answer = Department(injected, "wang", "training").post("questions/units_without_licence_at_address/answer", {})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@dataclass(frozen=True)
class Input:
    """A text of a request that the description bounds by its length alone."""

    method: str
    path: str
    operation: str
    place: str


def test_a_text_that_is_sent_has_no_effect_but_as_text(injected: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    # One ID number under so many names is held to be guessing, whatever the names say.
    monkeypatch.setattr(GuessLimit, "may_tell", lambda *_, **__: True)
    among, before = askers(injected.hub, injected), _state(injected)
    found = _inputs(injected.client.get("/v1/openapi.json").json())
    assert {"body/why", "body/fields/*", "body/parameters/*", "body/caller"} <= {each.place for each in found}
    made, different = 0, []
    for number, place in enumerate(found):
        plain = _send(place, HARMLESS, among)
        made += plain.status_code == 201
        for text in (text for text in ALL[number % STEP :: STEP] if _can_be_sent(text, place)):
            answer = _send(place, text, among)
            made += answer.status_code == 201
            refused = answer.status_code == 422 and not text.isprintable()
            if (_told(plain) != _told(answer) and not refused) or text in answer.text:
                different.append((place, text, plain.status_code, answer.status_code, answer.text[:200]))
    assert different == []
    assert made
    after = _state(injected)
    assert {**after, "disputes": after["disputes"] - made} == before
    assert verify(injected.hub.home.audit).records


def _state(api: Served) -> Mapping[str, Any]:
    """All that such a text could change: the tables, the files of the snapshot, accounts, disputes."""
    home = api.hub.home
    counts = {name: rows(api.hub, f"SELECT count(*) FROM {name}") for name in ("person", "house", "unit", "member")}
    with read_operational(home) as operational:
        disputes, accounts = len(operational.disputes.all()), operational.accounts.all()
    files = sorted((str(each), each.stat().st_size, each.stat().st_mtime_ns) for each in home.snapshots.rglob("*"))
    return {**counts, "disputes": disputes, "accounts": accounts, "files": files}


def _inputs(described: Mapping[str, Any]) -> list[Input]:
    found = []
    for path, methods in described["paths"].items():
        for method, each in methods.items():
            places = [(f"{one['in']}/{one['name']}", one["schema"]) for one in each["parameters"]]
            places += [("body", one["schema"]) for one in each.get("requestBody", {}).get("content", {}).values()]
            free = {place for named, schema in places for place in _free(described, schema, named)}
            found += [Input(method, path, each["operationId"], place) for place in sorted(free)]
    return found


def _free(described: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    bound = {"enum", "const", "format"} & schema.keys() or not schema.get("pattern", "^[^").startswith("^[^")
    if schema.get("type") == "string" and not bound:
        yield place
    for each in schema.get("anyOf", ()):
        yield from _free(described, each, place)
    named = {**schema.get("properties", {}), **({"0": schema["items"]} if "items" in schema else {})}
    of_any = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    for name, each in [*named.items(), *(("*", each) for each in of_any if isinstance(each, dict))]:
        yield from _free(described, each, f"{place}/{name}")


def _send(place: Input, text: str, among: list[Asker]) -> Response:
    asker, dice = fitting(place.operation, among), Random(7)
    where, _, rest = place.place.partition("/")
    named = {name: asker.named(place.operation, name, dice) or "" for name in _names(place.path)}
    headers = asker.department.headers(Idempotency_Key=f"inject-{uuid4().hex}")
    if place.operation in ("token", "session"):
        headers = {}
    body = _body_with(rest.partition("/")[0], asker, place.operation)
    if where == "header":
        headers[rest] = text
    elif where == "path":
        named[rest] = text
    else:
        _put(body, rest.split("/"), text)
    address = place.path
    for name, value in named.items():
        address = address.replace(f"{{{name}}}", _quoted(value))
    sent = {"data": body} if place.operation == "token" else {} if body is None else {"json": body}
    return asker.department.api.client.request(place.method, address, headers=headers, **sent)


def _body_with(name: str, asker: Asker, operation: str) -> Any:
    """A real body that has this member, if there is one."""
    bodies = [asker.body(operation, Random(number)) for number in range(10)]
    return next((each for each in bodies if each and name in each), bodies[0])


def _put(body: Any, names: list[str], text: str) -> None:
    name = next(iter(body), "limit") if names[0] == "*" else int(names[0]) if isinstance(body, list) else names[0]
    if len(names) == 1:
        body[name] = text
        return
    if isinstance(body, dict) and name not in body:
        record = {"feed": "residence_registration"}
        body[name] = [record] if names[1] == "0" else record
    _put(body[name], names[1:], text)


def _names(path: str) -> list[str]:
    return [each.partition("}")[0] for each in path.split("{")[1:]]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _can_be_sent(text: str, place: Input) -> bool:
    return place.place.startswith("body") or (text.isascii() and text.isprintable())


def _told(answer: Response) -> tuple[int, Any]:
    """How it ended, and what was told of what is there, but not that a text could not be read as a name.

    What was written is told under a number of its own.
    """
    is_write = answer.request.method == "POST" and "dispute" in answer.request.url.path
    if answer.status_code != 200 or is_write:
        return answer.status_code, None
    return 200, {name: value for name, value in answer.json().items() if name not in ("notes", "access_token")}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
