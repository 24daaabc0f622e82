"""A department's own records, and the entities that they belong to."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.desk import Desk, desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.shapes import MOST_AT_ONCE, FeedId, OfRegister, OwnId, RecordKey, Shape, SnapshotId, Sureness
from hub.reading.own_records import read_record, read_records

router = APIRouter(prefix="/v1/records", tags=["own records"], responses=TOLD_OF_ALL)


_LINKS = links(
    200, entity=leads_to("get_entity", "What the record belongs to.", {"own_id": "$response.body#/record/id"})
)
_SEARCH_LINKS = links(
    200, entity=leads_to("get_entity", "What the first record belongs to.", {"own_id": "$response.body#/records/0/id"})
)


class RecordName(Shape):
    """A record of one of the department's feeds; a further role of a row is `<row key>#<role>`."""

    feed: FeedId
    key: RecordKey


class OwnRecord(RecordName):
    """A record and the entity that it belongs to."""

    of: OfRegister
    id: OwnId
    confidence: Annotated[Sureness, Field(description="How sure it is that the entity's records are of one.")]
    records: Annotated[int, Field(ge=1, description="How many records, of all departments, belong to the entity.")]


class RecordAnswer(Shape):
    """One record."""

    snapshot: SnapshotId
    record: OwnRecord


class RecordQuery(Shape):
    """Records that are looked up together."""

    records: Annotated[list[RecordName], Field(min_length=1, max_length=MOST_AT_ONCE)]


class RecordsAnswer(Shape):
    """The records in the order in which they were named; null for one that is not there for the asker."""

    snapshot: SnapshotId
    records: Annotated[list[OwnRecord | None], Field(max_length=MOST_AT_ONCE)]


@router.get("/{feed}/{key}", response_model=RecordAnswer, responses=_LINKS)
def get_record(
    feed: Annotated[FeedId, Path()], key: Annotated[RecordKey, Path()], reading: Annotated[Desk, desk()]
) -> Response:
    """The entity that one of your department's records belongs to.

    Where keys of a feed say something of a person, ask by `POST /v1/records/search`: addresses of requests are
    written down on the way.
    """
    found = read_record(reading.reader(), f"{feed}:{key}")
    [row] = reading.in_own_ids(found.answer.table).to_pylist()
    return JSONResponse({"snapshot": found.snapshot, "record": _own_record(row)})


@router.post("/search", response_model=RecordsAnswer, responses=_SEARCH_LINKS)
def search_records(query: RecordQuery, reading: Annotated[Desk, desk(10)]) -> Response:
    """The entities that up to 1,000 of your department's records belong to."""
    names = [f"{each.feed}:{each.key}" for each in query.records]
    found = read_records(reading.reader(), names)
    rows = {row["record"]: _own_record(row) for row in reading.in_own_ids(found.answer.table).to_pylist()}
    return JSONResponse({"snapshot": found.snapshot, "records": [rows.get(name) for name in names]})


def _own_record(row: Mapping[str, Any]) -> dict[str, Any]:
    feed, _, key = row["record"].partition(":")
    return {
        "feed": feed,
        "key": key,
        "register": row["register"],
        "id": row["entity_id"],
        "confidence": row["confidence"],
        "records": row["records"],
    }
