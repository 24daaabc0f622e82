"""The service as a process of its own, on one core, while it is measured."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from bench.api_client import Load
from bench.api_floor import WITHOUT
from bench.api_home import Customer
from stores.home import Home

SERVER, CLIENT = "0", "1"
"""The cores of either side."""
PATIENCE = 120
TICKS = os.sysconf("SC_CLK_TCK")
POINTS = {"HUB_API_POINTS_AT_ONCE": "10000000", "HUB_API_POINTS_PER_MINUTE": "10000000"}
"""So many that the hub's strength is measured and not what a caller may ask."""


@dataclass(frozen=True)
class Server:
    """A service that takes requests, and who asks it."""

    port: int
    session: int
    customer: Customer

    def token(self) -> str:
        """A token for the customer."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.customer.account,
            "client_secret": self.customer.secret,
        }
        answer = httpx2.post(f"http://127.0.0.1:{self.port}/v1/token", data=form, timeout=30)
        return str(answer.raise_for_status().json()["access_token"])

    def cpu_seconds(self) -> float:
        """CPU time of all its processes until now."""
        stats = [file for each in Path("/proc").iterdir() if each.name.isdigit() for file in [each / "stat"]]
        return sum(_ticks(file, self.session) for file in stats) / TICKS

    def put(self, load: Load) -> dict[str, Any]:
        """What became of the load, with the CPU time that the service took for it."""
        before = self.cpu_seconds()
        command = ["taskset", "-c", CLIENT, sys.executable, "-m", "bench.api_client"]
        done = subprocess.run(command, input=json.dumps(vars(load)), capture_output=True, text=True, check=True)
        return {**json.loads(done.stdout), "cpu": self.cpu_seconds() - before}


@contextmanager
def served(home: Home, customer: Customer, without: Sequence[str] = (), **settings: str) -> Iterator[Server]:
    """The home served by one worker on one core, ready; `without` are parts that bench/api_floor.py takes out."""
    module = ["bench.api_floor", ",".join(without)] if without else ["api"]
    arguments = ["--home", str(home.root), "--port", "0", "--workers", "1", "--metrics-port", "0"]
    command = ["taskset", "-c", SERVER, sys.executable, "-m", *module, *arguments]
    with tempfile.TemporaryFile("w+b") as said:
        process = subprocess.Popen(
            command, stdout=said, start_new_session=True, env={**os.environ, WITHOUT: ",".join(without), **settings}
        )
        try:
            server = Server(_port(process, said.fileno()), process.pid, customer)
            _until_ready(server)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _port(process: subprocess.Popen[bytes], descriptor: int) -> int:
    """The port that its first line tells."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        line, ended, _ = os.pread(descriptor, 10_000, 0).partition(b"\n")
        if ended:
            return int(json.loads(line)["port"])
        time.sleep(0.05)
    raise RuntimeError("the service did not start")


def _until_ready(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx2.get(f"http://127.0.0.1:{server.port}/v1/ready", timeout=PATIENCE).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the service did not become ready")


def _ticks(stat: Path, session: int) -> int:
    try:
        fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
