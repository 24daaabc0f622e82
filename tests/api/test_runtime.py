"""The folder that the workers of a service share: gone with the service, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from api.limits import SECRET_FILE
from api.runtime import runtime_folder

HOLDS = """
import sys, time
from pathlib import Path
from api.runtime import runtime_folder
with runtime_folder(Path(sys.argv[1]) if sys.argv[1:] else None) as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holding(temp: Path, *folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that holds a runtime folder, its own or this one."""
    command = [sys.executable, "-c", HOLDS, *map(str, folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temp)})
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_what_a_killed_service_left_behind_is_removed_by_the_next_one(temp: Path) -> None:
    parent, left = holding(temp)
    worker, _ = holding(temp, left)
    kill(parent)
    with runtime_folder():
        assert (left / SECRET_FILE).exists(), "a worker that is still finishing needs it"
    kill(worker)
    with runtime_folder() as own:
        assert list(temp.iterdir()) == [own]
    assert list(temp.iterdir()) == []


def test_a_folder_that_is_none_of_a_service_is_left_alone(temp: Path) -> None:
    (temp / "hub-api-notes").mkdir()
    (temp / "in-use").touch()
    with runtime_folder():
        pass
    assert {each.name for each in temp.iterdir()} == {"hub-api-notes", "in-use"}
