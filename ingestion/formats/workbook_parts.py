"""Opens an Excel file as the zip that it is: nothing is unpacked before the directory's sizes keep to the limits."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.kinds import foreign_kind
from ingestion.formats.limits import MIB, PACKING_RATIO, PART_BYTES, RATIO_FROM_BYTES, WORKBOOK_BYTES, WORKBOOK_PARTS

OTHER_FORMAT = "have the contract changed to CSV or Parquet"
BLOCK = 1 << 20
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1
_OTHER_WORKBOOKS = {"xl/workbook.bin": "a binary workbook (.xlsb)", "content.xml": "an OpenDocument sheet (.ods)"}


@dataclass(frozen=True)
class WorkbookParts:
    """The parts of a workbook whose directory was found sound."""

    path: Path
    file: str
    parts: dict[str, zipfile.ZipInfo]

    def blocks(self, name: str) -> Iterator[bytes]:
        """The unpacked part in blocks; raises RefusedDeliveryError where it is not what the directory says."""
        info = self.parts[name]
        size, checksum = 0, 0
        for block in self._unpacked(info):
            size += len(block)
            checksum = zlib.crc32(block, checksum)
            if size > info.file_size:
                break
            yield block
        if size != info.file_size or checksum != info.CRC:
            self.refuse(f"part {name} is not what the directory of the file says: export it anew")

    def read(self, name: str) -> bytes:
        """The whole part, unpacked."""
        return b"".join(self.blocks(name))

    def refuse(self, problem: str) -> NoReturn:
        """Raises RefusedDeliveryError with the file's name before the problem."""
        raise RefusedDeliveryError(f"{self.file}: {problem} and hand it in again")

    def _unpacked(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        left = info.compress_size
        with self.path.open("rb") as packed:
            packed.seek(info.header_offset)
            header = packed.read(_LOCAL_HEADER)
            packed.seek(sum(struct.unpack("<HH", header[26:30])), 1)
            while left > 0 and (block := packed.read(min(BLOCK, left))):
                left -= len(block)
                if info.compress_type == zipfile.ZIP_STORED:
                    yield block
                    continue
                while block and not inflater.eof:
                    yield self._inflated(inflater, block, info.filename)
                    block = inflater.unconsumed_tail

    def _inflated(self, inflater: "zlib._Decompress", block: bytes, name: str) -> bytes:
        try:
            return inflater.decompress(block, BLOCK)
        except zlib.error as error:
            raise RefusedDeliveryError(
                f"{self.file}: part {name} is damaged ({error}): export it anew and hand it in again"
            ) from error


def open_parts(path: Path, *, file: str) -> WorkbookParts:
    """The parts of an Excel file; raises RefusedDeliveryError where it is of another kind, damaged or too large."""
    with path.open("rb") as opened:
        start = opened.read(1024)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        kind = foreign_kind(start) or "neither Excel nor anything known"
        kind = f"a damaged Excel file ({error})" if start.startswith(b"PK") else kind
        raise RefusedDeliveryError(
            f"{file}: cannot be read as Excel: it is {kind}: save it as an Excel workbook (.xlsx) without a password "
            "and hand it in again"
        ) from error
    parts = WorkbookParts(path, file, {info.filename: info for info in infos})
    _refuse_other_kinds(parts)
    _refuse_bomb(parts, infos)
    # A sheet is unpacked when it is looked through; nothing else may be larger than the directory says either.
    for name in parts.parts:
        if not name.startswith("xl/worksheets/"):
            for _ in parts.blocks(name):
                pass
    return parts


def _refuse_other_kinds(parts: WorkbookParts) -> None:
    for name, kind in _OTHER_WORKBOOKS.items():
        if name in parts.parts:
            parts.refuse(f"cannot be read as Excel: it is {kind}: save it as an Excel workbook (.xlsx)")
    if "xl/workbook.xml" not in parts.parts:
        parts.refuse("cannot be read as Excel: it is a zip file without a workbook: save it as .xlsx")


def _refuse_bomb(parts: WorkbookParts, infos: list[zipfile.ZipInfo]) -> None:
    size = parts.path.stat().st_size
    if len(infos) > WORKBOOK_PARTS or len(infos) != len(parts.parts):
        parts.refuse(f"its directory names {len(infos):,} parts, doubled ones or too many: save it in Excel again")
    for info in infos:
        _refuse_part(parts, info)
    total = sum(info.file_size for info in infos)
    if total > WORKBOOK_BYTES:
        parts.refuse(f"it unpacks to {total // MIB:,} MiB, more than {WORKBOOK_BYTES // MIB:,}: {OTHER_FORMAT}")
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [info.header_offset + _LOCAL_HEADER + info.compress_size for info in ordered]
    starts = [info.header_offset for info in ordered[1:]] + [size]
    if ordered[0].header_offset < 0 or any(end > start for end, start in zip(ends, starts, strict=True)):
        parts.refuse("its parts overlap: it was damaged or made to do harm: save it in Excel again")


def _refuse_part(parts: WorkbookParts, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        parts.refuse(f"part {info.filename} is encrypted: save it without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        parts.refuse(f"part {info.filename} is packed in an unusual way: save it in Excel again")
    if info.file_size > PART_BYTES:
        parts.refuse(
            f"part {info.filename} unpacks to {info.file_size // MIB:,} MiB, more than {PART_BYTES // MIB}: "
            f"{OTHER_FORMAT}"
        )
    if info.file_size > RATIO_FROM_BYTES and info.file_size > PACKING_RATIO * info.compress_size:
        parts.refuse(
            f"part {info.filename} unpacks to {info.file_size // max(info.compress_size, 1):,} times its size, more "
            f"than {PACKING_RATIO}: delete empty formatted rows and columns, save it"
        )
