"""The smallest district, and homes in which it was run undisturbed; not to be changed."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from stores.home import Home, create_home, open_home
from synthetic.district import synthesize
from tests.faults.calls import run_hub


@dataclass(frozen=True)
class Town:
    """Feeds of a tiny district, and its homes: `begun` has the full dumps published, `calm` all.

    The seconds are what an undisturbed run took here and now, from nothing and from `begun`.
    """

    feeds: Path
    begun: Home
    calm: Home
    seconds_from_nothing: float
    seconds_of_a_day: float

    def copy(self, home: Home, place: Path) -> Home:
        """A copy of a home to be harmed."""
        shutil.copytree(home.root, place, symlinks=True)
        return open_home(place)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    synthesize(persons=100, seed=5, days=1, out=folder)
    feeds = folder / "feeds"
    home = create_home(folder / "begun", kind="synthetic")
    from_nothing = timed_run(home.root, sorted(feeds.glob("*/*_full_*")))
    shutil.copytree(home.root, folder / "calm", symlinks=True)
    of_a_day = timed_run(folder / "calm", [feeds])
    return Town(feeds, home, open_home(folder / "calm"), from_nothing, of_a_day)


def timed_run(home: Path, feeds: Sequence[Path]) -> float:
    """Runs the feeds to the end; returns the seconds."""
    begin = time.monotonic()
    code, told = run_hub(home, "run", *map(str, feeds))
    assert code == 0, told
    return time.monotonic() - begin
