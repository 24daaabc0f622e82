"""Handing in a delivery, and its receipt: what became of it, and which rows were set aside, without their values.

The service receives and keeps; a run takes in (docs/deliveries.md). Nothing here opens the warehouse or waits for it.
"""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.asking import Asker, AskerOf1, asking
from api.cursors import CursorText, Place
from api.desk import Desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL, Refusal
from api.receipts import ADDRESS, FEED_PATTERN, RECEIPT_PATTERN, Receipt, ReceiptPage, RowPage, ToldRow, receipt_of
from api.service import Service, TheService
from api.uploads import BODY, ContentDigest, OldDigest, Stated, check_media_type, misfit, stated_digests, take
from api.writing import IdempotencyKey, Order, do_once
from hub.reading.deliveries import Counter, receipt_row
from hub.sharing.request import Disclosure
from stores.inbox import Envelope, Inbox
from stores.operational.deliveries import DeliveryName
from stores.operational.idempotency import Attempt, Known
from stores.operational.receipts import NewReceipt, open_receipts
from stores.operational.receipts import Receipt as Kept

router = APIRouter(prefix="/v1", tags=["deliveries"], responses=TOLD_OF_ALL)
HAND_IN_POINTS = 20.0
ROWS_A_PAGE = 500
# A department's clock may be ahead, and it may be tomorrow where it is.
AHEAD = timedelta(days=1)
_LOCATION = {
    "headers": {
        "Location": {"description": "The address of the receipt.", "schema": {"type": "string", "maxLength": 60}}
    }
}
_HANDED_IN = {
    "receipt": leads_to("receipt", "What became of it.", {"name": "$response.body#/receipt"}),
    "rows": leads_to("rows_set_aside", "Rows that were set aside.", {"name": "$response.body#/receipt"}),
}
_LISTED = links(
    200,
    receipt=leads_to("receipt", "The newest.", {"name": "$response.body#/receipts/0/receipt"}),
    next=leads_to("receipts", "Older ones.", {"feed": "$request.query.feed", "cursor": "$response.body#/next"}),
)
_FOUND = links(200, rows=leads_to("rows_set_aside", "Rows that were set aside.", {"name": "$request.path.name"}))
_ROWS = links(
    200,
    next=leads_to(
        "rows_set_aside", "Rows after these.", {"name": "$request.path.name", "cursor": "$response.body#/next"}
    ),
)

Feed = Annotated[str, Field(min_length=1, max_length=64, pattern=FEED_PATTERN)]
ReceiptName = Annotated[str, Path(pattern=RECEIPT_PATTERN, max_length=32, description="The receipt.")]
Deliverer = Annotated[Asker, Depends(asking(HAND_IN_POINTS))]


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


class Terms(BaseModel):
    """Which delivery of its feed a file is: what a sidecar says of a file on disk."""

    model_config = ConfigDict(extra="forbid")
    mode: Annotated[Literal["full", "delta"], Field(description="All rows of the feed, or those that changed.")]
    date: Annotated[
        str,
        Field(
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            max_length=10,
            description="The day that it is of.",
            json_schema_extra={"format": "date"},
        ),
        AfterValidator(_day),
    ]
    sequence: Annotated[int, Field(ge=1, le=999_999_999, description="Its number on that day, from 1.")]


class Listing(BaseModel):
    """Which receipts."""

    model_config = ConfigDict(extra="forbid")
    feed: Feed
    cursor: CursorText = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


@dataclass(frozen=True)
class Sent:
    """What the headers say of the body: the key of this try, and the hashes that it must have."""

    key: str
    stated: list[Stated]


# One name for what stands there in a POST and in a GET: to OpenAPI they are one address.
def named(
    feed: Annotated[Feed, Path(alias="name", description="The feed's id.")], terms: Annotated[Terms, Query()]
) -> DeliveryName:
    """Which delivery it is; raises Refusal where it is of a day to come."""
    name = DeliveryName(feed, terms.mode, date.fromisoformat(terms.date), terms.sequence)
    if name.date > datetime.now(UTC).date() + AHEAD:
        raise misfit("#/query/date", "date_in_future")
    return name


def sent(key: IdempotencyKey, content_digest: ContentDigest = None, digest: OldDigest = None) -> Sent:
    """What the headers say."""
    return Sent(key, stated_digests(content_digest, digest))


