"""How a worker ends: with whoever looks after it, and without keeping connections or requests waiting."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.ending import Ending, noting
from api.frame import Frame
from api.metrics import Metrics
from tests.api.calling import Served

SCOPE = {"type": "http", "method": "GET", "path": "/v1/ready", "headers": []}


def test_whoever_is_told_to_stop_notes_it_and_passes_it_on() -> None:
    passed_on: list[int] = []

    def before(number: int, _: FrameType | None) -> None:
        passed_on.append(number)

    ending, first = Ending(), signal.signal(signal.SIGTERM, before)
    try:
        with noting(ending):
            assert not ending.is_told
            signal.raise_signal(signal.SIGTERM)
        assert (ending.is_told, passed_on) == (True, [signal.SIGTERM])
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, first)


def test_answers_close_their_connection_once_the_worker_is_to_stop(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "connection" not in api.client.get("/v1/ready").headers
    monkeypatch.setattr(api.client.app.state.ending, "is_told", True)  # type: ignore[attr-defined]
    for path in ("/v1/ready", "/nowhere"):
        assert api.client.get(path).headers["connection"] == "close"


def test_a_request_that_is_called_off_is_told_to_come_again() -> None:
    told: list[Message] = []

    async def lasts(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(600)

    async def send(message: Message) -> None:
        told.append(message)

    async def go() -> None:
        frame = Frame(lasts, Metrics(), Ending())
        request = asyncio.create_task(frame(dict(SCOPE), None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        request.cancel()
        await request

    asyncio.run(go())
    begun, body = told
    assert begun["status"] == 503
    assert dict(begun["headers"])[b"retry-after"] == b"5"
    assert b"/v1/problems/stopping" in body["body"]


def test_a_worker_ends_with_whoever_looks_after_it() -> None:
    with subprocess.Popen([sys.executable, "-m", "tests.api.orphan"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = Path(f"/proc/{int(process.stdout.readline())}")
        assert worker.exists()
        process.kill()
    end = time.monotonic() + 30
    while worker.exists():
        assert time.monotonic() < end, "it goes on alone"
        time.sleep(0.05)
