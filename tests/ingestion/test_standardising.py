import os
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.standardising import BATCH, Standardising
from stores.errors import StoreError

TEXTS = pa.array([f"曹安路{number}弄{number % 7 + 1}号302室" for number in range(BATCH + 5)])
STARTER = """
import time
from multiprocessing import active_children
import pyarrow as pa
from ingestion.standardising import Standardising

def main() -> None:
    with Standardising(2, long_column=1) as standardising:
        list(standardising.standardised("text", pa.array(["a"])))
        print(*[child.pid for child in active_children()], flush=True)
        time.sleep(60)

if __name__ == "__main__":
    main()
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_long_column_gives_the_same_on_every_core_in_the_same_order() -> None:
    with Standardising(1) as alone, Standardising(2, long_column=1) as shared:
        expected = pa.concat_tables(alone.standardised("address", TEXTS))
        found = pa.concat_tables(shared.standardised("address", TEXTS))
        assert len(active_children()) == 2

    assert found.equals(expected)
    assert found["raw"].combine_chunks().equals(TEXTS)


def test_no_texts_give_an_empty_table() -> None:
    with Standardising(1) as standardising:
        [table] = standardising.standardised("resident_id", pa.array([], pa.string()))

    assert (table.num_rows, table.column_names) == (0, ["raw", "value", "id_valid", "id_birth_date", "id_sex"])


def test_a_killed_process_is_told_and_not_waited_for() -> None:
    with Standardising(2, long_column=1) as standardising:
        list(standardising.standardised("text", TEXTS))
        active_children()[0].kill()

        with pytest.raises(StoreError, match="was killed, most likely for want of memory"):
            list(standardising.standardised("address", TEXTS))


def test_processes_end_with_a_hub_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as hub:
        assert hub.stdout is not None
        pids = [int(pid) for pid in hub.stdout.readline().split()]
        hub.kill()
    deadline = time.monotonic() + 20
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert pids
    assert not any(map(is_alive, pids))
