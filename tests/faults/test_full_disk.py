"""A disk that fills up in each stage: told, nothing half served, and with room again the run ends as if undisturbed."""

import json
import shutil
from pathlib import Path

import pytest

from stores.home import open_home
from tests.faults.conftest import Town
from tests.faults.full_disk import mounted
from tests.faults.whole import Counts, compare, how_many

LINES = ("ingest: ", "standardise: ", "publish: 1/", "resolve: 2/", "publish: 0/", "ingest: 10/", "standardise: 5/")
LINES += ("resolve: 0/", "resolve: 4/", "publish: 2/", "publish: 3/", "publish: 4/")


@pytest.mark.parametrize("line", LINES[: how_many(2, len(LINES))])
def test_a_full_disk_is_told_and_a_rerun_with_room_ends_well(town: Town, tmp_path: Path, line: str) -> None:
    counts, disk = Counts("full disk"), tmp_path / "disk"
    disk.mkdir()
    done = mounted(disk, [str(town.begun.root), str(town.feeds), line])
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
    assert found["again"] == 0, found["told_again"]
    home = open_home(Path(f"{disk}.after"))
    compare(home, town.calm, counts)
    shutil.rmtree(home.root)
    counts.write()
    assert counts.harm == (0, 0, 0)
