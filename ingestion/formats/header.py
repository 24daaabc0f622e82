"""Checks the columns of a file against its contract."""

import difflib
from collections.abc import Sequence

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.limits import COLUMNS
from schemas.readers.contracts import FeedContract

NO_NAME = "(no name)"


def check_header(found: Sequence[str], contract: FeedContract, *, file: str, place: str = "") -> tuple[str, ...]:
    """The columns that the contract does not know; they are not read and become issues.

    `place` is where the header stands. Raises RefusedDeliveryError where a column of the contract is missing, one is
    named twice, or there are too many.
    """
    where = f"{file}: {place}" if place else file
    if len(found) > COLUMNS:
        raise RefusedDeliveryError(
            f"{where}: {len(found):,} columns are more than {COLUMNS:,}: it is no file of contract {contract.id}; hand "
            "it in again with the contract's columns"
        )
    missing = [column.name for column in contract.columns if column.name not in found]
    unknown = unknown_columns(found, contract)
    doubled = sorted({name for name in found if name and list(found).count(name) > 1})
    if doubled:
        raise RefusedDeliveryError(
            f"{where}: columns named twice: {', '.join(doubled)}: hand it in again with each name once"
        )
    if missing:
        raise RefusedDeliveryError(
            f"{where}: columns missing: {', '.join(_with_likely(name, unknown) for name in missing)}"
            + (f"; columns that contract {contract.id} does not know: {_listed(unknown)}" if unknown else "")
            + f": hand it in again with the header of contract {contract.id} version {contract.version}"
        )
    return unknown


def unknown_columns(found: Sequence[str], contract: FeedContract) -> tuple[str, ...]:
    """The columns that the contract does not know, one without a name by its place."""
    expected = {column.name for column in contract.columns}
    return tuple(name or f"{NO_NAME} {place}" for place, name in enumerate(found, start=1) if name not in expected)


def count_known(found: Sequence[str], contract: FeedContract) -> int:
    """How many columns of the contract the row names; all of them where the row is the header."""
    return sum(column.name in found for column in contract.columns)


def is_header(found: Sequence[str], contract: FeedContract) -> bool:
    """Whether the row names every column of the contract."""
    return count_known(found, contract) == len(contract.columns)


def _with_likely(name: str, unknown: Sequence[str]) -> str:
    likely = difflib.get_close_matches(name, unknown, n=1, cutoff=0.5)
    return f"{name} (renamed to {likely[0]}?)" if likely else name


def _listed(names: Sequence[str]) -> str:
    """The first names, each cut to what a line can show."""
    shown = ", ".join(name if len(name) <= 40 else f"{name[:40]}…" for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
