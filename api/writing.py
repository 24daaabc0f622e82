"""Writes that may be sent again: with the key of an earlier one the same answer is given, and nothing done twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Header, Response

from api.problems import Refusal
from api.service import Service
from stores.operational.idempotency import Attempt, Idempotency, Kept, Known

REPLAYED = {"Idempotency-Replayed": "true"}

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="A random key of the asker's own for this write; the same one when it is sent again within a day.",
    ),
]


@dataclass(frozen=True)
class Order:
    """A write that was asked for: by whom, under which key, and everything by which it differs from others."""

    caller: str
    key: str
    request: bytes


def do_once(service: Service, order: Order, write: Callable[[Attempt], Response]) -> Response:
    """The answer of `write`, on disk before it is given; or the one given before. Runs in a thread, not in the loop.

    A Refusal says that nothing was written, and frees the key. After any other error, or a kill, the next try is told
    that the one before was cut off: `write` then looks for what it wrote under `Attempt.reference` before it writes.
    """
    kept: Idempotency = service.idempotency
    with kept.attempt(order.caller, order.key, order.request, datetime.now(UTC).timestamp()) as attempt:
        if attempt.known is Known.UNDER_WAY:
            raise Refusal("in-progress", retry_after=1)
        if attempt.known is Known.OF_ANOTHER:
            raise Refusal("key-used-otherwise")
        if attempt.kept is not None:
            given = attempt.kept
            return Response(given.body, given.status, media_type=given.media_type, headers=REPLAYED)
        try:
            answer = write(attempt)
        except Refusal:
            kept.give_up(attempt)
            raise
        media_type = answer.headers.get("content-type", answer.media_type or "application/json")
        kept.finish(attempt, Kept(answer.status_code, media_type, bytes(answer.body)))
        return answer
