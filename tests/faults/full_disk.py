"""One trial of a full disk, on a small disk of its own: `python -m tests.faults.full_disk DISK BEGUN FEEDS LINE`.

Fills the disk when the run tells of this line of progress, makes room again when it has failed, and runs once more.
Prints what happened as one JSON object. Run inside a mount namespace, so that nothing of the disk outlives it.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.hub.district import HUB

DISK_SIZE = "400m"
BLOCK = bytes(1 << 16)


def mounted(disk: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """This module run with a disk of its own mounted at `disk`."""
    inside = f"mount -t tmpfs -o size={DISK_SIZE} none '{disk}' || exit 77; exec \"$@\""
    command = [sys.executable, "-m", "tests.faults.full_disk", str(disk), *arguments]
    apart = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    return subprocess.run([*apart, "sh", "-c", inside, "sh", *command], capture_output=True, text=True, check=False)


def fill(disk: Path) -> None:
    """Takes every byte that is free."""
    with (disk / "ballast").open("ab", buffering=0) as file, suppress(OSError):
        while file.write(BLOCK):
            pass


def run_and_fill(home: Path, feeds: Path, line: str) -> tuple[int, str]:
    """Exit code and errors of a run whose disk was filled at this line."""
    command = [*HUB, "--home", str(home), "run", str(feeds)]
    told = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for each in process.stderr:
            told.append(each)
            if each.startswith(line):
                fill(home.parent)
    return process.returncode, "".join(told)


def main() -> None:
    """The trial."""
    disk, begun, feeds, line = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    home = disk / "home"
    shutil.copytree(begun, home, symlinks=True)
    code, told = run_and_fill(home, feeds, line)
    # What failed has cleared up behind itself.
    fill(disk)
    asked = subprocess.run(
        [*HUB, "--home", str(home), "ask", "old_people_alone", "--purpose", "training"],
        capture_output=True,
        text=True,
        check=False,
    )
    (disk / "ballast").unlink(missing_ok=True)
    again = subprocess.run([*HUB, "--home", str(home), "run", str(feeds)], capture_output=True, text=True, check=False)
    # Back to where the trial can be looked at after the disk is gone.
    shutil.copytree(home, f"{disk}.after", symlinks=True)
    found = {"code": code, "told": told, "asked": asked.returncode, "answer": asked.stdout, "refusal": asked.stderr}
    sys.stdout.write(json.dumps({**found, "again": again.returncode, "told_again": again.stderr}))


if __name__ == "__main__":
    main()
