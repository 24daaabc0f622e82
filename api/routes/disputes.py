"""Disputing a fact or a link, deciding what others dispute, and what a department is asked to put right."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.desk import Desk, desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.routes.records import RecordName
from api.shapes import MOST_AT_ONCE, FieldName, OfRegister, OwnId, Shape
from api.writing import IdempotencyKey, Order, do_once
from hub.disputes import decide, hand_in, withdraw
from hub.reading.claims import Claim
from hub.reading.disputes import list_corrections, list_disputes, read_dispute
from hub.reading.rulings import Verdict
from stores.operational.disputes import Dispute, DisputeKind, DisputeState
from stores.operational.idempotency import Attempt, Known

router = APIRouter(prefix="/v1", tags=["disputes"], responses=TOLD_OF_ALL)
DisputeId = Annotated[str, Path(pattern=r"^D[0-9A-F]{16}$", max_length=17)]
Why = Annotated[str, Field(min_length=1, max_length=2_000, description="The reason, in words; it is kept sealed.")]
State = Literal["open", "upheld", "rejected", "withdrawn"]


def _about(dispute: str) -> dict[str, Any]:
    named = {"dispute_id": f"$response.body#{dispute}"}
    return {
        "dispute": leads_to("one_dispute", "Where it stands.", named),
        "ruling": leads_to("rule", "Deciding it.", named),
        "withdrawal": leads_to("take_back", "Taking it back.", named),
    }


_LOCATION = {
    "headers": {
        "Location": {"description": "The address of the dispute.", "schema": {"type": "string", "maxLength": 40}}
    }
}
_MADE: dict[int | str, dict[str, Any]] = {201: {**_LOCATION, "links": _about("/dispute")}}
_DECIDED = links(200, dispute=_about("/dispute")["dispute"])
_CORRECTED = links(
    200,
    record=leads_to(
        "get_record",
        "The first record that is to be put right.",
        {"feed": "$response.body#/corrections/0/record/feed", "key": "$response.body#/corrections/0/record/key"},
    ),
)


class NewDispute(Shape):
    """What is wrong: a `fact`, that a record belongs to an entity (`apart`), or that two entities are two (`one`)."""

    kind: Literal["fact", "apart", "one"]
    id: OwnId
    why: Why
    field: Annotated[FieldName | None, Field(description="Of a fact: the field.")] = None
    proposed: Annotated[str | None, Field(min_length=1, max_length=500, description="The right value, if known.")] = (
        None
    )
    record: Annotated[RecordName | None, Field(description="The record that is meant; `apart` needs one.")] = None
    other_id: Annotated[OwnId | None, Field(description="Of `one`: the other entity.")] = None


class KeptDispute(Shape):
    """A dispute and where it stands."""

    dispute: Annotated[str, Field(pattern=r"^D[0-9A-F]{16}$", max_length=17)]
    kind: Literal["fact", "apart", "one"]
    state: State
    of: OfRegister
    id: OwnId
    other_id: OwnId | None
    field: Annotated[str | None, Field(max_length=64)]
    at: Annotated[str, Field(max_length=32)]
    decided_at: Annotated[str | None, Field(max_length=32)]


class DisputesAnswer(Shape):
    """Disputes, oldest first."""

    disputes: Annotated[list[KeptDispute], Field(max_length=MOST_AT_ONCE)]
    complete: bool


class NewRuling(Shape):
    """What a steward decides."""

    decision: Literal["upheld", "rejected"]
    why: Why
    right: Annotated[
        str | None, Field(min_length=1, max_length=500, description="The value that is right; without it, none is.")
    ] = None
    along: Annotated[
        tuple[RecordName, ...], Field(max_length=100, description="Records that leave with the disputed one.")
    ] = ()


class Withdrawal(Shape):
    """Why a dispute is taken back."""

    why: Why


class CorrectionEvent(Shape):
    """A value of your own record that was decided to be wrong, or what has become of that."""

    position: Annotated[int, Field(ge=0)]
    state: Annotated[str, Field(max_length=32)]
    at: datetime
    record: RecordName
    of: OfRegister
    field: Annotated[str, Field(max_length=64)]
    right: Annotated[str | None, Field(max_length=500, description="None where the value is void.")]


class CorrectionsAnswer(Shape):
    """Events in order."""

    corrections: Annotated[list[CorrectionEvent], Field(max_length=MOST_AT_ONCE)]


@router.post("/disputes", status_code=201, response_model=KeptDispute, responses=_MADE)
def dispute(request: Request, said: NewDispute, key: IdempotencyKey, reading: Annotated[Desk, desk(5)]) -> Response:
    """Says that something is wrong: it is marked at once wherever it is told, and somebody else decides."""
    asker = reading.asker
    claim = Claim(
        DisputeKind(said.kind),
        reading.entity(said.id),
        said.why,
        record=_name(said.record) if said.record else None,
        proposed=said.proposed,
        field=said.field,
        other=reading.entity(said.other_id) if said.other_id else None,
        request_key=key,
    )

    def write(attempt: Attempt) -> Response:
        kept = hand_in(reading.reader(), claim)
        return JSONResponse(_told(reading, kept), 201, headers={"Location": f"/v1/disputes/{kept.dispute_id}"})

    content = b"\0".join([asker.purpose.encode(), asker.case.encode(), said.model_dump_json().encode()])
    return do_once(reading.service, Order(asker.caller.name, key, b"dispute\0" + content), write)


@router.get("/disputes", response_model=DisputesAnswer, responses=links(200, **_about("/disputes/0/dispute")))
def list_all(
    reading: Annotated[Desk, desk(5)],
    state: Annotated[list[State], Query(max_length=4)] = [],  # noqa: B006
) -> Response:
    """Your department's disputes; a steward's purpose shows everybody's."""
    found = list_disputes(reading.reader(), [DisputeState(each) for each in state])
    rows = reading.in_own_ids(found.answer.table).to_pylist()
    told = [_row(row) for row in rows[:MOST_AT_ONCE]]
    return JSONResponse({"disputes": told, "complete": len(rows) <= MOST_AT_ONCE})


