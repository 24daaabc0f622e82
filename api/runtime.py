"""The folder that the workers of one service share while it runs, and an end to those of services that were killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from api.limits import SECRET_FILE

PREFIX = "hub-api-"
IN_USE = "in-use"


@contextmanager
def runtime_folder(shared: Path | None = None) -> Iterator[Path]:
    """The folder `shared` by a service, or one made here, which is gone afterwards; nobody removes it meanwhile.

    Whoever makes one removes those that services left behind when they were killed: the key of their limits is in them.
    """
    if shared is not None:
        with _used(shared / IN_USE):
            yield shared
        return
    _remove_abandoned(Path(gettempdir()))
    with TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        (folder / SECRET_FILE).write_bytes(os.urandom(32))
        # Known by its last name only once it is locked, so that nobody takes a new folder for an abandoned one.
        with _used(folder / f"{IN_USE}.new"):
            (folder / f"{IN_USE}.new").rename(folder / IN_USE)
            yield folder


@contextmanager
def _used(file: Path) -> Iterator[None]:
    """Holds the folder of this file; the system itself lets go of it with the process."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Removes every runtime folder of this user that no process holds."""
    for file in parent.glob(f"{PREFIX}*/{IN_USE}"):
        with suppress(OSError), file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent)
