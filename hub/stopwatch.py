"""What a stage of work took: seconds, CPU seconds of this process and its children, the most memory it held."""

import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PEAK_FILE, _RESET_FILE = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class StageUse:
    """What one stage took; `peak_gib` is of this process alone, CPU time also of the children that have ended."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_gib: float

    def spent(self) -> str:
        """What the clock on the wall does not show."""
        return f"CPU {self.cpu_seconds:.1f} s, peak memory {self.peak_gib:.1f} GiB"

    def told(self) -> str:
        """The use as one line of a log."""
        return f"{self.stage}: done in {self.seconds:.1f} s ({self.spent()})"


class Stopwatch:
    """Measures stages that follow one another."""

    def __init__(self) -> None:
        self.stage: str | None = None
        self._since = self._cpu_since = 0.0

    def begin(self, stage: str) -> None:
        """From here on everything belongs to this stage."""
        self.stage, self._since, self._cpu_since = stage, time.monotonic(), _cpu_seconds()
        with suppress(OSError):  # where the peak cannot be reset it is the highest so far
            _RESET_FILE.write_text("5", encoding="ascii")

    def end(self) -> StageUse | None:
        """What the stage took that began last; None where none is on."""
        if self.stage is None:
            return None
        used = StageUse(self.stage, time.monotonic() - self._since, _cpu_seconds() - self._cpu_since, _peak_gib())
        self.stage = None
        return used


def _cpu_seconds() -> float:
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def _peak_gib() -> float:
    with suppress(OSError):
        for line in _PEAK_FILE.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