@router.get("/disputes/{dispute_id}", response_model=KeptDispute, responses=links(200, **_about("/dispute")))
def one_dispute(dispute_id: DisputeId, reading: Annotated[Desk, desk()]) -> Response:
    """One dispute and where it stands: your department's; a steward's purpose shows everybody's."""
    found = read_dispute(reading.reader(), dispute_id)
    [row] = reading.in_own_ids(found.answer.table).to_pylist()
    return JSONResponse(_row(row))


@router.post("/disputes/{dispute_id}/ruling", response_model=KeptDispute, responses=_DECIDED)
def rule(dispute_id: DisputeId, said: NewRuling, key: IdempotencyKey, reading: Annotated[Desk, desk(5)]) -> Response:
    """Upholds or rejects what somebody else disputes; it takes effect in the next run."""
    along = tuple(_name(each) for each in said.along)
    verdict = Verdict(dispute_id, said.decision == "upheld", said.why, said.right, along)

    def write(attempt: Attempt) -> Response:
        return JSONResponse(_told(reading, decide(reading.reader(), verdict, again=attempt.known is Known.CUT_OFF)))

    content = f"ruling {dispute_id} {reading.asker.purpose} {reading.asker.case} {said.model_dump_json()}".encode()
    return do_once(reading.service, Order(reading.asker.caller.name, key, content), write)


@router.post("/disputes/{dispute_id}/withdrawal", response_model=KeptDispute, responses=_DECIDED)
def take_back(
    dispute_id: DisputeId, said: Withdrawal, key: IdempotencyKey, reading: Annotated[Desk, desk(5)]
) -> Response:
    """Takes a dispute back, for whoever has made it."""

    def write(attempt: Attempt) -> Response:
        return JSONResponse(
            _told(reading, withdraw(reading.reader(), dispute_id, said.why, again=attempt.known is Known.CUT_OFF))
        )

    content = f"withdrawal {dispute_id} {reading.asker.purpose} {reading.asker.case} {said.why}".encode()
    return do_once(reading.service, Order(reading.asker.caller.name, key, content), write)


@router.get("/corrections", response_model=CorrectionsAnswer, responses=_CORRECTED)
def list_own_corrections(
    reading: Annotated[Desk, desk(5)],
    after: Annotated[int, Query(ge=0, le=2**53, description="The position of the last one that you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE,
) -> Response:
    """What your department is asked to put right in its own records; it stands until the record says otherwise."""
    department = reading.asker.caller.department or ""
    found = list_corrections(reading.reader(), department, after=after, limit=limit)
    return JSONResponse({"corrections": [_correction(row) for row in found.answer.table.to_pylist()]})


def _name(record: RecordName) -> str:
    return f"{record.feed}:{record.key}"


def _told(reading: Desk, kept: Dispute) -> dict[str, Any]:
    subject = kept.subject
    return {
        "dispute": kept.dispute_id,
        "kind": subject.kind.value,
        "state": kept.state.value,
        "register": subject.register,
        "id": reading.own(subject.entity_id),
        "other_id": reading.own(subject.other_id) if subject.other_id else None,
        "field": subject.field,
        "at": f"{kept.made_at.isoformat(timespec='seconds')}Z",
        "decided_at": f"{kept.decided_at.isoformat(timespec='seconds')}Z" if kept.decided_at else None,
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    names = ("dispute", "kind", "state", "register", "other_id", "field", "at", "decided_at")
    return {**{name: row[name] for name in names}, "id": row["entity_id"]}


def _correction(row: dict[str, Any]) -> dict[str, Any]:
    names = ("position", "state", "at", "register", "field", "right")
    return {**{name: row[name] for name in names}, "record": {"feed": row["feed"], "key": row["record_key"]}}
