"""Around every request: its id, one line in the log, its count, headers of the answer, and an end to every error.

The log and the counts know routes as they are declared, never an address as it was asked.
"""

import logging
import re
import time
from asyncio import CancelledError
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.asking import template_of
from api.ending import Ending
from api.failures import SOON, log_failure
from api.metrics import Metrics
from api.problems import Telling, problem_answer

LOG = logging.getLogger("hub.access")
# Nothing but a random id can be meant by these: no number of a person is written down by way of it.
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
ID_HEADER = "X-Request-Id"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_A_YEAR = {"Strict-Transport-Security": "max-age=31536000"}


class BrokenOffError(Exception):
    """An answer that had begun and cannot be ended: the connection is closed."""


@dataclass
class _Answer:
    status: int = 0
    ended: bool = False


@dataclass(frozen=True)
class Frame:
    """The outermost middleware; `is_secure` where the service itself ends TLS."""

    app: ASGIApp
    metrics: Metrics
    ending: Ending
    is_secure: bool = False
    _headers: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._headers.update(SECURITY | (FOR_A_YEAR if self.is_secure else {}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        answer, began = _Answer(), time.monotonic()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                self._add_headers(message, request_id)
            await send(message)
            answer.ended = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            pass
        except CancelledError:
            # The server calls off what has not ended when its time to stop is over, and would say "500" for it.
            if answer.status:
                raise
            await problem_answer(Telling("stopping", headers=SOON), request_id)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing of its text may reach anybody
            log_failure(request_id, error)
            if answer.status:
                raise BrokenOffError from None
            await problem_answer(Telling("broken"), request_id)(scope, receive, sending)
        finally:
            self._tell(scope, answer, time.monotonic() - began)

    def _add_headers(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        headers[ID_HEADER] = request_id
        for name, value in self._headers.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")
        if self.ending.is_told:
            headers["Connection"] = "close"

    def _tell(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        route = template_of(scope)
        self.metrics.count(route, answer.status, seconds)
        said = {
            "request_id": scope["state"]["request_id"],
            "caller": scope["state"].get("caller"),
            "method": scope["method"] if scope["method"] in METHODS else "-",
            "route": route,
            "status": answer.status,
            "ms": round(seconds * 1000, 1),
        }
        LOG.info("answered" if answer.ended else "broken off", extra={"said": said})


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def request_id_of(headers: Headers) -> str:
    """The id that the request brings along, where it is one, else a new one."""
    given = headers.get(ID_HEADER, "")
    if REQUEST_ID.fullmatch(given):
        return given.lower()
    traced = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return traced[1] if traced else str(uuid4())
