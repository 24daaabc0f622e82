"""What has changed since a cursor, for entities that hold or held the department's records."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.cursors import CursorText, Place
from api.desk import Desk, desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.routes.records import RecordName
from api.shapes import MOST_AT_ONCE, OfRegister, OwnId, Shape, SnapshotId
from hub.reading.changes import read_changes
from stores.instalments import Position

router = APIRouter(prefix="/v1/changes", tags=["changes"], responses=TOLD_OF_ALL)
LASTS = timedelta(days=400)
"""As long as the feed itself is kept by default."""


_LINKS = links(
    200,
    next=leads_to("list_changes", "What came after these.", {"cursor": "$response.body#/next"}),
    entity=leads_to("get_entity", "What the first has become.", {"own_id": "$response.body#/entries/0/id"}),
)


class ChangeEntry(Shape):
    """One entity of which something has changed; its values are read by its id."""

    kind: Literal["new", "split", "revived", "merged", "retired", "changed", "corrected"]
    of: OfRegister
    id: Annotated[OwnId | None, Field(description="None where a corrected record belongs to nothing any more.")]
    other_id: Annotated[OwnId | None, Field(description="What it was merged into, or split off.")]
    fields: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(max_length=100, description="What has changed: fields, `records`, types of relationships."),
    ]
    record: Annotated[RecordName | None, Field(description="Your record that was corrected.")]
    snapshot: Annotated[str, Field(max_length=100, description="The snapshot that brought it.")]
    as_of: date
    published_at: datetime


class ChangesAnswer(Shape):
    """Entries in order, each told at least once: snapshot, kind, id and fields tell one from all others."""

    snapshot: SnapshotId
    entries: Annotated[list[ChangeEntry], Field(max_length=MOST_AT_ONCE)]
    next: Annotated[str, Field(max_length=1_024, description="Where to read on, also after an answer without entries.")]
    is_last: Annotated[bool, Field(description="Whether there is nothing more yet.")]


@router.get("", response_model=ChangesAnswer, responses=_LINKS)
def list_changes(
    request: Request,
    reading: Annotated[Desk, desk(5)],
    cursor: CursorText = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE,
) -> Response:
    """What has changed since the cursor.

    Without a cursor it gives the one to begin with: keep it, take all your records, then read on from it. A cursor can
    be used again and gives the same entries; later ones are added. Where the hub no longer keeps what came after it
    the answer is 410: begin anew.
    """
    bound, now = reading.asker.bound(request), datetime.now(UTC)
    place = reading.service.cursors.open(cursor, bound, now) if cursor else None
    position = Position(int(place.position["number"]), str(place.position["mark"])) if place else None
    found = read_changes(reading.reader(), position, limit)
    on = Place({"number": found.position.number, "mark": found.position.mark})
    rows = reading.in_own_ids(found.disclosure.answer.table).to_pylist()
    return JSONResponse(
        {
            "snapshot": found.disclosure.snapshot,
            "entries": [_entry(row) for row in rows],
            "next": reading.service.cursors.seal(on, bound, now, lasts=LASTS),
            "is_last": found.is_last,
        }
    )


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    record = {"feed": row["feed"], "key": row["record_key"]} if row["feed"] else None
    return {
        "kind": row["kind"],
        "register": row["register"],
        "id": row["entity_id"],
        "other_id": row["other_id"],
        "fields": [name.partition(".")[2] or name for name in row["fields"] or ()],
        "record": record,
        "snapshot": row["snapshot"],
        "as_of": row["as_of"].isoformat(),
        "published_at": row["published_at"].isoformat(),
    }
