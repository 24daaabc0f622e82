"""The current snapshot: what is read now, and of which date."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.asking import SignedIn
from api.etags import IfNoneMatch, etag_of, unless_had
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.service import TheService

router = APIRouter(prefix="/v1", tags=["readings"], responses=TOLD_OF_ALL)
HAD: dict[int | str, dict[str, object]] = {304: {"description": "As the reader has it already"}}


_LINKS = links(
    200,
    again=leads_to(
        "current_snapshot", "The same, unless it is as you have it.", {"If-None-Match": "$response.header.ETag"}
    ),
)


class CurrentSnapshot(BaseModel):
    """A published snapshot."""

    model_config = ConfigDict(extra="forbid")
    snapshot: Annotated[str, Field(max_length=100, description="Its id, which every answer carries.")]
    sequence: Annotated[int, Field(ge=1, description="How many publications there have been.")]
    as_of: Annotated[date, Field(description="The date of what it says.")]


@router.get("/snapshot", response_model=CurrentSnapshot, responses=HAD | _LINKS)
def current_snapshot(
    request: Request, service: TheService, caller: SignedIn, if_none_match: IfNoneMatch = None
) -> Response:
    """The snapshot that is read now; it says nothing of anybody and needs no purpose."""
    with service.opening.snapshot(None) as snapshot:
        manifest = snapshot.manifest
    content = CurrentSnapshot(snapshot=manifest.id, sequence=manifest.sequence, as_of=manifest.as_of)
    return unless_had(request, etag_of(manifest.id), content.model_dump(mode="json"))
