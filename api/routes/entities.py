"""One person, house or unit, by the department's own id."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from api.desk import Desk, desk
from api.etags import IfNoneMatch, etag_of, unless_had
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.routes.records import RecordName
from api.routes.snapshot import HAD
from api.shapes import FieldName, Notes, OfRegister, OwnId, Shape, SnapshotId, Sureness
from hub.reading.entity import FIELD, HOME, HUB, RECORD, read_entity
from hub.sharing.entity_ids import REGISTERS

router = APIRouter(prefix="/v1/entities", tags=["entities"], responses=TOLD_OF_ALL)
Value = Annotated[str, Field(max_length=2_000)] | Annotated[int, Field(ge=-(2**53), le=2**53)] | float | bool


_LINKS: dict[str, Any] = {
    "record": leads_to(
        "get_record",
        "The first of your records in it.",
        {"feed": "$response.body#/own_records/0/feed", "key": "$response.body#/own_records/0/key"},
    ),
    "home": leads_to("get_entity", "Where the person lives.", {"own_id": "$response.body#/lives_at/0/id"}),
    "again": leads_to(
        "get_entity",
        "The same, unless it is as you have it.",
        {"own_id": "$request.path.own_id", "If-None-Match": "$response.header.ETag"},
    ),
}


class FieldSource(Shape):
    """The record that a value comes from."""

    department: Annotated[str, Field(max_length=64)]
    feed: Annotated[str, Field(max_length=64)]
    recorded_on: Annotated[str | None, Field(max_length=10)]


class FieldValue(Shape):
    """What the hub holds to be so."""

    value: Value
    source: FieldSource | None = None
    disputed: bool


class HomeOfPerson(Shape):
    """Where a person lives, as far as evidence tells."""

    id: OwnId
    since: Annotated[str | None, Field(max_length=10)]
    confidence: Sureness


class EntityAnswer(Shape):
    """An entity, cut to what the purpose allows: what may not be seen is absent."""

    snapshot: SnapshotId
    id: OwnId
    of: OfRegister
    moved_from: Annotated[OwnId | None, Field(description="The id that was asked for, where it leads to this one now.")]
    notes: Annotated[Notes, Field(description="What has become of the id that was asked for.")]
    confidence: Annotated[Sureness, Field(description="How sure it is that all its records are of one.")]
    records: Annotated[int, Field(ge=1)]
    feeds: Annotated[int, Field(ge=1)]
    recorded_from: Annotated[str | None, Field(max_length=10)]
    disputed: Annotated[bool, Field(description="Whether somebody disputes a field or that a record belongs to it.")]
    fields: Annotated[dict[FieldName, FieldValue], Field(max_length=100)]
    own_records: Annotated[
        list[RecordName], Field(max_length=100_000, description="Records of your department that belong to it.")
    ]
    lives_at: Annotated[list[HomeOfPerson], Field(max_length=1_000)]


class EndedAnswer(Shape):
    """An id that has ended: none of its records was left."""

    snapshot: SnapshotId
    id: OwnId
    of: OfRegister
    ended: Annotated[bool, Field(description="Always true.")]
    notes: Notes


@router.get("/{own_id}", response_model=EntityAnswer | EndedAnswer, responses=HAD | links(200, **_LINKS))
def get_entity(
    request: Request,
    own_id: Annotated[OwnId, Path()],
    reading: Annotated[Desk, desk()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A person, house or unit: its fields with their sources, how sure it is, and your department's records in it.

    An id that was merged away leads to the entity that has its records now.
    """
    found = read_entity(reading.reader(), reading.entity(own_id))
    rows = reading.in_own_ids(found.answer.table).to_pylist()
    notes = [reading.text(told) for told in found.answer.redirects]
    head = {"snapshot": found.snapshot, "register": REGISTERS[own_id[0]], "notes": notes}
    disputed = frozenset(item for items in found.answer.disputed.values() for item in items)
    content = {**head, **_told(rows, own_id, disputed)} if rows else {**head, "id": own_id, "ended": True}
    return unless_had(request, etag_of(json.dumps(content, ensure_ascii=False)), content)


def _told(rows: Iterable[Mapping[str, Any]], asked: str, disputed: frozenset[str]) -> dict[str, Any]:
    by_part: dict[str, list[Mapping[str, Any]]] = {HUB: [], FIELD: [], RECORD: [], HOME: []}
    for row in rows:
        by_part[row["part"]].append(row)
    entity = next(row["entity_id"] for row in rows)
    said = {row["name"]: json.loads(row["value"]) for row in by_part[HUB]}
    return {
        "id": entity,
        "moved_from": None if entity == asked else asked,
        **said,
        "disputed": bool(disputed),
        "fields": {row["name"]: _field(row, disputed) for row in by_part[FIELD]},
        "own_records": [dict(zip(("feed", "key"), row["name"].split(":", 1), strict=True)) for row in by_part[RECORD]],
        "lives_at": [{"id": row["other_id"], **json.loads(row["value"])} for row in by_part[HOME]],
    }


def _field(row: Mapping[str, Any], disputed: frozenset[str]) -> dict[str, Any]:
    source = {name: row[name] for name in ("department", "feed", "recorded_on")} if row.get("feed") else None
    named = {item.partition(".")[2] for item in disputed}
    return {"value": json.loads(row["value"]), "source": source, "disputed": row["name"] in named}
