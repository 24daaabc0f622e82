"""What a command took: all its processes count, and each stage has its own time and memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import Stage, folder_bytes, stages, watch

HOLD = "import time; held = bytearray({mib} << 20); time.sleep({seconds})"
PARENT = f"""
import subprocess, sys
print("ingest: 0/2 a.csv", file=sys.stderr, flush=True)
child = subprocess.Popen([sys.executable, "-c", {HOLD.format(mib=120, seconds=0.8)!r}])
{HOLD.format(mib=120, seconds=0.8)}
child.wait()
print("ingest: done in 0.8 s (CPU 0.1 s, peak memory 0.1 GiB)", file=sys.stderr, flush=True)
print("all well")
"""
GIB = 1 << 30


def test_the_memory_of_all_processes_is_counted_and_the_stages_are_read() -> None:
    done = watch([sys.executable, "-c", PARENT])
    assert (done.code, done.output) == (0, "all well\n")
    assert 0.24 < done.peak_gib < 0.8
    [ingest] = done.stages
    assert (ingest.stage, ingest.seconds, ingest.cpu_seconds) == ("ingest", 0.8, 0.1)
    assert ingest.peak_gib == done.peak_gib


def test_memory_of_a_server_beside_is_counted() -> None:
    holding = [sys.executable, "-c", HOLD.format(mib=200, seconds=20)]
    with subprocess.Popen(holding, start_new_session=True) as server:
        try:
            alone = watch([sys.executable, "-c", "import time; time.sleep(0.6)"])
            beside = watch([sys.executable, "-c", "import time; time.sleep(0.6)"], servers=lambda: [server.pid])
        finally:
            server.kill()
    assert beside.peak_gib > alone.peak_gib + 0.19


def test_the_work_of_a_child_is_counted() -> None:
    work = "sum(range(6_000_000))"
    done = watch([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"])
    assert done.cpu_seconds > watch([sys.executable, "-c", "import subprocess"]).cpu_seconds


def test_a_command_that_fails_leaves_its_words(tmp_path: Path) -> None:
    (tmp_path / "spilled").write_bytes(b"0" * 3 * 2**20)
    script = "import sys, time; time.sleep(0.2); print('no room', file=sys.stderr); sys.exit(4)"
    done = watch([sys.executable, "-c", script], spill=tmp_path)
    assert (done.code, done.told) == (4, "no room\n")
    assert done.spill_gib == 3 / 1024


def test_memory_belongs_to_the_stage_in_which_it_was_held() -> None:
    lines = [
        (1.0, "ingest: 0/2 a.csv"),
        (5.0, "ingest: done in 4.0 s (CPU 6.0 s, peak memory 0.5 GiB)"),
        (9.0, "resolve: done in 4.0 s (CPU 7.5 s, peak memory 1.5 GiB)"),
        (10.0, "ingest: done in 1.0 s (CPU 1.0 s, peak memory 0.5 GiB)"),
    ]
    memory = [(0.5, GIB), (4.0, 2 * GIB), (6.0, 8 * GIB), (9.5, 3 * GIB)]
    assert stages(lines, memory) == (Stage("ingest", 5.0, 7.0, 3.0), Stage("resolve", 4.0, 7.5, 8.0))


def test_what_is_gone_takes_no_room(tmp_path: Path) -> None:
    assert folder_bytes(tmp_path / "missing") == 0


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        watch(["no-such-command"])
