"""The demonstration: a made-up district from its feeds to answers, timed and measured, told as a visitor wants it."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from hub.errors import UsageError
from stores.home import HomeKind, open_home
from stores.progress import Progress

PARTS = ("home", "feeds", "truth")


@dataclass(frozen=True)
class DemoPlan:
    """Which district is made up, and where it goes."""

    persons: int
    seed: int
    days: int
    folder: Path

    @property
    def home(self) -> Path:
        """The home that the demonstration leaves."""
        return self.folder / "home"

    @property
    def feeds(self) -> Path:
        """The deliveries."""
        return self.folder / "feeds"

    @property
    def truth(self) -> Path:
        """What is true of the district."""
        return self.folder / "truth"


class Clock:
    """Passes progress on and keeps the seconds that each stage took; shown to the visitor, never stored."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seconds: dict[str, float] = {}
        self._stage = ""
        self._since = time.monotonic()

    def step(self, stage: str, detail: str, done: int, total: int) -> None:
        """Notes the time of the stage before, and passes the step on."""
        self.begin(stage)
        self._progress.step(stage, detail, done, total)

    def begin(self, stage: str) -> None:
        """The time from here on is that of this stage."""
        now = time.monotonic()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0) + now - self._since
        self._stage, self._since = stage, now

    def told(self) -> str:
        """All stages and their sum, for people."""
        self.begin("")
        parts = [f"{stage} {seconds:.1f} s" for stage, seconds in self._seconds.items() if stage]
        return f"{' · '.join(parts)} · together {sum(self._seconds.values()):.0f} s"


def clear(plan: DemoPlan) -> None:
    """Removes what an earlier demonstration left, and nothing else; raises UsageError where real people are at home."""
    if (plan.home / "home.toml").exists() and open_home(plan.home).kind is not HomeKind.SYNTHETIC:
        raise UsageError(f"{plan.home} is a home of real people: choose another folder with --dir")
    foreign = (
        sorted(path.name for path in plan.folder.iterdir() if path.name not in PARTS) if plan.folder.is_dir() else []
    )
    if foreign:
        raise UsageError(f"{plan.folder} holds {foreign[0]}, which no demonstration left: choose another with --dir")
    for part in PARTS:
        shutil.rmtree(plan.folder / part, ignore_errors=True)


def heading(console: Console, text: str) -> None:
    """A line between the parts of the story."""
    console.print()
    console.rule(f"[bold]{text}[/]", align="left", style="dim")
