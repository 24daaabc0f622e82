"""Problems as the service tells them (RFC 9457): one table of their types, each served as documentation.

A problem says what kind of mistake it is and where, never what was sent and never what the code raised.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
FOLDER = "/v1/problems/"


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem: its status, its titles, and what whoever meets it should do."""

    status: int
    title: str
    title_zh: str
    remedy: str


TYPES: Mapping[str, ProblemType] = {
    "invalid-input": ProblemType(
        422, "The request does not fit the interface", "请求不符合接口规定", "Compare it with /v1/openapi.json."
    ),
    "invalid-cursor": ProblemType(
        400, "The cursor cannot be used", "游标无效", "Ask again without a cursor; one is good for its own asker alone."
    ),
    "not-signed-in": ProblemType(
        401, "Who asks is not known", "身份未确认", "Get a token at /v1/token or /v1/session and send it as a bearer."
    ),
    "refused": ProblemType(
        403, "Not permitted for this purpose", "该目的下不允许", "The rule that decided and its reason are named."
    ),
    "not-there": ProblemType(
        404,
        "It is not there for you",
        "您无法查到该对象",
        "What does not exist and what is not for you are told alike.",
    ),
    "no-such-address": ProblemType(
        404, "The interface has no such address", "接口没有该地址", "Compare it with /v1/openapi.json."
    ),
    "no-such-method": ProblemType(
        405, "The address does not take this method", "该地址不支持此方法", "The header Allow names those it takes."
    ),
    "not-acceptable": ProblemType(
        406, "It cannot be given in this format", "无法以该格式提供", "Accept one of the formats of /v1/openapi.json."
    ),
    "too-slow": ProblemType(408, "The request did not arrive in time", "请求未及时到达", "Send it again."),
    "in-progress": ProblemType(
        409, "The same write is being done", "相同的写入正在进行", "Ask again with the same key after a moment."
    ),
    "conflict": ProblemType(
        409, "It cannot be done as things stand", "当前状态下无法执行", "Read the present state, then decide anew."
    ),
    "begin-anew": ProblemType(
        410,
        "Nobody can read on from there",
        "无法从该位置继续",
        "Ask for changes without a cursor, then take all your records anew.",
    ),
    "changed-meanwhile": ProblemType(
        412, "It has changed since it was read", "读取之后已有变化", "Read it again and send its new ETag as If-Match."
    ),
    "too-large": ProblemType(413, "The body is too large", "请求体过大", "Send it in parts."),
    "wrong-media-type": ProblemType(
        415, "The body is of another media type", "请求体类型不对", "Send it as /v1/openapi.json says."
    ),
    "too-little-given": ProblemType(
        422,
        "Too little is given to tell one from all others",
        "提供的信息不足以区分",
        "Give more fields, as a name beside a number.",
    ),
    "key-used-otherwise": ProblemType(
        422, "The Idempotency-Key was used for another request", "幂等键已用于其他请求", "Draw a new key per write."
    ),
    "state-unnamed": ProblemType(
        428, "Say which state you mean", "须指明所依据的状态", "Send the ETag that you read as If-Match."
    ),
    "too-many-requests": ProblemType(
        429, "More was asked than is allowed", "请求超出限额", "Wait for as many seconds as Retry-After says."
    ),
    "headers-too-large": ProblemType(431, "The headers are too large", "请求头过大", "Send fewer or shorter headers."),
    "broken": ProblemType(
        500, "The hub has made a mistake", "系统出错", "Tell whoever runs the hub the id of the request."
    ),
    "busy": ProblemType(
        503, "The hub is busy", "系统繁忙", "Nothing was done. Wait for as many seconds as Retry-After says."
    ),
    "stopping": ProblemType(
        503,
        "The hub is being stopped",
        "系统正在停止",
        "It may have been done or not: send it again soon, a write with the same Idempotency-Key.",
    ),
    "not-ready": ProblemType(
        503, "The hub cannot serve", "系统暂不可用", "A store cannot be used; whoever runs the hub must act."
    ),
    "audit-unavailable": ProblemType(
        503, "The audit log cannot be written", "审计日志无法写入", "Nothing was disclosed; ask again later."
    ),
}


class Misfit(BaseModel):
    """One place of a request that does not fit."""

    model_config = ConfigDict(extra="forbid")
    place: Annotated[str, Field(max_length=200, description="As `#/body/name`; what is not declared is `*`.")]
    rule: Annotated[str, Field(max_length=100, description="What was not kept to, as `string_too_long`.")]


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")
    type: Annotated[str, Field(pattern=r"^/v1/problems/[a-z-]{1,40}$", max_length=60)]
    title: Annotated[str, Field(max_length=100)]
    title_zh: Annotated[str, Field(max_length=100)]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(max_length=300, description="What to do.")]
    rule: Annotated[str | None, Field(max_length=200, description="The rule that refused.")] = None
    reason: Annotated[str | None, Field(max_length=500, description="Why it refused.")] = None
    misfits: Annotated[list[Misfit] | None, Field(max_length=20)] = None
    request_id: Annotated[str | None, Field(max_length=36)] = None


@dataclass(frozen=True)
class Telling:
    """A problem to be told: its type, what else is said of it, and headers beside."""

    slug: str
    said: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status it is told with."""
        return TYPES[self.slug].status


class Refusal(HTTPException):
    """What a route raises to answer with a problem of the table.

    An HTTPException, for those alone pass through the framework as they are while it reads a body.
    """

    def __init__(self, slug: str, *, said: Mapping[str, Any] | None = None, retry_after: float | None = None) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
        self.telling = Telling(slug, said or {}, headers)
        super().__init__(self.telling.status, slug)


def problem_answer(telling: Telling, request_id: str | None = None) -> JSONResponse:
    """The problem as an answer."""
    kind = TYPES[telling.slug]
    problem = Problem(
        type=FOLDER + telling.slug,
        title=kind.title,
        title_zh=kind.title_zh,
        status=kind.status,
        detail=kind.remedy,
        request_id=request_id,
        **telling.said,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=kind.status,
        headers={"Cache-Control": "no-store", **telling.headers},
        media_type=MEDIA_TYPE,
    )


TOLD_OF_ALL: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What every operation may answer besides, for its `responses`."""
