"""One writer per home: a lock that ends with the process that holds it, however that ends. Readers never need it."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from stores.errors import HomeBusyError, HomeError
from stores.home import Home

PATIENCE, PAUSE = 10.0, 0.05


@contextmanager
def held(home: Home, verb: str) -> Iterator[None]:
    """Holds the home for writing as long as the block lasts.

    Raises HomeBusyError at once where another process holds it, HomeError where the home cannot be written.
    """
    with _opened(home.lock) as file:
        end = time.monotonic() + PATIENCE
        while not _is_locked(file):
            if time.monotonic() > end or not _is_killed(file):
                raise busy(home, _holder(file))
            time.sleep(PAUSE)
        _sign(file, verb)
        yield


def busy(home: Home, holder: str) -> HomeBusyError:
    """What whoever comes second is told; `holder` names the command that writes."""
    return HomeBusyError(
        f"{home.root} is being written by {holder}. Reading goes on as always; to write, wait until that has ended and "
        "give the same command again"
    )


def is_gone(process: int, machine: str) -> bool:
    """Whether this process was of this machine and is no more; of other machines nothing is known."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return machine == socket.gethostname()
    except OSError:
        return False
    return False


def _is_locked(file: TextIO) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_killed(file: TextIO) -> bool:
    """Whether who signed is gone: a process that it had just started may hold the lock for a moment longer."""
    try:
        signed = _signed(file)
        return is_gone(signed["process"], signed["machine"])
    except (ValueError, KeyError, TypeError):
        return False


def _opened(path: Path) -> TextIO:
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"{path.parent} cannot be written ({error.strerror}): nothing was begun. Make the folder and its disk "
            "writable for whoever runs this, or take a home that is"
        ) from error


def _sign(file: TextIO, verb: str) -> None:
    # The time is for people who meet the lock; nothing is decided by it, so a clock that is wrong does no harm.
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    file.seek(0)
    file.truncate()
    json.dump({"verb": verb, "process": os.getpid(), "machine": socket.gethostname(), "since": since}, file)
    file.flush()


def _signed(file: TextIO) -> Any:
    file.seek(0)
    return json.load(file)


def _holder(file: TextIO) -> str:
    try:
        signed = _signed(file)
        return f"`hub {signed['verb']}` (process {signed['process']} on {signed['machine']}, since {signed['since']})"
    except (ValueError, KeyError, TypeError):
        return "another command that has just begun"
