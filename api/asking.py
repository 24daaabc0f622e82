"""Who asks, for what: the token, the purpose and the number of the case, and what the request costs them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.cursors import Bound
from api.service import TheService
from hub.sharing.request import Caller
from hub.sharing.tokens import authenticate

BEARER = HTTPBearer(
    scheme_name="token",
    bearerFormat="JWT",
    description="A token of /v1/token (programs) or /v1/session (persons), or of the government's own issuer.",
    auto_error=False,
)

Purpose = Annotated[
    str,
    Header(
        alias="Hub-Purpose",
        min_length=1,
        max_length=64,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The code of the purpose that the answer is for.",
    ),
]
Case = Annotated[
    str | None,
    Header(
        alias="Hub-Case",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        description="The number of the case that the answer is for; some purposes want one. The audit log keeps it.",
    ),
]


@dataclass(frozen=True)
class Asker:
    """Who asks, for which purpose and in which case ("" where none is named)."""

    caller: Caller
    purpose: str
    case: str = ""

    def bound(self, request: Request) -> Bound:
        """What binds a cursor to this asker, purpose and route."""
        return Bound(self.caller.name, self.purpose, template_of(request.scope))


def template_of(scope: object) -> str:
    """The route as it is declared, as `/v1/records/{feed}/{key}`: what of an address may be written down."""
    path = getattr(scope.get("route"), "path", None) if isinstance(scope, dict) else None
    return path if isinstance(path, str) else "-"


def signed_in(cost: float = 1.0) -> Callable[..., Caller]:
    """A dependency: whoever asks, who is charged this many points."""

    def caller(
        request: Request,
        service: TheService,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Caller:
        trust = service.trust
        named = None if credentials is None else f"{credentials.scheme} {credentials.credentials}"
        found = authenticate(trust, named, trust.settings.audience, datetime.now(UTC))
        request.state.caller = found.name
        service.limits.charge(found.name, cost)
        return found

    return caller


def asking(cost: float = 1.0) -> Callable[..., Awaitable[Asker]]:
    """A dependency: whoever asks for a purpose, who is charged this many points."""

    async def asker(caller: Annotated[Caller, Depends(signed_in(cost))], purpose: Purpose, case: Case = None) -> Asker:
        return Asker(caller, purpose, case or "")

    return asker


SignedIn = Annotated[Caller, Depends(signed_in())]
AskerOf1 = Annotated[Asker, Depends(asking())]
