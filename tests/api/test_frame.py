"""Around every request: ids, headers, an end to every error, and a log and counts that hold nobody's data."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from prometheus_client import generate_latest

from api.logs import JsonLines
from stores.errors import WarehouseError
from tests.api.calling import CANARY, Served, problem_of, said_by, served
from tests.hub.sharing.asking import Hub

router = APIRouter(prefix="/v1")


@router.get("/broken/{person}")
def broken(person: str) -> None:
    """A route with a mistake, which quotes whom it was asked for."""
    raise KeyError(person)


@router.get("/store/{person}")
def store(person: str) -> None:
    """A route whose store fails, in words that quote whom it was asked for."""
    raise WarehouseError(f"no such column in SELECT {person}")


@router.get("/stream/{person}")
def stream(person: str) -> StreamingResponse:
    """An answer that breaks off."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"one\n"
        raise KeyError(person)

    return StreamingResponse(lines())


@pytest.fixture(scope="module")
def broken_api(shared_hub: Hub) -> Iterator[Served]:
    with served(shared_hub, router) as it:
        yield it


def test_an_id_is_taken_over_where_it_can_be_nothing_else(api: Served) -> None:
    given = "0af7651916cd43dd8448eb211c80319c"
    for headers in ({"X-Request-Id": given}, {"traceparent": f"00-{given}-b7ad6b7169203331-01"}):
        assert api.client.get("/v1/ready", headers=headers).headers["x-request-id"] == given
    for odd in (CANARY, "王小明".encode(), "a" * 33, ""):
        made = api.client.get("/v1/ready", headers={"X-Request-Id": odd}).headers["x-request-id"]
        assert UUID(made).version == 4


def test_every_answer_has_the_headers_of_a_safe_one(api: Served) -> None:
    for path in ("/v1/ready", "/v1/snapshot", "/nowhere", "/v1/openapi.json"):
        headers = api.client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert {"server", "access-control-allow-origin"}.isdisjoint(headers)


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/health", "/v1", "/v1/", "/v1/ready/", f"/v1/{CANARY}"]
)
def test_what_is_not_declared_is_not_there(api: Served, path: str) -> None:
    answer = api.client.get(path)
    assert problem_of(answer) == "no-such-address"
    assert CANARY not in answer.text


def test_a_method_that_is_not_declared_is_refused(api: Served) -> None:
    answer = api.client.delete("/v1/ready")
    assert (problem_of(answer), answer.headers["allow"]) == ("no-such-method", "GET")


@pytest.mark.parametrize(("path", "slug"), [("broken", "broken"), ("store", "not-ready")])
def test_nothing_of_an_error_leaves_the_hub(
    broken_api: Served, caplog: pytest.LogCaptureFixture, path: str, slug: str
) -> None:
    with caplog.at_level(logging.INFO):
        answer = broken_api.client.get(f"/v1/{path}/{CANARY}")
    assert problem_of(answer) == slug
    lines = "\n".join(JsonLines().format(each) for each in caplog.records if each.name.startswith("hub"))
    assert CANARY not in answer.text + lines
    [said] = said_by(caplog.records, "hub.api")
    assert said["error"] == ("KeyError" if path == "broken" else "WarehouseError")
    assert said["request_id"] == answer.headers["x-request-id"]
    assert any("test_frame.py" in each for each in said["at"])


def test_an_answer_that_broke_off_is_told_as_such(broken_api: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        broken_api.client.get(f"/v1/stream/{CANARY}")
    [record] = [each for each in caplog.records if each.name == "hub.access"]
    assert record.getMessage() == "broken off"


def test_the_log_names_caller_and_route_and_never_the_address(
    broken_api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="hub.access"):
        answer = broken_api.get("/v1/snapshot")
        broken_api.client.get(f"/v1/broken/{CANARY}")
        broken_api.client.request(CANARY, f"/{CANARY}?{CANARY}")
    first, second, third = said_by(caplog.records, "hub.access")
    ms = first.pop("ms") if isinstance(first, dict) else 0
    assert ms > 0
    assert first == {
        "request_id": answer.headers["x-request-id"],
        "caller": "education",
        "method": "GET",
        "route": "/v1/snapshot",
        "status": 200,
    }
    assert (second["route"], second["status"], second["caller"]) == ("/v1/broken/{person}", 500, None)
    assert (third["route"], third["method"]) == ("-", "-")


def test_counts_know_routes_and_statuses_alone(broken_api: Served) -> None:
    broken_api.client.get(f"/v1/broken/{CANARY}")
    broken_api.client.get(f"/{CANARY}")
    counted = generate_latest(broken_api.client.app.state.metrics.registry).decode()  # type: ignore[attr-defined]
    assert 'hub_requests_total{route="/v1/broken/{person}",status="500"}' in counted
    assert 'hub_requests_total{route="-",status="404"}' in counted
    assert CANARY not in counted


def test_of_other_loggers_only_their_fixed_words_are_written() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        record = logging.LogRecord("other", logging.ERROR, "", 0, "failed on %s", (CANARY,), (type(error), error, None))
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["error"], line["level"]) == ("failed on %s", "ValueError", "error")
    assert CANARY not in json.dumps(line)
