"""The demonstration: a made-up district from its feeds to answers, timed and measured, told as a visitor wants it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from hub.errors import UsageError
from stores.home import HomeKind, open_home

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


@dataclass
class Clock:
    """Seconds that each part took, in order; shown to the visitor, never stored."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Times one part."""
        start = time.monotonic()
        yield
        self.seconds[part] = time.monotonic() - start

    def told(self) -> str:
        """All parts and their sum, for people."""
        parts = " · ".join(f"{part} {seconds:.0f} s" for part, seconds in self.seconds.items())
        return f"{parts} · together {sum(self.seconds.values()):.0f} s"


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