@router.post(
    "/deliveries/{name}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Receipt,
    responses={202: {**_LOCATION, "links": _HANDED_IN}},
    openapi_extra={"requestBody": BODY},
)
async def hand_in(
    request: Request,
    service: TheService,
    asker: Deliverer,
    name: Annotated[DeliveryName, Depends(named)],
    said: Annotated[Sent, Depends(sent)],
) -> Response:
    """Hands in a file of a feed of the asker's own department. It is kept for good when this is answered, and taken in
    by the hub's next run; the receipt says what became of it.
    """
    envelope, inbox = Envelope(secrets.token_hex(16), name), Inbox(service.home)
    contract = await run_sync(lambda: _counter(service, asker).announce(name, envelope.receipt))
    check_media_type(request, contract.delivery.format)
    await run_sync(inbox.assert_room, int(request.headers.get("content-length", "0")))
    try:
        arrived = await take(request, inbox, envelope, said.stated)
        new = NewReceipt(envelope.receipt, "", name, arrived.sha256, arrived.size)
        return await run_sync(_keep, service, Order(asker.caller.name, said.key, _told_apart(new)), envelope, new)
    finally:
        inbox.discard(envelope)


@router.get("/deliveries", response_model=ReceiptPage, response_model_exclude_none=True, responses=_LISTED)
def receipts(
    request: Request, service: TheService, asker: AskerOf1, wanted: Annotated[Listing, Query()]
) -> ReceiptPage:
    """Receipts of a feed of the asker's own department, newest first."""
    bound, now, before = asker.bound(request), datetime.now(UTC), None
    if wanted.cursor is not None:
        position = service.cursors.open(wanted.cursor, bound, now).position
        before = int(position["before"]) if position["feed"] == wanted.feed else None
        if before is None:
            raise Refusal("invalid-cursor")
    counter = _counter(service, asker)
    found = _rows(counter.receipts_of(wanted.feed, before=before, most=wanted.limit + 1))
    page = found[: wanted.limit]
    following = None
    if len(found) > len(page):
        following = service.cursors.seal(Place({"feed": wanted.feed, "before": page[-1]["number"]}), bound, now)
    return ReceiptPage(receipts=[receipt_of(each) for each in page], next=following)


@router.get("/deliveries/{name}", response_model=Receipt, response_model_exclude_none=True, responses=_FOUND)
def receipt(service: TheService, asker: AskerOf1, name: ReceiptName) -> Receipt:
    """What became of a delivery: how far it got, what became of its rows, which rules rows broke."""
    [found] = _rows(_counter(service, asker).receipt(name))
    return receipt_of(found)


@router.get("/deliveries/{name}/rows", response_model=RowPage, response_model_exclude_none=True, responses=_ROWS)
def rows_set_aside(
    request: Request,
    service: TheService,
    asker: AskerOf1,
    name: ReceiptName,
    cursor: CursorText = None,
) -> RowPage:
    """Rows of a delivery that were set aside or are doubtful: line, column, rule and reason, never a value."""
    bound, now = asker.bound(request), datetime.now(UTC)
    place = None if cursor is None else service.cursors.open(cursor, bound, now)
    if place is not None and place.position["receipt"] != name:
        raise Refusal("invalid-cursor")
    first = 0 if place is None else int(place.position["first"])
    told = _counter(service, asker).rows(name, first=first, most=ROWS_A_PAGE + 1)
    if place is not None and place.snapshot != told.answer.title:
        # The feed was read again since, and other rows are told now.
        raise Refusal("invalid-cursor")
    found = _rows(told)
    following = None
    if len(found) > ROWS_A_PAGE:
        position = Place({"receipt": name, "first": first + ROWS_A_PAGE}, told.answer.title)
        following = service.cursors.seal(position, bound, now)
    return RowPage(rows=[ToldRow.model_validate(each) for each in found[:ROWS_A_PAGE]], next=following)


def _counter(service: Service, asker: Asker) -> Counter:
    return Counter(Desk(service, asker).reader(), open_receipts(service.home))


def _rows(told: Disclosure) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = told.answer.table.to_pylist()
    return rows


def _told_apart(new: NewReceipt) -> bytes:
    return json.dumps(["hand in", str(new.name), new.sha256]).encode()


def _keep(service: Service, order: Order, envelope: Envelope, new: NewReceipt) -> Response:
    """Puts what arrived into the inbox with its receipt, both on disk before anybody is told; once for each key."""
    receipts = open_receipts(service.home)

    def write(attempt: Attempt) -> Response:
        now = datetime.now(UTC)
        if attempt.known is Known.CUT_OFF and (kept := receipts.find_reference(attempt.reference, now)):
            return _accepted(kept)
        Inbox(service.home).keep(envelope)
        return _accepted(receipts.add(replace(new, reference=attempt.reference), now))

    answer = do_once(service, order, write)
    answer.headers["Location"] = ADDRESS + json.loads(bytes(answer.body))["receipt"]
    return answer


def _accepted(kept: Kept) -> Response:
    told = receipt_of(receipt_row(kept)).model_dump(mode="json", exclude_none=True)
    return JSONResponse(told, status_code=HTTPStatus.ACCEPTED)
