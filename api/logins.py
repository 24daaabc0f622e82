"""Letting somebody in: one way for programs and persons, bounded, and the same words for everybody who is refused."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from api.service import Service
from hub.errors import CredentialsRefused
from hub.sharing.accounts_proofs import CODE, Assertion, Secret
from hub.sharing.accounts_signed import look_at
from hub.sharing.tokens import issue_token
from stores.operational.accounts import AccountKind

HOMES_OF_IPV6 = 64


class AccessToken(BaseModel):
    """A token, good for some minutes (RFC 6749, 5.1)."""

    model_config = ConfigDict(extra="forbid")
    access_token: Annotated[str, Field(max_length=8_192)]
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Field(ge=1, le=3_600, description="Seconds")]


@dataclass(frozen=True)
class Login:
    """Credentials of an account that must be of this kind and, where one is given, of this name."""

    credentials: Assertion | Secret
    kind: AccountKind
    account: str | None = None


def let_in(request: Request, service: Service, login: Login) -> AccessToken:
    """A token for whoever proves to be an account of the kind; raises CredentialsRefused, or Refusal (429, 503)."""
    named = login.credentials.account if isinstance(login.credentials, Secret) else None
    with service.limits.trying(address_of(request), named):
        trust = service.trust
        token = issue_token(trust, login.credentials, trust.settings.audience, datetime.now(UTC))
        # What the token says of itself is the hub's own word: it was signed just now.
        name = str(look_at(token.text, CODE).claims["sub"])
        account = trust.accounts.find(name)
        if account is None or account.kind is not login.kind or login.account not in (None, name):
            raise CredentialsRefused(CODE, "the account is of another kind or name than this route lets in")
    request.state.caller = name
    return AccessToken(access_token=token.text, expires_in=token.expires_in)


def address_of(request: Request) -> str:
    """Where the request comes from, as tries to log in are counted: of IPv6 the network, which one sender has whole."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(address if address.version == 4 else ip_network((address, HOMES_OF_IPV6), strict=False))
