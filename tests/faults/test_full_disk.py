"""A disk that fills up in each stage: told, nothing half served, and with room again the run ends as if undisturbed."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from stores.home import create_home, open_home
from tests.faults.conftest import Town
from tests.faults.full_disk import mounted
from tests.faults.whole import Counts, compare
from tests.trials import trials, write_down

SMALL = ("publish: 1/",)
FROM_NOTHING = ("ingest: 6/", "standardise: 5/", "resolve: 4/")
FULL = (
    *SMALL,
    *("ingest: ", "standardise: ", "ingest: 6/", "standardise: 5/", "resolve: 0/", "resolve: 2/", "resolve: 4/"),
    *("publish: 0/", "publish: 2/", "publish: 3/", "publish: 4/"),
)
LINES = FULL[: trials(few=len(SMALL), full=len(FULL))]


@pytest.mark.parametrize("line", LINES)
def test_a_full_disk_is_told_and_a_rerun_with_room_ends_well(town: Town, tmp_path: Path, line: str) -> None:
    counts, disk = Counts("full disk"), tmp_path / "disk"
    disk.mkdir()
    # A day's changes standardise one feed: the places further on are met by a run of everything.
    is_later = line in FROM_NOTHING
    begun = create_home(tmp_path / "empty", kind="synthetic") if is_later else town.begun
    done = mounted(disk, [str(begun.root), str(town.feeds), line])
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("nothing may be mounted here")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    counts.note(line)

    assert found["code"] == 4, found["told"]
    assert "Traceback" not in found["told"], found["told"]
    assert "same command again" in found["told"], found["told"]
    # Nothing leaves that cannot be written down.
    assert (found["asked"], found["answer"]) == (4, ""), found["refusal"]
    assert is_later or "the audit log" in found["refusal"]
    assert found["again"] == 0, found["told_again"]
    home = open_home(Path(f"{disk}.after"))
    compare(home, town.calm, counts)
    shutil.rmtree(home.root)
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
