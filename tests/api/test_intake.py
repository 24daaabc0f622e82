"""What is let in: nothing too large, nothing that dawdles, and no more at once than there is room for."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator

import pytest
from fastapi import APIRouter, Request
from httpx2 import Response
from starlette.types import Message, Receive, Scope, Send

from api.intake import MOST_HEADERS, Bounds, Intake
from tests.api.calling import Served, problem_of, served
from tests.hub.sharing.asking import Hub

router = APIRouter(prefix="/v1")
GO = threading.Event()


@router.post("/taken")
async def taken(request: Request) -> int:
    """Tells how much came."""
    return len(await request.body())


@router.post("/parsed")
async def parsed(body: dict[str, int]) -> int:
    """Takes a body that the framework reads."""
    return len(body)


@router.post("/deliveries/one/two/three")
async def delivery(request: Request) -> int:
    """Takes large bodies."""
    return len(await request.body())


@router.get("/slow")
def slow() -> None:
    """Works until it is told to stop."""
    GO.wait(30)


@pytest.fixture
def small(shared_hub: Hub) -> Iterator[Served]:
    with served(shared_hub, router, largest_body=1_024, largest_delivery=4_096, work_at_once=2, waiting=1) as it:
        yield it


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_body_may_be_so_large_and_no_larger(small: Served, in_pieces: bool) -> None:
    def sized(size: int) -> bytes | Iterator[bytes]:
        return iter([b"a" * 100] * (size // 100)) if in_pieces else b"a" * size

    assert small.client.post("/v1/taken", content=sized(1_000)).json() == 1_000
    assert problem_of(small.client.post("/v1/taken", content=sized(1_100))) == "too-large"
    assert small.client.post("/v1/deliveries/one/two/three", content=sized(4_000)).json() == 4_000
    assert problem_of(small.client.post("/v1/deliveries/one/two/three", content=sized(4_200))) == "too-large"


def test_a_body_that_is_read_by_the_framework_is_bounded_as_well(small: Served) -> None:
    headers = {"Content-Type": "application/json"}
    pieces = iter([b"{", *[b" "] * 1_100, b"}"])
    assert problem_of(small.client.post("/v1/parsed", content=pieces, headers=headers)) == "too-large"


def test_a_length_that_is_none_is_refused(small: Served) -> None:
    assert problem_of(small.client.post("/v1/taken", content=b"", headers={"Content-Length": "-1"})) == "too-large"


def test_headers_may_be_so_large_and_so_many(small: Served) -> None:
    for headers in ({"X-Long": "a" * 17_000}, {f"X-{number}": "a" for number in range(MOST_HEADERS)}):
        assert problem_of(small.client.get("/v1/openapi.json", headers=headers)) == "headers-too-large"


def test_more_than_there_is_room_for_is_refused_at_once_and_health_is_not(small: Served) -> None:
    GO.clear()
    working = [threading.Thread(target=work, args=(small,)) for _ in range(3)]
    for each in working:
        each.start()
    try:
        refused = until_busy(small)
        assert problem_of(refused) == "busy"
        assert refused.headers["retry-after"] == "1"
        assert small.client.get("/v1/health").status_code == 200
    finally:
        GO.set()
        for each in working:
            each.join()
    assert small.client.get("/v1/problems").status_code == 200


def work(api: Served) -> None:
    """Asks until there is room: whoever looks whether there is any takes some for a moment."""
    while api.client.get("/v1/slow").status_code == 503:
        threading.Event().wait(0.01)


def until_busy(api: Served) -> Response:
    for _ in range(1_000):
        answer = api.client.get("/v1/problems")
        if answer.status_code == 503:
            return answer
        threading.Event().wait(0.01)
    raise AssertionError("there was always room")


def test_who_dawdles_is_refused() -> None:
    said: list[Message] = []

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def dawdling() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message: Message) -> None:
        said.append(message)

    bounds = Bounds(requests=1, largest_body=1_000, body_seconds=0.2)
    scope = {"type": "http", "path": "/v1/taken", "headers": [], "state": {"request_id": None}}
    call: Awaitable[None] = Intake(reads, bounds)(scope, dawdling, send)
    with pytest.raises(Exception, match="too-slow"):
        asyncio.run(call)  # type: ignore[arg-type]
