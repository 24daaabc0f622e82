"""Who looked: what the audit log says of a person, a caller, a purpose or a time."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.desk import Desk, desk
from api.problems import TOLD_OF_ALL
from api.shapes import OwnId, Shape
from hub.reading.who_looked import who_looked
from hub.sharing.audit_list import Wanted

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=TOLD_OF_ALL)
Text = Annotated[str, Field(max_length=200)]
MOST = 10_000


class WhoLookedQuery(Shape):
    """Which records of the log; days are those of UTC, the first and the last one included."""

    entities: Annotated[tuple[OwnId, ...], Field(max_length=50, description="About any of these.")] = ()
    caller: Annotated[str, Field(max_length=64)] = ""
    purpose: Annotated[str, Field(max_length=64)] = ""
    since: date | None = None
    until: date | None = None


class Looked(Shape):
    """One reading, or one that was refused."""

    sequence: Annotated[int, Field(ge=0)]
    at: Text
    caller: Text
    department: Text | None
    purpose: Text
    verb: Text
    what: Text
    outcome: Text
    rule: Text
    rows: Annotated[int, Field(ge=0)]
    snapshot: Text


class WhoLookedAnswer(Shape):
    """Records of the log in order; `complete` is false where there are more than are told."""

    records: Annotated[list[Looked], Field(max_length=MOST)]
    complete: bool


@router.post("/search", response_model=WhoLookedAnswer)
def search_audit(query: WhoLookedQuery, reading: Annotated[Desk, desk(50)]) -> Response:
    """Who looked at a person, or what somebody has read: for auditors, and for a person's own request.

    This reading stands in the log itself.
    """
    entities = tuple(reading.entity(each) for each in query.entities)
    found = who_looked(reading.reader(), Wanted(entities, query.caller, query.purpose, query.since, query.until))
    table = found.answer.table.select(list(Looked.model_fields)) if found.answer.table.num_columns else None
    rows = table.slice(0, MOST).to_pylist() if table is not None else []
    return JSONResponse({"records": rows, "complete": table is not None and table.num_rows <= MOST})
