"""Which feed, mode, date and sequence a file is: by its sidecar, else by the one contract whose pattern it fits."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.errors import UnrecognisedFileError
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import DeliveryName

MODES = ("full", "delta")
SIDECAR_KEYS = {"feed", "mode", "date", "sequence"}


@dataclass(frozen=True)
class DeliveryFile:
    """A file and the delivery that it is."""

    path: Path
    name: DeliveryName


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files named and those in the folders named, sorted; sidecars and hidden files are left out.

    Raises UnrecognisedFileError for a path that does not exist.
    """
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UnrecognisedFileError(f"{path} does not exist: check the path")
        found |= {path} if path.is_file() else {file for file in path.rglob("*") if file.is_file()}
    return sorted(file for file in found if not file.name.startswith(".") and not _is_sidecar(file))


def recognise(path: Path, contracts: Mapping[str, FeedContract]) -> DeliveryFile:
    """The delivery that the file is; raises UnrecognisedFileError where its sidecar or name does not say so clearly."""
    sidecar = path.with_name(f"{path.name}.json")
    name = _from_sidecar(sidecar, contracts) if sidecar.is_file() else _from_pattern(path, contracts)
    return DeliveryFile(path, name)


def delivery_order(file: DeliveryFile) -> tuple[str, date, int, str, str]:
    """Sorts deliveries by feed, date, sequence; on one date and sequence the full dump comes after the delta."""
    return (file.name.feed, file.name.date, file.name.sequence, file.name.mode, str(file.path))


def _is_sidecar(path: Path) -> bool:
    return path.suffix == ".json" and path.with_suffix("").is_file()


def _from_sidecar(sidecar: Path, contracts: Mapping[str, FeedContract]) -> DeliveryName:
    try:
        content: Any = json.loads(sidecar.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnrecognisedFileError(f"{sidecar} is not valid JSON ({error}): write it again or remove it") from error
    if not isinstance(content, dict) or set(content) != SIDECAR_KEYS:
        raise UnrecognisedFileError(f"{sidecar} must hold exactly the keys {', '.join(sorted(SIDECAR_KEYS))}")
    if content["feed"] not in contracts:
        known = ", ".join(sorted(contracts))
        raise UnrecognisedFileError(f"{sidecar}: feed {content['feed']!r} has no contract; known feeds: {known}")
    return _delivery_name(content, sidecar)


def _from_pattern(path: Path, contracts: Mapping[str, FeedContract]) -> DeliveryName:
    fits = {feed: match for feed, contract in contracts.items() if (match := _match(contract, path)) is not None}
    if len(fits) != 1:
        what = f"fits several contracts ({', '.join(sorted(fits))})" if fits else "fits no contract's file pattern"
        raise UnrecognisedFileError(
            f"{path}: the name {what}: rename it, or write {path.name}.json beside it with "
            '{"feed": …, "mode": "full" or "delta", "date": "YYYY-MM-DD", "sequence": 1}'
        )
    [(feed, match)] = fits.items()
    return _delivery_name({"feed": feed, **match.groupdict()}, path)


def _match(contract: FeedContract, path: Path) -> re.Match[str] | None:
    return re.fullmatch(contract.delivery.file_pattern, path.name)


def _delivery_name(content: Mapping[str, Any], file: Path) -> DeliveryName:
    mode, sequence = str(content.get("mode")), str(content.get("sequence"))
    if mode not in MODES:
        raise UnrecognisedFileError(f"{file}: mode is {mode!r}, expected full or delta")
    if not re.fullmatch(r"[0-9]{1,9}", sequence):
        raise UnrecognisedFileError(f"{file}: sequence is {sequence!r}, expected a whole number")
    try:
        day = date.fromisoformat(str(content.get("date")))
    except ValueError as error:
        raise UnrecognisedFileError(
            f"{file}: date is {content.get('date')!r}, expected YYYY-MM-DD or YYYYMMDD"
        ) from error
    return DeliveryName(str(content["feed"]), mode, day, int(sequence))
