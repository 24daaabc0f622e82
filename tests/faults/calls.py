"""Calls of the `hub` command, each in a process group of its own, forked from a server that has read the code."""

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub.cli import main

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "tests.faults.calls"])
PATIENCE = 600.0


@dataclass
class HubCall:
    """One call of the command line: `HubCall(home, "run", feeds)`; its output is beside the home."""

    home: Path
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> "HubCall":
        """Begins the call."""
        arguments = ("--home", str(self.home), *self.arguments)
        self.process = CONTEXT.Process(target=_run, args=(arguments, str(self._err), self.environment))
        self.process.start()
        return self

    @property
    def _err(self) -> Path:
        return self.home.with_name(f"{self.home.name}.err")

    def told(self) -> str:
        """What it said so far, on both outputs."""
        return self._err.read_text(encoding="utf-8", errors="replace") if self._err.exists() else ""

    def stage(self) -> str:
        """The stage that it told of last."""
        stages = [line.split(":")[0] for line in self.told().splitlines() if ": " in line and "/" in line]
        return stages[-1] if stages else "opening"

    def ended_within(self, seconds: float) -> bool:
        """Whether it ended by itself in this time."""
        self.process.join(seconds)
        return self.process.exitcode is not None

    def kill(self) -> None:
        """Ends it and everything that it started, with SIGKILL."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join(PATIENCE)

    def finish(self) -> int:
        """Waits for the end; returns the exit code."""
        assert self.ended_within(PATIENCE), f"still at work after {PATIENCE} s: {self.told()}"
        assert self.process.exitcode is not None
        return self.process.exitcode


def run_hub(home: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and what was said, of one call from beginning to end."""
    process = HubCall(home, arguments, environment).start()
    return process.finish(), process.told()


def _run(arguments: tuple[str, ...], err: str, environment: dict[str, str]) -> None:
    os.setsid()
    os.environ.update(environment)
    written = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(written, stream)
    sys.argv = ["hub", *arguments]
    main()
