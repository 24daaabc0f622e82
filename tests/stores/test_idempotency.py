"""Writes by the keys of their askers: none is done twice, also where a process was killed in the middle."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from stores.errors import StoreError
from stores.operational.idempotency import KEPT_SECONDS, Idempotency, Kept, Known

KEPT = Kept(201, "application/json", b'{"dispute": 1}')
DYING = """
import sys
from pathlib import Path
from stores.operational.idempotency import Idempotency
with Idempotency(Path(sys.argv[1])).attempt("housing", "key-1", b"body", 0.0) as attempt:
    print(attempt.known, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def idempotency(tmp_path: Path) -> Idempotency:
    return Idempotency(tmp_path / "idempotency.sqlite")


def known(
    of: Idempotency, key: str = "key-1", request: bytes = b"body", *, caller: str = "housing", now: float = 0
) -> Known:
    with of.attempt(caller, key, request, now) as attempt:
        return attempt.known


def done(of: Idempotency) -> None:
    with of.attempt("housing", "key-1", b"body", 0) as attempt:
        of.finish(attempt, KEPT)


def test_a_write_that_was_done_has_the_answer_that_was_given(idempotency: Idempotency) -> None:
    done(idempotency)
    with Idempotency(idempotency.file).attempt("housing", "key-1", b"body", 0) as attempt:
        assert (attempt.known, attempt.kept) == (Known.DONE, KEPT)
    assert idempotency.file.stat().st_mode & 0o777 == 0o600


def test_a_key_is_its_callers_and_its_requests(idempotency: Idempotency) -> None:
    done(idempotency)
    assert known(idempotency, request=b"other") is Known.OF_ANOTHER
    assert known(idempotency, caller="education") is Known.NEW
    assert known(idempotency, "key-2") is Known.NEW
    assert known(idempotency, " key-1", caller="housing") is Known.NEW


def test_a_key_is_under_way_as_long_as_its_write(idempotency: Idempotency) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(idempotency.attempt("housing", "key-1", b"body", 0))
        assert first.known is Known.NEW
        assert known(idempotency) is Known.UNDER_WAY
        assert known(idempotency, "key-2") is Known.NEW
    assert known(idempotency) is Known.CUT_OFF


def test_a_write_that_was_killed_is_told_as_cut_off(idempotency: Idempotency) -> None:
    command = [sys.executable, "-c", DYING, str(idempotency.file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "new\n"
        assert known(idempotency) is Known.UNDER_WAY
        process.send_signal(signal.SIGKILL)
        process.wait()
    with idempotency.attempt("housing", "key-1", b"body", 0) as attempt:
        assert attempt.known is Known.CUT_OFF
        idempotency.finish(attempt, KEPT)
    assert known(idempotency) is Known.DONE


def test_a_try_that_wrote_nothing_frees_its_key_and_one_that_did_never(idempotency: Idempotency) -> None:
    with idempotency.attempt("housing", "key-1", b"body", 0) as attempt:
        idempotency.give_up(attempt)
    assert known(idempotency, request=b"other") is Known.NEW
    with idempotency.attempt("housing", "key-1", b"other", 0) as attempt:
        idempotency.finish(attempt, KEPT)
        idempotency.give_up(attempt)
    assert known(idempotency, request=b"other") is Known.DONE


def test_after_a_day_a_key_is_as_new(idempotency: Idempotency) -> None:
    done(idempotency)
    assert known(idempotency, now=KEPT_SECONDS - 1) is Known.DONE
    idempotency.forget(KEPT_SECONDS - 1)
    assert known(idempotency, now=KEPT_SECONDS - 1) is Known.DONE
    assert known(idempotency, now=KEPT_SECONDS) is Known.NEW
    done(idempotency)
    idempotency.forget(3 * KEPT_SECONDS)
    assert known(idempotency) is Known.NEW


def test_nothing_is_accepted_where_it_cannot_be_written_down(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is accepted"):
        known(Idempotency(tmp_path / "no folder" / "idempotency.sqlite"))
    (tmp_path / "file").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="nothing is accepted"):
        known(Idempotency(tmp_path / "file"))
