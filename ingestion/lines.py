"""Lines of a text file: one kind of line end, and none so long that what reads on must hold it in memory."""

import re
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.limits import FIELD_BYTES, MIB

BLOCK = 1 << 22
STAND_IN = b"#too long#"
_ANY_END = re.compile(rb"\r\n?")
_HALF = FIELD_BYTES // 2


def even_line_ends(path: Path) -> None:
    r"""Leaves a file whose lines all end in \n, or all in \r\n, as it is; else rewrites every line end as \n.

    Line breaks within quoted values are rewritten with them.
    """
    if _has_one_kind(path):
        return
    part = path.with_suffix(".even")
    with part.open("wb") as copy:
        for block in _blocks(path):
            copy.write(_ANY_END.sub(b"\n", block))
    part.replace(path)


def cut_long_lines(path: Path, *, has_quotes: bool, file: str) -> tuple[int, ...]:
    """Puts a short stand-in in the place of each line that is longer than a value may be; returns their numbers.

    Raises RefusedDeliveryError where such a line opens or closes a quote (`has_quotes`): its row then has no end.
    """
    if not _may_have_long_lines(path):
        return ()
    part = path.with_suffix(".cut")
    cut: list[int] = []
    try:
        with part.open("wb") as copy:
            for number, (line, quotes) in enumerate(_lines(path), start=1):
                copy.write(line)
                if quotes is None:
                    continue
                if has_quotes and quotes % 2:
                    raise RefusedDeliveryError(
                        f"{file}: line {number} is longer than {FIELD_BYTES // MIB} MiB and a quote in it is not "
                        "closed: correct it and hand the file in again"
                    )
                cut.append(number)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return tuple(cut)


def _has_one_kind(path: Path) -> bool:
    returns = pairs = feeds = 0
    for block in _blocks(path):
        returns += block.count(b"\r")
        pairs += block.count(b"\r\n")
        feeds += block.count(b"\n")
    return returns == 0 or returns == pairs == feeds


def _blocks(path: Path) -> Iterator[bytes]:
    r"""The file in blocks that never part \r from its \n."""
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            while block.endswith(b"\r") and (more := source.read(1)):
                block += more
            yield block


def _may_have_long_lines(path: Path) -> bool:
    """A line longer than the limit fills at least one block of half of it."""
    with path.open("rb") as source:
        while block := source.read(_HALF):
            if len(block) == _HALF and b"\n" not in block:
                return True
    return False


def _lines(path: Path) -> Iterator[tuple[bytes, int | None]]:
    """Each line, or a stand-in for it and the number of quotes in it."""
    with path.open("rb") as source:
        while line := source.readline(FIELD_BYTES):
            if len(line) < FIELD_BYTES or line.endswith(b"\n"):
                yield line, None
                continue
            quotes = line.count(b'"')
            while not line.endswith(b"\n") and (line := source.readline(FIELD_BYTES)):
                quotes += line.count(b'"')
            ending = line[len(line.rstrip(b"\r\n")) :]
            yield STAND_IN + ending, quotes
