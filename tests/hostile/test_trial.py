import json
import subprocess
import sys
from pathlib import Path

from tests.trials import trials, write_down

ROOT = Path(__file__).parents[2]
PEAK_MIB = 1024


def test_of_bad_files_nothing_is_lost_doubled_or_mixed_up_and_none_is_a_crash() -> None:
    count = trials(few=60, full=2400)
    command = [sys.executable, "-m", "tests.hostile.trial", str(count)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout)
    write_down(found)

    assert found["wrong"] == [], ended.stderr
    assert (found["lost"], found["doubled"], found["mixed_up"], found["crashes"]) == (0, 0, 0, 0)
    assert found["refused"] + found["accepted"] == count
    assert min(found["refused"], found["accepted"]) > count // 10
    assert found["peak_mib"] < PEAK_MIB
