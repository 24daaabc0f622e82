"""Strict encodings: UTF-8 with or without a byte order mark, else GB18030, else the file is refused."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.kinds import foreign_kind

BLOCK = 1 << 22
SAMPLE = 1 << 16
_MARKS = re.compile("(?<=[\r\n])\ufeff+")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# Two Han characters of UTF-8: in GB18030 these bytes are three signs that seldom meet.
_UTF8_PAIR = b"LCCLCC"
_SIGNS = bytes(76 if 0xE4 <= byte <= 0xE9 else 67 if 0x80 <= byte <= 0xBF else 46 for byte in range(256))


@dataclass(frozen=True)
class DecodedFile:
    """A file as UTF-8 without byte order marks, and the encoding that it came in."""

    path: Path
    encoding: str


@dataclass(frozen=True)
class _Break:
    """The first byte that an encoding cannot read, and whether the file ends within its character."""

    offset: int
    is_cut: bool = False
    is_nul: bool = False
    is_mixed: bool = False


def decode_to_utf8(source: Path, target: Path, *, file: str) -> DecodedFile:
    """Writes the source as UTF-8 without byte order marks to the target; `file` is its name for people.

    Raises RefusedDeliveryError with byte and line where neither encoding reads on, and with what the file seems to be.
    """
    in_utf8 = _transcode(source, target, "utf-8")
    if in_utf8 is None:
        return DecodedFile(target, "UTF-8")
    in_gb18030 = _transcode(source, target, "gb18030")
    if in_gb18030 is None:
        return DecodedFile(target, "GB18030")
    target.unlink(missing_ok=True)
    raise RefusedDeliveryError(f"{file}: {_diagnosis(source, in_utf8, in_gb18030)}")


def _transcode(source: Path, target: Path, encoding: str) -> _Break | None:
    """None when the whole source was written, else where it breaks."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    before = b""
    with source.open("rb") as original, target.open("wb") as copy:
        position = 0
        while True:
            block = original.read(BLOCK)
            begun = position - len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return _Break(begun + error.start, is_cut=not block, is_mixed=_holds_utf8(before + block))
            # NUL is legal in both encodings and in no text: it is what UTF-16 looks like from here.
            if "\0" in text:
                return _Break(begun + len(text[: text.index("\0")].encode(encoding)), is_nul=True)
            if encoding != "utf-8" and _holds_utf8(before + block):
                return _Break(position, is_mixed=True)
            copy.write(_without_marks(text, begins_line=not before).encode("utf-8"))
            before = block[block.rfind(b"\n") + 1 :]
            position += len(block)
            if not block:
                return None


def _without_marks(text: str, *, begins_line: bool) -> str:
    """Without the byte order marks that lines begin with: a file has one, and files put together have several."""
    if "\ufeff" not in text:
        return text
    lead = "\n" if begins_line else ""
    return _MARKS.sub("", lead + text)[len(lead) :]


def _holds_utf8(text: bytes) -> bool:
    """Whether a line of what GB18030 can read is UTF-8 from end to end, which no line in Chinese is by chance."""
    signs = text.translate(_SIGNS)
    end = 0
    while (place := signs.find(_UTF8_PAIR, end)) >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        found = text.find(b"\n", place)
        end = len(text) if found < 0 else found
        if _is_utf8(text[start:end]):
            return True
    return False


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _diagnosis(source: Path, in_utf8: _Break, in_gb18030: _Break) -> str:
    further = in_utf8 if in_gb18030.is_mixed else max(in_utf8, in_gb18030, key=lambda each: each.offset)
    with source.open("rb") as file:
        sample = file.read(SAMPLE)
    line = _line_of(source, further.offset)
    where = f"not UTF-8 (byte {in_utf8.offset}) and not GB18030 (byte {in_gb18030.offset}), line {line}"
    if in_gb18030.is_mixed:
        where = f"UTF-8 only up to byte {in_utf8.offset}, line {line}"
    return f"{where}: {_cause(sample, further, in_gb18030)}"


def _cause(sample: bytes, further: _Break, in_gb18030: _Break) -> str:
    kind = foreign_kind(sample)
    if kind is not None:
        return f"it is {kind}; hand it in in the format of its contract"
    if sample.startswith(_WIDE_MARKS) or len(sample) / 8 < sample.count(0) < len(sample) * 3 / 4:
        return "it is UTF-16, saved as Unicode text; save it as UTF-8 and hand it in again"
    if further.is_cut:
        return "it ends in the middle of a character, so it was cut off; hand it in again whole"
    if further.is_nul:
        return "there is a NUL byte, so it was damaged on its way; export it anew and hand it in again"
    if in_gb18030.is_mixed:
        return "bytes of another encoding are among it; save the whole of it as UTF-8 and hand it in again"
    return "save it as UTF-8 and hand it in again"


def _line_of(source: Path, offset: int) -> int:
    line = 1
    with source.open("rb") as file:
        while offset > 0 and (block := file.read(min(BLOCK, offset))):
            line += block.count(b"\n")
            offset -= len(block)
    return line
