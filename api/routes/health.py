"""Health: green only after a real read of the current snapshot and a real write beside the audit log; readiness."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.problems import TOLD_OF_ALL, Refusal
from api.service import Service, TheService
from hub.health import check_health

router = APIRouter(prefix="/v1", tags=["service"], responses=TOLD_OF_ALL)


class Health(BaseModel):
    """What was read."""

    model_config = ConfigDict(extra="forbid")
    status: Literal["ok"]
    snapshot: Annotated[str, Field(max_length=100)]
    as_of: date


class Ready(BaseModel):
    """Whether requests are taken."""

    model_config = ConfigDict(extra="forbid")
    status: Literal["ready"]


@router.get("/health", response_model=Health)
async def health(request: Request, service: TheService) -> Mapping[str, str]:
    """Reads the current snapshot and writes beside the audit log; 503 while either fails.

    Those who ask at the same time share one look: asking often costs the hub no more than asking once.
    """
    state = request.app.state
    if getattr(state, "looking", None) is None:
        state.looking = asyncio.create_task(asyncio.to_thread(check_health, service.home.root))
        state.looking.add_done_callback(lambda _: setattr(state, "looking", None))
    found: Mapping[str, str] = await asyncio.shield(state.looking)
    return {"status": "ok", **found}


@router.get("/ready", response_model=Ready)
async def ready(service: TheService) -> Mapping[str, str]:
    """Whether there is a snapshot to read and those who ask can be known; 503 while not."""
    if not await asyncio.to_thread(_is_ready, service):
        raise Refusal("not-ready", retry_after=5)
    return {"status": "ready"}


def _is_ready(service: Service) -> bool:
    service.trust.accounts.find("")
    service.trust.signing.now()
    return service.shelf.current_name() is not None
