"""Which feed, mode, date and sequence a file is: by its sidecar, else by the one contract whose pattern it fits."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.errors import UnrecognisedFileError
from ingestion.formats.limits import SIDECAR_BYTES
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import DeliveryName

MODES = ("full", "delta")
SIDECAR = ".json"
SIDECAR_KEYS = {"feed", "mode", "date", "sequence"}


@dataclass(frozen=True)
class DeliveryFile:
    """A file and the delivery that it is."""

    path: Path
    name: DeliveryName


@dataclass(frozen=True)
class FoundFiles:
    """Files that may be deliveries, sorted, and what else lay there with the reason why it is not taken."""

    files: tuple[Path, ...]
    strays: Mapping[Path, str]


def find_files(paths: Iterable[Path]) -> FoundFiles:
    """The files named and those in the folders named; sidecars and what is hidden are left out.

    A link found in a folder is followed only where it stays in that folder; name it itself to have it followed.
    Raises UnrecognisedFileError for a path that does not exist.
    """
    files: set[Path] = set()
    strays: dict[Path, str] = {}
    for path in paths:
        if not path.exists():
            raise UnrecognisedFileError(f"{path} does not exist: check the path")
        if path.is_dir():
            for found, problem in _walk(path):
                files |= {found} if problem is None else set()
                strays |= {} if problem is None else {found: problem}
        elif path.is_file():
            files.add(path)
        else:
            strays[path] = "is no ordinary file: name the file itself"
    deliveries = sorted(file for file in files if not file.name.startswith(".") and not _is_sidecar(file))
    return FoundFiles(tuple(deliveries), dict(sorted(strays.items())))


def recognise(path: Path, contracts: Mapping[str, FeedContract]) -> DeliveryFile:
    """The delivery that the file is; raises UnrecognisedFileError where its sidecar or name does not say so clearly."""
    if not path.name.isprintable():
        raise UnrecognisedFileError(f"{path}: the name holds signs that cannot be printed: rename it")
    if path.exists() and not os.access(path, os.R_OK):
        raise UnrecognisedFileError(f"{path} may not be read: give whoever runs the hub the right to read it")
    sidecar = path.with_name(f"{path.name}{SIDECAR}")
    name = _from_sidecar(sidecar, contracts) if _is_there(sidecar) else _from_pattern(path, contracts)
    return DeliveryFile(path, name)


def delivery_order(file: DeliveryFile) -> tuple[str, date, int, str, str]:
    """Sorts deliveries by feed, date, sequence; on one date and sequence the full dump comes after the delta."""
    return (file.name.feed, file.name.date, file.name.sequence, file.name.mode, str(file.path))


def _walk(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """Each file below the folder that is not hidden, with the reason why it is not taken if there is one."""
    unread: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unread.append):
        linked = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in linked]
        for name in linked:
            yield Path(place, name), "is a link to a folder and is not followed: name the folder itself"
        for name in names:
            yield Path(place, name), _problem(Path(place, name), folder)
    for error in unread:
        yield Path(error.filename), "may not be read: give whoever runs the hub the right to read it"


def _problem(file: Path, folder: Path) -> str | None:
    if file.name.startswith("."):
        return None
    if file.is_symlink() and not file.exists():
        return "is a link that leads nowhere: hand the file itself in"
    if not file.is_file():
        return "is no ordinary file: take it away"
    if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
        return "is a link that leads out of the folder and is not followed: name the link itself, or put the file there"
    return None


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        # The name is longer than a file's name can be.
        return False


def _is_sidecar(path: Path) -> bool:
    return path.suffix == SIDECAR and path.with_suffix("").is_file()


def _from_sidecar(sidecar: Path, contracts: Mapping[str, FeedContract]) -> DeliveryName:
    if sidecar.stat().st_size > SIDECAR_BYTES:
        raise UnrecognisedFileError(f"{sidecar} is too large to be a sidecar: write it again or remove it")
    try:
        content: Any = json.loads(sidecar.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnrecognisedFileError(f"{sidecar} is not valid JSON ({error}): write it again or remove it") from error
    if not isinstance(content, dict) or set(content) != SIDECAR_KEYS:
        raise UnrecognisedFileError(f"{sidecar} must hold exactly the keys {', '.join(sorted(SIDECAR_KEYS))}")
    if str(content["feed"]) not in contracts:
        known = ", ".join(sorted(contracts))
        raise UnrecognisedFileError(f"{sidecar}: feed {content['feed']!r} has no contract; known feeds: {known}")
    return _delivery_name(content, sidecar)


def _from_pattern(path: Path, contracts: Mapping[str, FeedContract]) -> DeliveryName:
    fits = {feed: match for feed, contract in contracts.items() if (match := _match(contract, path.name)) is not None}
    if len(fits) != 1:
        what = _what(path, sorted(fits), contracts)
        raise UnrecognisedFileError(
            f"{path}: the name {what}: rename it, or write {path.name}{SIDECAR} beside it with "
            '{"feed": …, "mode": "full" or "delta", "date": "YYYY-MM-DD", "sequence": 1}'
        )
    [(feed, match)] = fits.items()
    return _delivery_name({"feed": feed, **match.groupdict()}, path)


def _what(path: Path, fits: list[str], contracts: Mapping[str, FeedContract]) -> str:
    if fits:
        return f"fits several contracts ({', '.join(fits)})"
    if path.suffix == SIDECAR and any(_match(contract, path.stem) for contract in contracts.values()):
        return f"is that of a sidecar, and {path.stem} is not there"
    return "fits no contract's file pattern"


def _match(contract: FeedContract, name: str) -> re.Match[str] | None:
    return re.fullmatch(contract.delivery.file_pattern, name)


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
