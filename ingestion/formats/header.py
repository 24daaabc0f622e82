"""Checks the columns of a file against its contract."""

import difflib
from collections.abc import Sequence

from ingestion.errors import RefusedDeliveryError
from schemas.readers.contracts import FeedContract


def check_header(found: Sequence[str], contract: FeedContract, *, file: str) -> tuple[str, ...]:
    """The columns that the contract does not know; they are not read and become issues.

    Raises RefusedDeliveryError where a column of the contract is missing or one is named twice.
    """
    expected = [column.name for column in contract.columns]
    missing = [name for name in expected if name not in found]
    unknown = [name for name in found if name not in expected]
    doubled = sorted({name for name in found if list(found).count(name) > 1})
    if doubled:
        raise RefusedDeliveryError(
            f"{file}: columns named twice: {', '.join(doubled)}: hand it in again with each name once"
        )
    if missing:
        raise RefusedDeliveryError(
            f"{file}: columns missing: {', '.join(_with_likely(name, unknown) for name in missing)}"
            + (f"; columns that contract {contract.id} does not know: {', '.join(unknown)}" if unknown else "")
            + f": hand it in again with the header of contract {contract.id} version {contract.version}"
        )
    return tuple(unknown)


def _with_likely(name: str, unknown: Sequence[str]) -> str:
    likely = difflib.get_close_matches(name, unknown, n=1, cutoff=0.5)
    return f"{name} (renamed to {likely[0]}?)" if likely else name
