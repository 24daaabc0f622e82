"""Entity tags: whether a reader has it already (If-None-Match), whether a writer means its present state (If-Match).

Only strong tags are given out: equal tags are equal bytes.
"""

import hashlib
import json
import re
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse

from api.problems import Refusal

TAGS = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=1_024, description="ETags of what the reader has already."),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=1_024, description="The ETag of the state that is meant.")
]


def etag_of(*parts: object) -> str:
    """The tag of a state that these parts (a snapshot's id, a version, an own id) tell from every other."""
    text = json.dumps([str(each) for each in parts], ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader has this state; weak tags count as well (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag.strip('"') in TAGS.findall(if_none_match)


def means_this(if_match: str | None, etag: str) -> None:
    """Raises Refusal where the writer names no state (428) or another than this (412); weak tags never count."""
    if if_match is None:
        raise Refusal("state-unnamed")
    if if_match.strip() == "*":
        return
    if etag not in [each.strip() for each in if_match.split(",")]:
        raise Refusal("changed-meanwhile")


def unless_had(request: Request, etag: str, content: object) -> Response:
    """The content with its tag, or nothing but the tag (304) where the reader has it already."""
    headers = {"ETag": etag}
    if has_already(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(content, headers=headers)
