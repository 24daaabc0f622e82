"""The audit log: on disk before anything leaves, whoever writes; full files, checkpoints, and the log's first form."""

import json
import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.errors import AuditError
from hub.sharing import audit_synced, audit_writer
from hub.sharing.audit import LOG_NAME, append, cover, verify
from hub.sharing.audit_note import parse_key, read_notes
from stores.home import Home, create_home
from tests.hub.sharing.audit_log import ENTRY, about, fill, lines, person, small_files, write_first_form


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


def again(home: Home) -> Home:
    """The same home as another process would meet it: nothing is known of its log."""
    moved = home.root.with_name(f"{home.root.name}-")
    home.root.rename(moved)
    return Home(moved, home.kind)


def test_records_are_numbered_in_order(home: Home) -> None:
    assert [append(home, ENTRY) for _ in range(3)] == [1, 2, 3]
    assert [line["sequence"] for line in lines(home.audit)] == [1, 2, 3]
    assert verify(home.audit).records == 3


def test_another_process_goes_on_with_the_next_number_and_full_files_never_change(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_files(monkeypatch)
    fill(home, 45)
    full = {path.name: path.read_bytes() for path in home.audit.glob("audit-*.jsonl")}
    assert sorted(full) == ["audit-000000000001-000000000020.jsonl", "audit-000000000021-000000000040.jsonl"]
    home = again(home)
    assert append(home, ENTRY) == 46
    (home.audit / "tree.json").unlink()
    home = again(home)
    assert append(home, ENTRY) == 47
    assert {path.name: path.read_bytes() for path in home.audit.glob("audit-*.jsonl")} == full
    assert verify(home.audit).records == 47


def test_threads_write_every_record_once_and_each_gets_its_own_number(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_files(monkeypatch, records=50)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: append(home, about(number)), range(200)))
    assert sorted(numbers) == list(range(1, 201))
    written = {line["sequence"]: line["entities"] for line in lines(home.audit)}
    assert all(written[number] == [person(place)] for place, number in enumerate(numbers))
    assert verify(home.audit).records == 200


def test_those_who_write_while_the_disk_is_busy_share_the_next_sync(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(home, ENTRY)
    sync, calls = os.fsync, []
    all_wrote = threading.Event()

    def slow(file: int) -> None:
        calls.append(file)
        assert all_wrote.wait(20)
        sync(file)

    monkeypatch.setattr(audit_synced.os, "fsync", slow)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(append, home, ENTRY) for _ in range(8)]
        while len(lines(home.audit)) < 9:
            assert not any(each.done() for each in waiting)
        all_wrote.set()
    assert sorted(each.result() for each in waiting) == list(range(2, 10))
    assert len(calls) <= 2


def test_a_record_cut_off_by_a_crash_is_taken_back(home: Home) -> None:
    append(home, ENTRY)
    with (home.audit / LOG_NAME).open("a") as log:
        log.write('{"sequence": 2, "caller": "wa')
    assert append(home, ENTRY) == 2
    home = again(home)
    with (home.audit / LOG_NAME).open("a") as log:
        log.write('{"sequence": 3')
    assert append(home, ENTRY) == 3
    assert verify(home.audit).records == 3


def test_records_that_did_not_reach_the_disk_are_taken_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    append(home, ENTRY)
    sync = os.fsync

    def broken(file: int) -> None:
        if os.fstat(file).st_size > 100:
            raise OSError(5, "Input/output error")
        sync(file)

    with monkeypatch.context() as patched:
        patched.setattr(audit_synced.os, "fsync", broken)
        for _ in range(2):
            with pytest.raises(AuditError, match="Nothing was handed out"):
                append(home, ENTRY)
    assert append(home, ENTRY) == 2
    assert verify(home.audit).records == 2


def test_the_first_checkpoint_comes_before_the_first_record_with_a_key_of_its_own(home: Home) -> None:
    append(home, ENTRY)
    assert verify(home.audit) == verify(home.audit, key=parse_key((home.audit / "audit.vkey").read_text()))
    assert (verify(home.audit).covered, verify(home.audit).checkpoints) == (0, 1)
    assert stat.S_IMODE((home.keys / "audit.key").stat().st_mode) == 0o600
    assert cover(home).size == verify(home.audit).covered == 1


