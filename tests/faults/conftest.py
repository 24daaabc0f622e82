"""The smallest district, and homes in which it was run undisturbed; not to be changed."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from stores.home import Home, create_home, open_home
from synthetic.district import synthesize
from tests.faults.calls import run_hub


@dataclass(frozen=True)
class Town:
    """Feeds of a tiny district, its homes, and how long a run takes here and now.

    `begun` has the full dumps published, `calm` all; `seconds` is the length of an undisturbed run of all feeds.
    """

    feeds: Path
    begun: Home
    calm: Home
    seconds: float

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
    begin = time.monotonic()
    code, told = run_hub(home.root, "run", *map(str, sorted(feeds.glob("*/*_full_*"))))
    seconds = time.monotonic() - begin
    assert code == 0, told
    shutil.copytree(home.root, folder / "calm", symlinks=True)
    code, told = run_hub(folder / "calm", "run", str(feeds))
    assert code == 0, told
    return Town(feeds, home, open_home(folder / "calm"), seconds)
