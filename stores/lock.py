"""One writer per home: a lock that ends with the process that holds it, however that ends. Readers never need it."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from stores.errors import HomeBusyError, HomeError
from stores.home import Home


@contextmanager
def held(home: Home, verb: str) -> Iterator[None]:
    """Holds the home for writing as long as the block lasts.

    Raises HomeBusyError at once where another process holds it, HomeError where the home cannot be written.
    """
    with _opened(home.lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeBusyError(
                f"{home.root} is being written by {_holder(file)}. Reading goes on as always; to write, wait until "
                "that has ended and give the same command again"
            ) from error
        _sign(file, verb)
        yield


def _opened(path: Path) -> TextIO:
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"{path.parent} cannot be written ({error.strerror}): nothing was begun. Make the folder and its disk "
            "writable for whoever runs this, or take a home that is"
        ) from error


def _sign(file: TextIO, verb: str) -> None:
    # For people who meet the lock; nothing is decided by it, so a clock that is wrong does no harm.
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    file.truncate(0)
    json.dump({"verb": verb, "process": os.getpid(), "machine": socket.gethostname(), "since": since}, file)
    file.flush()


def _holder(file: TextIO) -> str:
    try:
        signed = json.load(file)
        return f"`hub {signed['verb']}` (process {signed['process']} on {signed['machine']}, since {signed['since']})"
    except (ValueError, KeyError, TypeError):
        return "another command that has just begun"
