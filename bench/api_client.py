"""Requests at a service from one process: so many at once, or so many a second whatever becomes of them.

The client is written by hand, for it has one core and must not be what is measured: requests lie ready as bytes.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

SHED = (429, 503)
MOST_CONNECTIONS = 400


@dataclass(frozen=True)
class Load:
    """A load of one kind. `rate` 0: as many as `at_once` connections get answered; else so many a second.

    With `seconds` 0 each request is sent once. `probe` is how long after an overload recovery is waited for.
    """

    port: int
    requests: Sequence[str]
    at_once: int = 1
    rate: float = 0
    seconds: float = 0
    probe: float = 0


@dataclass
class Told:
    """What became of the requests: statuses, seconds of those that were answered well, and what else is noted."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0
    shed_times: list[float] = field(default_factory=list)
    without_retry: int = 0
    recovered: float | None = None

    def note(self, status: int, head: bytes, took: float) -> None:
        """Notes one answer."""
        self.statuses[status] += 1
        if status == 200:
            self.times.append(took)
        elif status in SHED:
            self.shed_times.append(took)
            self.without_retry += b"\r\nretry-after:" not in head.lower()


class Connection:
    """One connection, opened when it is needed and again where the other side has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, told: Told) -> tuple[int, float]:
        """Sends a request and notes its answer; status 0 where none came."""
        began = time.perf_counter()
        try:
            status, head = await self._answer(request)
        except (OSError, EOFError, ValueError):
            self._streams, status, head = None, 0, b""
        took = time.perf_counter() - began
        told.note(status, head, took)
        return status, took

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        reading, writing = self._streams
        writing.write(request)
        head = await reading.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        await reading.readexactly(length)
        if b"connection: close" in lowered:
            writing.close()
            self._streams = None
        return int(head[9:12]), head


async def closed(load: Load) -> Told:
    """Each connection sends its next request when the one before is answered."""
    told, began = Told(), time.perf_counter()
    requests = iter([each.encode() for each in load.requests])
    rest = cycle(list(requests)) if load.seconds else requests

    async def go_on() -> None:
        connection = Connection(load.port)
        for request in rest:
            if load.seconds and time.perf_counter() - began > load.seconds:
                return
            await connection.ask(request, told)

    await asyncio.gather(*(go_on() for _ in range(load.at_once)))
    told.seconds = time.perf_counter() - began
    return told


async def opened(load: Load) -> Told:
    """Requests come at a rate, as from many who do not know of each other; then it is seen when all is well again."""
    told, began = Told(), time.perf_counter()
    requests = cycle([each.encode() for each in load.requests])
    free: list[Connection] = []
    under_way: set[asyncio.Task[None]] = set()

    async def one() -> None:
        connection = free.pop() if free else Connection(load.port)
        await connection.ask(next(requests), told)
        free.append(connection)

    sent = 0
    while (now := time.perf_counter() - began) < load.seconds:
        while sent < now * load.rate:
            sent += 1
            if len(under_way) < MOST_CONNECTIONS:
                task = asyncio.create_task(one())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                told.note(0, b"", 0)
        await asyncio.sleep(0.001)
    told.seconds = time.perf_counter() - began
    if load.probe:
        told.recovered = await _recovery(load, next(requests))
    await asyncio.gather(*under_way)
    return told


async def _recovery(load: Load, request: bytes, patience: float = 60) -> float | None:
    """Seconds until a caller who asks now and then is answered ten times in a row within `probe` seconds each."""
    began, since, well = time.perf_counter(), 0.0, 0
    connection, apart = Connection(load.port), Told()
    while (now := time.perf_counter() - began) < patience:
        status, took = await connection.ask(request, apart)
        since = now if not well else since
        well = well + 1 if status == 200 and took <= load.probe else 0
        if well == 10:
            return since
        await asyncio.sleep(0.02)
    return None


def said(told: Told) -> Mapping[str, Any]:
    """What is told to whoever measures."""
    return {**vars(told), "statuses": {str(status): count for status, count in told.statuses.items()}}


if __name__ == "__main__":
    asked = Load(**json.load(sys.stdin))
    print(json.dumps(said(asyncio.run((opened if asked.rate else closed)(asked)))))