def test_a_checkpoint_comes_after_so_many_records_or_so_long(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    small_files(monkeypatch)
    fill(home, 10)
    assert verify(home.audit).covered == 7
    checkpoint = home.audit / "checkpoint"
    os.utime(checkpoint, (checkpoint.stat().st_atime, checkpoint.stat().st_mtime - audit_writer.SECONDS_BETWEEN))
    append(home, ENTRY)
    assert verify(home.audit).covered == 10


def second_party(home: Home, folder: Path) -> Path:
    folder.mkdir()
    with (home.root / "home.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[settings]\naudit_checkpoints = "{folder}"\n')
    return folder


def test_a_second_party_gets_every_checkpoint_and_the_key(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = second_party(home, tmp_path / "elsewhere")
    small_files(monkeypatch)
    fill(home, 15)
    [kept], [key_file] = folder.glob("*.checkpoints"), folder.glob("*.vkey")
    key = parse_key(key_file.read_text())
    assert [each.size for each in read_notes(kept.read_text(), key, "kept")] == [0, 7, 14]
    assert verify(home.audit, key=key, kept=[kept]).checkpoints == 4


def test_nothing_is_taken_for_long_where_the_second_party_is_gone_and_all_goes_on_when_it_is_back(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = second_party(home, tmp_path / "elsewhere")
    small_files(monkeypatch)
    append(home, ENTRY)
    folder.rename(tmp_path / "gone")
    fill(home, 6)
    for _ in range(3):
        with pytest.raises(AuditError, match="cannot be handed to the second party"):
            append(home, ENTRY)
    assert len(lines(home.audit)) == 7
    (tmp_path / "gone").rename(folder)
    assert append(home, ENTRY) == 8


def test_a_second_party_inside_the_home_is_none(home: Home) -> None:
    second_party(home, home.root / "inside")
    with pytest.raises(AuditError, match="inside the home"):
        append(home, ENTRY)


def test_the_first_form_of_the_log_becomes_the_first_file_and_its_lines_are_covered(home: Home) -> None:
    write_first_form(home.audit, 5)
    before = (home.audit / LOG_NAME).read_bytes()
    assert verify(home.audit).records == 5
    assert append(home, ENTRY) == 6
    assert (home.audit / "audit-000000000001-000000000005.jsonl").read_bytes() == before
    assert (verify(home.audit).records, verify(home.audit).covered) == (6, 5)


def test_a_first_form_that_was_changed_is_not_taken_over(home: Home) -> None:
    write_first_form(home.audit, 5)
    log = home.audit / LOG_NAME
    log.write_text(log.read_text().replace('"rows": 3', '"rows": 2', 1))
    for _ in range(2):
        with pytest.raises(AuditError, match="line 1"):
            append(home, ENTRY)
    with pytest.raises(AuditError, match="line 1"):
        verify(home.audit)


def edited(home: Home) -> None:
    log = home.audit / LOG_NAME
    log.write_text(log.read_text().replace('"rows":3', '"rows":2', 1))


def shortened(home: Home) -> None:
    log = home.audit / LOG_NAME
    log.write_text(log.read_text().splitlines(keepends=True)[0])


def without_checkpoint(home: Home) -> None:
    (home.audit / "checkpoint").unlink()


def without_key(home: Home) -> None:
    (home.keys / "audit.key").unlink()


def without_a_file(home: Home) -> None:
    (home.audit / "audit-000000000001-000000000020.jsonl").unlink()


@pytest.mark.parametrize("harm", [edited, shortened, without_checkpoint, without_key, without_a_file])
def test_a_process_that_meets_a_log_that_does_not_fit_its_checkpoint_writes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, harm: object
) -> None:
    small_files(monkeypatch)
    fill(home, 22)
    cover(home)
    harm(home)  # type: ignore[operator]
    before = lines(home.audit)
    home = again(home)
    for _ in range(2):
        with pytest.raises(AuditError):
            append(home, ENTRY)
    assert lines(home.audit) == before


def test_a_log_restored_from_a_backup_goes_on(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_files(monkeypatch)
    fill(home, 25)
    shutil.copytree(home.root, tmp_path / "backup")
    fill(home, 30)
    restored = Home(tmp_path / "backup", home.kind)
    shutil.copy(home.audit / "synced", restored.audit / "synced")
    assert append(restored, ENTRY) == 26
    assert verify(restored.audit).records == 26


def test_the_log_says_no_more_than_it_was_given(home: Home) -> None:
    append(home, ENTRY)
    [line] = lines(home.audit)
    assert json.dumps(line["entities"]) == "[]"
    assert set(line) == {*vars(ENTRY), "sequence", "at"}
