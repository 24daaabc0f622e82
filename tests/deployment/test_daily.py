"""deployment/daily.sh: the steps in their order, on past a single delivery, and no further than anything worse."""

import os
import subprocess
from pathlib import Path

import pytest

DAILY = Path(__file__).parents[2] / "deployment" / "daily.sh"
# Stands for the hub: writes down what it was asked, and ends as the test says.
TYPED = '#!/bin/sh\necho "$*" >> "$ASKED"\ncase "$*" in $FAILING) exit "$CODE" ;; esac\n'
ALL = ["pull --delta", "run /inbox a b", "graph publish", "graph verify"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hub").write_text(TYPED)
    (tmp_path / "hub").chmod(0o755)
    return tmp_path


def daily(folder: Path, *arguments: str, failing: str = "nothing", code: int = 0) -> tuple[int, list[str]]:
    asked = folder / "asked"
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}", "ASKED": str(asked), "FAILING": failing, "CODE": str(code)
    }  # fmt: skip
    done = subprocess.run(["/bin/sh", DAILY, *arguments], env=environment, check=False, capture_output=True)
    return done.returncode, asked.read_text().splitlines()


def test_every_step_is_taken(folder: Path) -> None:
    assert daily(folder, "--pull", "--graph", "/inbox", "a b") == (0, ALL)


def test_only_what_is_asked_for_is_done(folder: Path) -> None:
    assert daily(folder) == (0, ["run"])


@pytest.mark.parametrize("failing", ["pull*", "run*"])
def test_a_delivery_that_wants_a_person_holds_up_nothing_and_is_told(folder: Path, failing: str) -> None:
    assert daily(folder, "--pull", "--graph", "/inbox", "a b", failing=failing, code=1) == (1, ALL)


@pytest.mark.parametrize(("failing", "steps"), [("pull*", 1), ("run*", 2), ("graph publish", 3), ("graph verify", 4)])
def test_anything_worse_stops_it(folder: Path, failing: str, steps: int) -> None:
    assert daily(folder, "--pull", "--graph", "/inbox", "a b", failing=failing, code=4) == (4, ALL[:steps])
