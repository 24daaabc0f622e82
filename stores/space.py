"""The low-space stop: a stage that would fill the disk is refused before it begins."""

import shutil
from pathlib import Path

from stores.errors import NoRoomError

RESERVE = 64 * 2**20
"""What is left to the operational database, the audit log and the system, in bytes."""


def assert_room(folder: Path, needed: int, what: str) -> None:
    """Raises NoRoomError where the folder's disk has not `needed` bytes and a reserve; `what` needs them."""
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE:
        raise NoRoomError(
            f"{what} needs about {_megabytes(needed + RESERVE)} on the disk of {folder}, and {_megabytes(free)} are "
            "free: it was not begun. Free some space there, then give the same command again"
        )


def _megabytes(size: int) -> str:
    return f"{max(round(size / 1e6), 1):,} MB"
