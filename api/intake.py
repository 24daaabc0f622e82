"""What is taken in at all: so many requests at once, headers and bodies of such a size, and no sender who dawdles.

Whatever is refused is refused before anything is done for it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Refusal, problem_answer

MOST_HEADERS, LARGEST_HEADERS = 64, 16_384
ALWAYS = ("/v1/health", "/v1/ready")


@dataclass(frozen=True)
class Bounds:
    """How many requests a worker has at once (at work or waiting), and how large and how slow they may be.

    `larger` are the bodies of addresses that begin so.
    """

    requests: int
    largest_body: int
    body_seconds: float
    larger: Mapping[str, int] = field(default_factory=dict)

    def largest(self, path: str) -> int:
        """The largest body that this address takes."""
        return next((size for start, size in self.larger.items() if path.startswith(start)), self.largest_body)


class Intake:
    """The middleware that lets requests in."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._within = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request in, or answers that it is not."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
            return
        try:
            self._look(scope)
        except Refusal as refusal:
            await problem_answer(refusal.telling, scope["state"]["request_id"])(scope, receive, send)
            return
        self._within += 1
        try:
            await self._app(scope, _bounded(receive, self._bounds, self._bounds.largest(scope["path"])), send)
        finally:
            self._within -= 1

    def _look(self, scope: Scope) -> None:
        if self._within >= self._bounds.requests:
            raise Refusal("busy", retry_after=1)
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
            raise Refusal("headers-too-large")
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > self._bounds.largest(scope["path"]):
            raise Refusal("too-large")


def _bounded(receive: Receive, bounds: Bounds, largest: int) -> Receive:
    """The body, as long as it is not too large and arrives in time; a large one has more time."""
    left = largest
    clock: Callable[[], float] = time.monotonic
    began = clock()
    arrived = False

    async def receiving() -> Message:
        nonlocal left, arrived
        if arrived:
            return await receive()
        had = largest - left
        seconds = bounds.body_seconds * (1 + had / bounds.largest_body)
        try:
            async with asyncio.timeout(max(0.0, began + seconds - clock())):
                message = await receive()
        except TimeoutError:
            raise Refusal("too-slow") from None
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            arrived = not message.get("more_body", False)
        if left < 0:
            raise Refusal("too-large")
        return message

    return receiving
