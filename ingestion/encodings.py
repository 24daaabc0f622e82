"""Strict encodings: UTF-8 with or without a byte order mark, else GB18030, else the file is refused."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import RefusedDeliveryError

BLOCK = 1 << 22


@dataclass(frozen=True)
class DecodedFile:
    """A file as UTF-8 without a byte order mark, and the encoding that it came in."""

    path: Path
    encoding: str


def decode_to_utf8(source: Path, target: Path, *, file: str) -> DecodedFile:
    """Writes the source as UTF-8 to the target; `file` is its name for people.

    Raises RefusedDeliveryError with the byte offset where neither encoding reads on.
    """
    broken_utf8 = _transcode(source, target, "utf-8")
    if broken_utf8 is None:
        return DecodedFile(target, "UTF-8")
    broken_gb18030 = _transcode(source, target, "gb18030")
    if broken_gb18030 is None:
        return DecodedFile(target, "GB18030")
    target.unlink(missing_ok=True)
    raise RefusedDeliveryError(
        f"{file}: not UTF-8 (byte {broken_utf8}) and not GB18030 (byte {broken_gb18030}): "
        "save it as UTF-8 and hand it in again"
    )


def _transcode(source: Path, target: Path, encoding: str) -> int | None:
    """None when the whole source was written, else the offset of the first byte that cannot be read."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    begun = 0
    with source.open("rb") as original, target.open("wb") as copy:
        if original.read(3) != codecs.BOM_UTF8 or encoding != "utf-8":
            original.seek(0)
        position = original.tell()
        while True:
            block = original.read(BLOCK)
            pending = len(decoder.getstate()[0])
            begun = position - pending
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return begun + error.start
            # NUL is legal in both encodings and in no text: it is what UTF-16 looks like from here.
            if "\0" in text:
                return begun + len(text[: text.index("\0")].encode(encoding))
            copy.write(text.encode("utf-8"))
            position += len(block)
            if not block:
                return None
