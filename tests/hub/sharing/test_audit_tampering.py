"""Whatever is done to a log is found with a checkpoint that somebody else kept, by the hub and without it."""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hub.errors import AuditError
from hub.sharing.audit import LOG_NAME, append, cover, verify
from hub.sharing.audit_files import CHECKPOINT, KEY
from hub.sharing.audit_note import parse_key
from stores.home import create_home
from tests.hub.sharing.audit_log import about, fill, small_files, write_first_form
from tests.trials import trials, write_down
from tools import verify_audit

TAMPERINGS = trials(few=120, full=2000)
Files = dict[str, bytes]
Tamper = Callable[[Files, random.Random], None]


def contents(folder: Path) -> Files:
    """Every file of a log by its path in the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Files]:
    """A log with lines of the first form, full files and sets; as it was earlier; and one made anew with a new key."""
    states: dict[str, Files] = {}
    folder = tmp_path_factory.mktemp("tampering")
    with pytest.MonkeyPatch.context() as patched:
        small_files(patched)
        for name in ("now", "anew"):
            home = create_home(folder / name, kind="synthetic")
            # The same archive key, so that the log made anew has the name of the other.
            (home.keys / "archive.key").write_bytes(bytes(32))
            write_first_form(home.audit, 9)
            fill(home, 30)
            append(home, about(*range(100)))
            cover(home)
            states["earlier" if name == "now" else "anew, earlier"] = contents(home.audit)
            append(home, about(*range(50, 150)))
            fill(home, 25)
            cover(home)
            states[name] = contents(home.audit)
    return states


def records(files: Files, dice: random.Random) -> tuple[str, list[bytes]]:
    """A file of the log and its lines."""
    name = dice.choice([each for each in files if each.endswith(".jsonl") and files[each]])
    return name, files[name].splitlines(keepends=True)


def edit(files: Files, dice: random.Random) -> None:
    """One byte of a record is another; never the end of its line, which is a matter of its own."""
    name, _ = records(files, dice)
    content, at = bytearray(files[name]), dice.choice([place for place, byte in enumerate(files[name]) if byte != 10])
    content[at] = dice.choice([each for each in range(256) if each not in (10, content[at])])
    files[name] = bytes(content)


def reword(files: Files, dice: random.Random) -> None:
    """Another caller, purpose or person in a record, which stays well formed."""
    words = [
        (b"wang", b"li"),
        (b'"training"', b'"statistics"'),
        (b'"rows":3', b'"rows":2'),
        (b'"rows": 3', b'"rows": 0'),
    ]
    name, lines = records(files, dice)
    at = dice.randrange(len(lines))
    before, after = dice.choice([pair for pair in words if pair[0] in lines[at]])
    lines[at] = lines[at].replace(before, after)
    files[name] = b"".join(lines)


def delete(files: Files, dice: random.Random) -> None:
    name, lines = records(files, dice)
    del lines[dice.randrange(len(lines))]
    files[name] = b"".join(lines)


def insert(files: Files, dice: random.Random) -> None:
    name, lines = records(files, dice)
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    files[name] = b"".join(lines)


def reorder(files: Files, dice: random.Random) -> None:
    name, lines = records(files, dice)
    while len(lines) < 2:
        name, lines = records(files, dice)
    one, other = dice.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    files[name] = b"".join(lines)


def cut_tail(files: Files, dice: random.Random) -> None:
    """The end of the newest file goes, within a line or between two, and perhaps the file before with it."""
    files[LOG_NAME] = files[LOG_NAME][: dice.randrange(len(files[LOG_NAME]))]
    if dice.random() < 0.3:
        del files[LOG_NAME]


def swap_files(files: Files, dice: random.Random) -> None:
    one, other = dice.sample([name for name in files if name.endswith(".jsonl")], 2)
    files[one], files[other] = files[other], files[one]


def drop_file(files: Files, dice: random.Random) -> None:
    del files[dice.choice([name for name in files if name.endswith(".jsonl")])]


def drop_last_full(files: Files, dice: random.Random) -> None:
    """The newest full file and the growing one go, and what stands before is given as all there is."""
    for name in (LOG_NAME, max(each for each in files if each.startswith("audit-"))):
        del files[name]


def change_set(files: Files, dice: random.Random) -> None:
    name = dice.choice([each for each in files if each.startswith("entities/") and not each.endswith("lock")])
    if dice.random() < 0.5:
        del files[name]
    else:
        files[name] = files[name][: dice.randrange(len(files[name]))]


def renumber(files: Files, dice: random.Random) -> None:
    """A record of the newest file goes, and those after it take over its place and number."""
    lines = files[LOG_NAME].splitlines(keepends=True)
    at = dice.randrange(len(lines))
    first = int(lines[at].partition(b'"sequence":')[2].partition(b",")[0].rstrip(b"}\n"))
    del lines[at]
    for place in range(at, len(lines)):
        old, new = first + place - at + 1, first + place - at
        lines[place] = lines[place].replace(b'"sequence":%d' % old, b'"sequence":%d' % new)
    files[LOG_NAME] = b"".join(lines)


TAMPERS: tuple[Tamper, ...] = (
    *(edit, reword, delete, insert, reorder, cut_tail, swap_files, drop_file, drop_last_full, change_set, renumber),
)
STATES = ("earlier", "anew", "anew, earlier")


def tampered(log: Mapping[str, Files], dice: random.Random) -> tuple[str, Files]:
    """The log after somebody has been at it, and by which way."""
    way = dice.choice([*TAMPERS, *STATES, "anew, under the old key"])
    if way in STATES:
        return f"put back: {way}", dict(log[way])
    if way == "anew, under the old key":
        return way, dict(log["anew"]) | {KEY: log["now"][KEY], CHECKPOINT: log["now"][CHECKPOINT]}
    assert callable(way)
    while True:
        files = dict(log["now"])
        way(files, dice)
        if files != log["now"]:
            break
    if dice.random() < 0.3 and way.__name__ != "change_set":
        # Whoever may write to the log may take away what the home itself holds it to.
        files[CHECKPOINT] = log["earlier"][CHECKPOINT]
    return way.__name__, files


def write(files: Files, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_every_tampering_is_found_by_both_verifiers(log: Mapping[str, Files], tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "audit"
    kept.write_bytes(log["now"][CHECKPOINT])
    key_text = log["now"][KEY].decode()
    key = parse_key(key_text)
    assert log["anew"][KEY].split(b"+")[0] == log["now"][KEY].split(b"+")[0], "another name alone would tell"
    write(dict(log["now"]), folder)
    untouched = verify(folder, key=key, kept=[kept])
    assert untouched.records == untouched.covered == 66
    assert "66 records, 66 of them" in verify_audit.verify(folder, key_text, [kept])

    dice, ways, missed = random.Random(11), Counter[str](), []
    for number in range(TAMPERINGS):
        way, files = tampered(log, dice)
        ways[way] += 1
        write(files, folder)
        try:
            verify(folder, key=key, kept=[kept])
            missed.append((number, way, "the hub"))
        except AuditError:
            pass
        try:
            verify_audit.verify(folder, key_text, [kept])
            missed.append((number, way, "the file that verifies"))
        except (verify_audit.Broken, OSError, UnicodeDecodeError):
            pass
    write_down({"trial": "audit: tamperings", "tamperings": TAMPERINGS, "ways": dict(ways), "missed": missed})
    assert missed == []
    assert len(ways) == len(TAMPERS) + len(STATES) + 1


def test_without_a_kept_checkpoint_a_log_put_back_as_a_whole_cannot_be_told(
    log: Mapping[str, Files], tmp_path: Path
) -> None:
    write(dict(log["earlier"]), tmp_path / "audit")
    assert verify(tmp_path / "audit").records == 40


def test_a_record_that_was_changed_is_told_with_its_place(log: Mapping[str, Files], tmp_path: Path) -> None:
    files = dict(log["now"])
    files[LOG_NAME] = files[LOG_NAME].replace(b'"rows":3', b'"rows":4', 1)
    write(files, tmp_path / "audit")
    with pytest.raises(AuditError, match="records 1 to 66: the signed checkpoint is of other records"):
        verify(tmp_path / "audit")


def test_the_verifier_runs_alone_with_nothing_but_its_own_file(log: Mapping[str, Files], tmp_path: Path) -> None:
    write(dict(log["now"]), tmp_path / "audit")
    (tmp_path / "kept").write_bytes(log["now"][CHECKPOINT])
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(verify_audit.__file__).read_bytes())
    # Isolated: neither the hub nor any installed package can be imported.
    command = [sys.executable, "-I", "-S", str(alone), str(tmp_path / "audit"), "--key", str(tmp_path / "audit" / KEY)]
    for kept, code, told in (("kept", 0, "VERIFIED: 66 records"), ("none", 1, "NOT VERIFIED")):
        done = subprocess.run(
            [*command, "--checkpoint", str(tmp_path / kept)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )
        assert (done.returncode, told in done.stdout + done.stderr) == (code, True), done.stderr
