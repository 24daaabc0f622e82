"""A service in processes of its own, which can be killed in part or whole and started again at the same port."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TypeVar

import httpx2

from stores.home import Home

PATIENCE = 120.0
Truth = TypeVar("Truth")


class Service:
    """`python -m api` with several workers; to be started before anything else, and stopped at the end."""

    def __init__(self, home: Home, workers: int, settings: Mapping[str, str]) -> None:
        self.command = [sys.executable, "-m", "api", "--home", str(home.root), "--metrics-port", "0"]
        self.command += ["--workers", str(workers)]
        # A service that is killed leaves its runtime folder behind: here it goes with the test's own.
        self.environment = {**os.environ, **settings, "TMPDIR": str(home.root.parent)}
        self.port = 0
        self.told: deque[str] = deque(maxlen=40)
        self.failures: list[str] = []

    def start(self) -> None:
        """Starts it at the port that it had before, if it had one, and waits until it is ready."""
        said = [*self.command, "--port", str(self.port)]
        self.process = subprocess.Popen(said, stdout=subprocess.PIPE, text=True, env=self.environment)
        told = self.process.stdout
        assert told is not None
        self.port = int(json.loads(told.readline())["port"])
        self.reading = threading.Thread(target=_read_to_the_end, args=(told, self.told, self.failures))
        self.reading.start()
        wait_for(self._is_ready, lambda: f"it is not ready: {self.process.poll()} {''.join(self.told)}")

    def stop(self) -> None:
        """Tells it to stop and waits until it has."""
        self.process.terminate()
        self._ended()

    def workers(self) -> list[int]:
        """The workers that there are now, serving or about to."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(each) for each in children if b"spawn_main" in _said_of(int(each), "cmdline")]

    def kill_worker(self, which: Callable[[list[int]], int]) -> None:
        """Kills one worker, whichever is chosen."""
        os.kill(which(self.workers()), signal.SIGKILL)

    def kill_parent(self) -> float:
        """Kills the process that looks after the workers, and returns how long it took these to end by themselves."""
        left = self.workers()
        self.process.kill()
        begun = time.monotonic()
        wait_for(lambda: not any(map(_is_there, left)))
        taken = time.monotonic() - begun
        self._ended()
        return taken

    def kill_all(self) -> None:
        """Kills everything at once, as an end of the machine would."""
        left = self.workers()
        self.process.kill()
        for each in left:
            os.kill(each, signal.SIGKILL)
        self._ended()
        wait_for(lambda: not any(map(_is_there, left)))

    def _ended(self) -> None:
        self.process.wait(PATIENCE)
        self.reading.join(PATIENCE)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/v1/ready", timeout=10).status_code == 200
        except httpx2.TransportError:
            return False


def wait_for(true: Callable[[], Truth], otherwise: Callable[[], str] = lambda: "it takes too long") -> Truth:
    """Waits until it is so and returns what is; fails with what `otherwise` tells when that takes too long."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, otherwise()
        time.sleep(0.02)
    return found


def _read_to_the_end(told: IO[str], newest: deque[str], failures: list[str]) -> None:
    """What nobody reads would stop who writes it; requests that went well say nothing of how it is."""
    with told:
        for line in told:
            if '"status": 20' not in line:
                newest.append(line)
            if '"level": "error"' in line:
                failures.append(line)


def _said_of(process: int, file: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{file}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _is_there(process: int) -> bool:
    """Whether it runs; one that has ended may wait for its new parent to ask how."""
    state = _said_of(process, "stat").rpartition(b") ")[2][:1]
    return state not in (b"", b"Z", b"X")
