"""How a worker ends: it is told to, or is left alone; from then on every answer closes its connection."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Ending:
    """Whether this process was told to stop.

    The server closes the connections that it has then. One that it is just accepting it forgets, and would go on
    answering there until its time to stop is over.
    """

    is_told: bool = False


@contextmanager
def noting(ending: Ending) -> Iterator[None]:
    """Notes that the process is told to stop, and passes that on to whoever was told before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = {each: signal.getsignal(each) for each in SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        ending.is_told = True
        before = told[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for each in SIGNALS:
        signal.signal(each, note)
    try:
        yield
    finally:
        for each, before in told.items():
            signal.signal(each, before)


@contextmanager
def ending_with_parent() -> Iterator[None]:
    """Stops this worker, gracefully, when the process that looks after it is gone without having stopped it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(parent.sentinel)
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(parent.sentinel, stop)
    try:
        yield
    finally:
        loop.remove_reader(parent.sentinel)
