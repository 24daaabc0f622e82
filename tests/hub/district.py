"""A tiny made-up district and homes to run it in; synthetic homes mint the same ids, so snapshots compare."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.settings import read_settings
from hub.site import Site
from schemas.declarations import load_declarations
from stores.home import Home
from stores.opening import open_stores
from stores.progress import SilentProgress

HUB = [sys.executable, "-c", "from hub.cli import main; main()"]


@contextmanager
def at_work(home: Home, **environment: str) -> Iterator[Site]:
    """The home with its stores open, silent."""
    settings = read_settings(home, environment)
    with open_stores(home, "test", settings=settings.warehouse, tell=lambda _: None) as stores:
        yield Site(home, stores.warehouse, stores.operational, load_declarations(), settings, SilentProgress())


def first_day(feeds: Path) -> list[Path]:
    """The full dumps only."""
    return sorted(feeds.glob("*/*_full_*"))


def kill_at(home: Home, feeds: Path, line: str, *, seen: int = 1) -> None:
    """Starts `hub run` and kills it when this line of progress has come `seen` times."""
    command = [*HUB, "--home", str(home.root), "run", str(feeds)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        count = 0
        for told in process.stderr:
            count += told.startswith(line)
            if count == seen:
                process.kill()
                break
    assert count == seen, f"{line!r} came {count} times"


def hub(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    return subprocess.run([*HUB, *arguments], capture_output=True, text=True, check=False)
