"""Sessions of persons: a password for a token of some minutes.

It is no grant of OAuth, which has none for passwords.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.logins import AccessToken, Login, let_in
from api.problems import TOLD_OF_ALL
from api.service import TheService
from hub.sharing.accounts_proofs import Secret
from stores.operational.accounts import AccountKind

router = APIRouter(prefix="/v1", tags=["who asks"], responses=TOLD_OF_ALL)


class SessionRequest(BaseModel):
    """A person's account and password."""

    model_config = ConfigDict(extra="forbid")
    account: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_.-]*$")]
    password: Annotated[str, Field(min_length=1, max_length=256, json_schema_extra={"format": "password"}, repr=False)]


@router.post("/session", response_model=AccessToken)
def session(request: Request, response: Response, service: TheService, body: SessionRequest) -> AccessToken:
    """A token for a person, for as long as a program's; when it is over, the person logs in again."""
    response.headers["Cache-Control"] = "no-store"
    return let_in(request, service, Login(Secret(body.account, body.password), AccountKind.PERSON))
