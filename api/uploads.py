"""Taking a file in as it comes: straight to the disk, encrypted, hashed on the way, never whole in memory."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Header, Request

from api.problems import Refusal
from schemas.readers.contracts import FileFormat
from stores.inbox import Arriving, Envelope, Inbox

ANY = "application/octet-stream"
MEDIA_TYPES: Mapping[FileFormat, tuple[str, ...]] = {
    FileFormat.CSV: ("text/csv", ANY),
    FileFormat.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ANY),
    FileFormat.PARQUET: ("application/vnd.apache.parquet", ANY),
    FileFormat.JSONL: ("application/jsonl", "application/x-ndjson", ANY),
}
BODY = {
    "required": True,
    "description": "The file itself, in the format of the feed's contract.",
    "content": {
        each: {"schema": {"type": "string", "format": "binary"}}
        for each in sorted({kind for kinds in MEDIA_TYPES.values() for kind in kinds})
    },
}
BLOCK = 1 << 20
ALGORITHMS: Mapping[str, str] = {"sha-256": "sha256", "sha-512": "sha512"}
_FIELD = re.compile(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]+):")
_OLD_FIELD = re.compile(r"([A-Za-z0-9-]+)=([A-Za-z0-9+/=]+)")

ContentDigest = Annotated[
    str | None,
    Header(
        alias="Content-Digest",
        max_length=512,
        pattern=r"^[a-z0-9-]+=:[A-Za-z0-9+/=]+:([ \t]*,[ \t]*[a-z0-9-]+=:[A-Za-z0-9+/=]+:)*$",
        description="The hash of the body (RFC 9530), as `sha-256=:…:` or `sha-512=:…:`, which it must have.",
    ),
]
OldDigest = Annotated[
    str | None,
    Header(
        alias="Digest",
        max_length=512,
        pattern=r"^[A-Za-z0-9-]+=[A-Za-z0-9+/=]+([ \t]*,[ \t]*[A-Za-z0-9-]+=[A-Za-z0-9+/=]+)*$",
        description="The same as it was before RFC 9530, as `SHA-256=…`.",
        deprecated=True,
    ),
]


@dataclass(frozen=True)
class Stated:
    """A hash that the sender states, and the header in which it stands."""

    header: str
    algorithm: str
    digest: bytes


def misfit(place: str, rule: str) -> Refusal:
    """What is told of one place of a request that does not fit."""
    return Refusal("invalid-input", said={"misfits": [{"place": place, "rule": rule}]})


def check_media_type(request: Request, kind: FileFormat) -> None:
    """Raises Refusal where the body says that it is of another format than the contract's, or is packed."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in MEDIA_TYPES[kind] or request.headers.get("content-encoding", "identity") != "identity":
        raise Refusal("wrong-media-type")


def stated_digests(content_digest: str | None, old_digest: str | None) -> list[Stated]:
    """The hashes that the body must have; raises Refusal where none of those given can be checked."""
    found: list[Stated] = []
    for header, field, text in (
        ("Content-Digest", _FIELD, content_digest),
        ("Digest", _OLD_FIELD, old_digest),
    ):
        named = field.findall(text or "")
        known = [_stated(header, name.lower(), value) for name, value in named if name.lower() in ALGORITHMS]
        if named and not known:
            raise misfit(f"#/header/{header}", "unknown_algorithm")
        found += known
    return found


async def take(request: Request, inbox: Inbox, envelope: Envelope, stated: list[Stated]) -> Arriving:
    """Writes the body beside the inbox, for `Inbox.keep` to put it there.

    Raises Refusal where it is empty or not what was stated.
    """
    algorithms = sorted({ALGORITHMS[each.algorithm] for each in stated})
    with inbox.arriving(envelope, *algorithms) as arriving:
        held = bytearray()
        async for block in request.stream():
            held += block
            if len(held) >= BLOCK:
                await run_sync(arriving.write, bytes(held))
                held.clear()
        await run_sync(arriving.write, bytes(held))
    if not arriving.size:
        raise misfit("#/body", "empty")
    for each in stated:
        if arriving.digests[ALGORITHMS[each.algorithm]].digest() != each.digest:
            raise misfit(f"#/header/{each.header}", "digest_mismatch")
    return arriving


def _stated(header: str, algorithm: str, value: str) -> Stated:
    try:
        return Stated(header, algorithm, base64.b64decode(value, validate=True))
    except binascii.Error:
        raise misfit(f"#/header/{header}", "not_base64") from None
