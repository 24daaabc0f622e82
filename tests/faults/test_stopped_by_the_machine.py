"""What the machine refuses: two writers, a home that cannot be written, too little memory, a clock that is wrong."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hub import pipeline
from stores.warehouse import Parameters, Warehouse
from tests.faults.calls import HubCall, run_hub
from tests.faults.conftest import Town
from tests.faults.whole import published, served
from tests.hub.district import HUB, at_work
from tests.trials import trials

CLOCK = re.compile(r"\b(now|today|current_date|current_time\w*|get_current_\w+|random|gen_random_uuid|uuid)\s*\(", re.I)
ROOT = Path(__file__).parents[2]


def test_a_second_run_is_told_at_once_who_is_at_work_and_readers_are_not_disturbed(town: Town, tmp_path: Path) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    first = HubCall(home.root, ("run", str(town.feeds))).start()
    while first.stage() == "opening":
        assert not first.ended_within(0.02), first.told()
    assert first.process.pid is not None
    os.killpg(first.process.pid, signal.SIGSTOP)
    second = subprocess.run(
        [*HUB, "--home", str(home.root), "run", str(town.feeds)], capture_output=True, text=True, check=False
    )
    looked = subprocess.run([*HUB, "--home", str(home.root), "status"], capture_output=True, text=True, check=False)

    assert second.returncode == 4
    assert f"`hub run` (process {first.process.pid}" in second.stderr
    assert (looked.returncode, served(home)) == (0, served(town.begun)), looked.stderr
    os.killpg(first.process.pid, signal.SIGCONT)
    assert first.finish() == 0, first.told()
    assert published(home) == published(town.calm)


def test_a_home_that_cannot_be_written_is_told_before_anything_begins(town: Town, tmp_path: Path) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    # Permissions do not stop the superuser, a folder in the place of a file stops everybody.
    home.lock.unlink()
    home.lock.mkdir()
    code, told = run_hub(home.root, "run", str(town.feeds))
    assert code == 4
    assert "nothing was begun" in told
    assert run_hub(home.root, "status")[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser may mount")
def test_a_disk_that_can_only_be_read_can_be_read(town: Town, tmp_path: Path) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    hub = " ".join(f"'{each}'" for each in [*HUB, "--home", str(home.root)])
    script = (
        f"mount --bind '{home.root}' '{home.root}' && mount -o remount,ro,bind '{home.root}' || exit 77\n"
        f"{hub} status > /dev/null || exit 1\n{hub} run '{town.feeds}'"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("nothing may be mounted here")
    assert done.returncode == 4, done.stderr
    assert "Read-only file system): nothing was begun" in done.stderr


# Too little for ingesting, for the graph, and for linking.
LIMITS = (("HUB_MEMORY_LIMIT", "12MB"), ("HUB_GRAPH_BUFFER_POOL", "1MB"), ("HUB_MEMORY_LIMIT", "24MB"))


@pytest.mark.parametrize(("setting", "limit"), LIMITS[: trials(few=2, full=len(LIMITS))])
def test_memory_that_does_not_suffice_is_told_with_its_setting_and_more_goes_on(
    town: Town, tmp_path: Path, setting: str, limit: str
) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    code, told = run_hub(home.root, "run", str(town.feeds), **{setting: limit})
    assert code == 4, told
    assert setting in told
    assert "same command again" in told
    assert served(home) == served(town.begun)
    code, told = run_hub(home.root, "run", str(town.feeds))
    assert code == 0, told
    assert published(home) == published(town.calm)


def test_a_clock_set_back_changes_nothing(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    seen: list[str] = []
    run = Warehouse._run

    def spied(self: Warehouse, sql: str, parameters: Parameters | None) -> object:
        seen.append(sql)
        return run(self, sql, parameters)

    monkeypatch.setattr(Warehouse, "_run", spied)
    monkeypatch.setattr(time, "time", lambda: 1.0e9)
    with at_work(home) as site:
        pipeline.run([town.feeds], site)

    assert len(seen) > 100
    assert [sql for sql in seen if CLOCK.search(sql)] == []
    assert published(home) == published(town.calm)


# The lock, the audit log, when a graph was put on a server, when a steward decided: moments that people are told, and
# nothing goes by.
TOLD_TO_PEOPLE = {
    "hub/clerical.py",
    "stores/lock.py",
    "hub/sharing/audit_signer.py",
    "hub/sharing/audit_writer.py",
    "hub/graph/neo4j_batches.py",
    "hub/graph/neo4j_verify.py",
    "hub/commands/status.py",
    "hub/commands/schemas.py",
    "hub/disputes.py",
    "hub/reading/claims.py",
    "hub/reading/rulings.py",
    "ingestion/corrections.py",
    "stores/inbox.py",
}
# A copy for analysts, an account's credentials, a purpose, receipts and what is kept of the feed of changes end on a
# day that people know.
ENDS_ON_A_DAY = {
    "hub/commands/account.py",
    "hub/commands/export.py",
    "hub/analysis/reading.py",
    "hub/commands/purposes.py",
    "hub/receipts.py",
    "hub/sharing/policies.py",
    "hub/sharing/request.py",
    "stores/changes.py",
}
# Tokens, cursors, sessions and answers that are kept end after some minutes: the service itself looks at the clock.
SERVED = re.compile(r"api/")


def test_only_what_tells_people_of_a_moment_looks_at_the_calendar() -> None:
    looking = re.compile(r"datetime\.now|date\.today|utcnow|time\.time\(")
    packages = ("schemas", "stores", "ingestion", "resolution", "hub", "api")
    files = [path for each in packages for path in (ROOT / each).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in files if looking.search(path.read_text(encoding="utf-8"))}
    assert {each for each in found if not SERVED.match(each)} <= TOLD_TO_PEOPLE | ENDS_ON_A_DAY
