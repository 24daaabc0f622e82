"""Token buckets: so much at once, so much comes back, and all workers take from the same."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores.buckets import Buckets, Rate

SECRET = b"drawn at the start"
TAKING = """
import sys
from pathlib import Path
from stores.buckets import Buckets, Rate
buckets = Buckets(Path(sys.argv[1]), Rate(300, 1e-9), b"drawn at the start")
sys.stdin.read()
print(sum(buckets.take("one") == 0 for _ in range(200)))
"""


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Buckets]:
    """Three at once, and next to nothing comes back."""
    buckets = Buckets(tmp_path / "buckets", Rate(3, 1e-6), SECRET)
    yield buckets
    buckets.close()


def test_so_much_may_be_taken_at_once(slow: Buckets) -> None:
    assert [slow.take("one") == 0 for _ in range(5)] == [True, True, True, False, False]
    assert slow.take("other") == 0


def test_what_is_refused_costs_nothing_and_says_how_long_to_wait(slow: Buckets) -> None:
    assert slow.take("one", 2) == 0
    assert slow.take("one", 2) == pytest.approx(1e6, rel=0.01)
    assert slow.take("one", 1) == 0


def test_what_was_taken_for_nothing_is_given_back_but_never_more(slow: Buckets) -> None:
    slow.take("one", 3)
    slow.give_back("one", 2)
    assert [slow.take("one") == 0 for _ in range(3)] == [True, True, False]
    slow.give_back("one", 100)
    assert [slow.take("one") == 0 for _ in range(4)] == [True, True, True, False]


def test_more_than_a_bucket_holds_is_taken_when_it_is_full_and_owed(slow: Buckets) -> None:
    assert slow.take("one", 10) == 0
    assert slow.take("one", 1) == pytest.approx(8e6, rel=0.01)


def test_it_comes_back_with_time(tmp_path: Path) -> None:
    buckets = Buckets(tmp_path / "buckets", Rate(1, 20), SECRET)
    assert buckets.take("one") == 0
    wait = buckets.take("one")
    assert 0 < wait <= 0.05
    time.sleep(wait)
    assert buckets.take("one") == 0
    buckets.close()


def test_workers_take_from_the_same_bucket_and_none_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKING, str(tmp_path / "buckets")]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = [int(each.communicate("")[0]) for each in workers]
    assert sum(taken) == 300
