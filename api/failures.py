"""Where errors become problems: one table, and the places of a request that do not fit."""

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.problems import Refusal, Telling, problem_answer
from hub.errors import (
    AccessDenied,
    AuditError,
    CredentialsRefused,
    HubError,
    NothingThereError,
    TooLittleError,
    UsageError,
)
from ingestion.errors import FeedError
from resolution.errors import QueryError, ResolutionError, UnknownRecordError
from schemas.errors import DeclarationError
from stores.errors import HomeBusyError, MachineError, StoreError
from stores.instalments import BeginAnewError
from stores.operational.accounts import AccountError
from stores.operational.disputes import DisputeError
from stores.operational.reviews import ReviewError

LOG = logging.getLogger("hub.api")
SOON = {"Retry-After": "5"}
MOST_MISFITS = 20

# Looked up in this order: the first entry that an error is an instance of counts.
ERRORS: Mapping[type[Exception], Telling] = {
    CredentialsRefused: Telling("not-signed-in", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}),
    AuditError: Telling("audit-unavailable", headers=SOON),
    NothingThereError: Telling("not-there"),
    BeginAnewError: Telling("begin-anew"),
    TooLittleError: Telling("too-little-given"),
    UsageError: Telling("invalid-input"),
    QueryError: Telling("invalid-input"),
    UnknownRecordError: Telling("not-there"),
    AccountError: Telling("conflict"),
    ReviewError: Telling("conflict"),
    DisputeError: Telling("conflict"),
    FeedError: Telling("conflict"),
    HomeBusyError: Telling("busy", headers=SOON),
    MachineError: Telling("not-ready", headers=SOON),
    StoreError: Telling("not-ready", headers=SOON),
    ResolutionError: Telling("not-ready", headers=SOON),
    DeclarationError: Telling("not-ready", headers=SOON),
    HubError: Telling("not-ready", headers=SOON),
    MemoryError: Telling("busy", headers=SOON),
    OSError: Telling("not-ready", headers=SOON),
}
STATUSES: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "no-such-address",
    HTTPStatus.METHOD_NOT_ALLOWED: "no-such-method",
    HTTPStatus.NOT_ACCEPTABLE: "not-acceptable",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "wrong-media-type",
}


def add_failures(app: FastAPI) -> None:
    """Makes every error of the app's routes a problem; what is in no table is left to the frame around them."""

    declared = declared_names(app)

    async def tell(request: Request, error: Exception) -> Response:
        return failure_answer(request, error, declared)

    for kind in (Refusal, RequestValidationError, HTTPException, AccessDenied, *ERRORS):
        app.add_exception_handler(kind, tell)


def failure_answer(request: Request, error: Exception, declared: Callable[[], frozenset[str]]) -> Response:
    """The answer to a request that ended in this error; the log is told where it came from."""
    telling = telling_of(error, declared)
    if telling.status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, CredentialsRefused):
        log_failure(request.state.request_id, error)
    return problem_answer(telling, request.state.request_id)


def telling_of(error: Exception, declared: Callable[[], frozenset[str]] = frozenset) -> Telling:
    """What is told of an error; nothing of its text but a policy's rule and reason."""
    if isinstance(error, Refusal):
        return error.telling
    if isinstance(error, AccessDenied):
        return Telling("refused", {"rule": error.rule[:200], "reason": error.reason[:500]})
    if isinstance(error, RequestValidationError):
        return _misfitting(error.errors(), declared())
    if isinstance(error, HTTPException):
        return Telling(STATUSES.get(error.status_code, "invalid-input"), headers=_allow(error))
    return next((telling for kind, telling in ERRORS.items() if isinstance(error, kind)), Telling("broken"))


def log_failure(request_id: str, error: BaseException) -> None:
    """Writes down what failed and where; an error's own words may quote a person and are left out."""
    said: dict[str, object] = {"request_id": request_id, "error": type(error).__name__}
    if isinstance(error, CredentialsRefused):
        LOG.info("refused", extra={"said": said | {"code": error.code, "reason": error.reason}})
        return
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    said["at"] = [f"{each.filename.rpartition('site-packages/')[2]}:{each.lineno} {each.name}" for each in frames]
    LOG.error("failed", extra={"said": said})


def declared_names(app: FastAPI) -> Callable[[], frozenset[str]]:
    """Names that the interface declares: all that a problem repeats of a request."""
    return cache(lambda: frozenset(_names(app.openapi())))


def _names(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        if isinstance(node.get("name"), str) and "in" in node:
            yield node["name"].lower()
        for each in node.values():
            yield from _names(each)
    elif isinstance(node, list):
        for each in node:
            yield from _names(each)


def _misfitting(errors: Sequence[Any], declared: frozenset[str]) -> Telling:
    if [each["loc"] for each in errors] == [("query", "cursor")]:
        return Telling("invalid-cursor")
    misfits = [
        {"place": _place(each["loc"], each["type"], declared), "rule": str(each["type"])[:100]}
        for each in errors[:MOST_MISFITS]
    ]
    return Telling("invalid-input", {"misfits": misfits})


def _place(location: Sequence[str | int], rule: str, declared: frozenset[str]) -> str:
    where, *rest = location
    if rule == "json_invalid":
        rest = []
    parts = [
        str(each) if isinstance(each, int) or each.lower() in declared or each in declared else "*" for each in rest
    ]
    return "/".join(["#", str(where), *parts])[:200]


def _allow(error: HTTPException) -> Mapping[str, str]:
    return {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
