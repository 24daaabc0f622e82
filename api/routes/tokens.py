"""Tokens for programs (OAuth 2 client credentials, RFC 6749 and 7523), and the keys that the hub's tokens hold by."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.failures import log_failure
from api.interface import without_null
from api.logins import AccessToken, Login, let_in
from api.problems import TOLD_OF_ALL
from api.service import TheService
from hub.errors import CredentialsRefused
from hub.sharing.accounts_keys import public_key_set
from hub.sharing.accounts_proofs import Assertion, Secret
from stores.operational.accounts import AccountKind

router = APIRouter(prefix="/v1", tags=["who asks"], responses=TOLD_OF_ALL)
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20
Short = Annotated[str | None, Field(min_length=1, max_length=256)]


class TokenForm(BaseModel):
    """What a program sends to be given a token; it proves itself in one way alone, here or by HTTP Basic."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "dependentRequired": {
                "client_assertion": ["client_assertion_type"],
                "client_assertion_type": ["client_assertion"],
            },
            "not": {"required": ["client_secret", "client_assertion"]},
        },
    )
    grant_type: Literal["client_credentials"]
    client_id: Short = None
    client_secret: Short = None
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | None = None
    client_assertion: Annotated[str | None, Field(min_length=1, max_length=8_192)] = None


class OAuthProblem(BaseModel):
    """An error as RFC 6749 (5.2) tells it."""

    model_config = ConfigDict(extra="forbid")
    error: Literal["invalid_request", "invalid_client", "unsupported_grant_type"]


class OAuthError(Exception):
    """What the token route answers with instead of a token."""

    def __init__(self, code: str, *, by_basic: bool = False) -> None:
        self.code = code
        self.status = 401 if code == "invalid_client" else 400
        self.headers = {"WWW-Authenticate": 'Basic realm="hub"'} if by_basic and self.status == 401 else {}
        super().__init__(code)


class KeySet(BaseModel):
    """A key set (RFC 7517)."""

    model_config = ConfigDict(extra="forbid")
    keys: Annotated[list[dict[str, Any]], Field(max_length=100)]


async def form_of(request: Request) -> TokenForm:
    """The form, in which nothing that counts may stand twice (RFC 6749, 3.2); what is not known is left aside."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request")
    try:
        pairs = parse_qsl((await request.body()).decode(), strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise OAuthError("invalid_request") from None
    known = [(name, value) for name, value in pairs if name in TokenForm.model_fields]
    fields = dict(known)
    if len(fields) != len(known):
        raise OAuthError("invalid_request")
    if fields.get("grant_type", "client_credentials") != "client_credentials":
        raise OAuthError("unsupported_grant_type")
    try:
        form = TokenForm.model_validate(fields)
    except ValidationError:
        raise OAuthError("invalid_request") from None
    if (form.client_assertion is None) != (form.client_assertion_type is None):
        raise OAuthError("invalid_request")
    if form.client_assertion is not None and form.client_secret is not None:
        raise OAuthError("invalid_request")
    return form


_RESPONSES: dict[int | str, dict[str, Any]] = {400: {"model": OAuthProblem}, 401: {"model": OAuthProblem}}
_BODY = {"requestBody": {"required": True, "content": {FORM: {"schema": without_null(TokenForm.model_json_schema())}}}}


@router.post("/token", response_model=AccessToken, responses=_RESPONSES, openapi_extra=_BODY)
def token(request: Request, service: TheService, form: Annotated[TokenForm, Depends(form_of)]) -> Response:
    """A token for a department's program, which proves itself by its own key or its secret."""
    basic = request.headers.get("authorization")
    credentials = _by_basic(basic, form) if basic is not None else _by_form(form)
    login = Login(credentials, AccountKind.SERVICE, form.client_id)
    try:
        return JSONResponse(let_in(request, service, login).model_dump(), headers={"Cache-Control": "no-store"})
    except CredentialsRefused as error:
        log_failure(request.state.request_id, error)
        raise OAuthError(error.code, by_basic=basic is not None) from None


@router.get("/keys", response_model=KeySet)
def keys(service: TheService) -> Response:
    """The public keys by which the hub's tokens can be checked."""
    found: Mapping[str, Any] = public_key_set(service.trust.signing.now())
    return JSONResponse(found, headers={"Cache-Control": "public, max-age=300"})


def add_oauth_errors(app: FastAPI) -> None:
    """Has the errors of the token route told as OAuth 2 wants them."""

    async def tell(request: Request, error: Exception) -> Response:
        assert isinstance(error, OAuthError)
        headers = {"Cache-Control": "no-store", **error.headers}
        return JSONResponse({"error": error.code}, status_code=error.status, headers=headers)

    app.add_exception_handler(OAuthError, tell)


def _by_form(form: TokenForm) -> Assertion | Secret:
    if form.client_assertion is not None:
        return Assertion(form.client_assertion)
    if form.client_id is None or form.client_secret is None:
        raise OAuthError("invalid_client")
    return Secret(form.client_id, form.client_secret)


def _by_basic(header: str, form: TokenForm) -> Secret:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", by_basic=True)
    if form.client_secret is not None or form.client_assertion is not None:
        raise OAuthError("invalid_request")
    try:
        name, colon, secret = b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", by_basic=True) from None
    if not colon or form.client_id not in (None, unquote_plus(name)):
        raise OAuthError("invalid_client", by_basic=True)
    return Secret(unquote_plus(name), unquote_plus(secret))
