"""Whoever reads may be killed at any moment: no answer without its record, and the log goes on for everybody else."""

import random
import time
from pathlib import Path

from hub.sharing.audit import append, cover, verify
from stores.home import Home, create_home
from tests.faults.calls import CONTEXT
from tests.hub.sharing.audit_load import read_until_killed
from tests.hub.sharing.audit_log import ENTRY, lines
from tests.trials import trials, write_down
from tools.verify_audit import verify as verify_apart

READERS, THREADS = 4, 2
KILLS = trials(few=16, full=400)
PATIENCE = 60.0


def answered(home: Home) -> dict[int, str]:
    """What the readers noted: the number of each record that an answer came with, and what was asked."""
    notes = [path.read_text().split("\n") for path in home.root.parent.glob(f"{home.root.name}.*")]
    # The last line of a reader may have been cut off with it; what it noted before was handed out.
    pairs = [line.split(" ") for each in notes for line in each[:-1]]
    return {int(sequence): what for sequence, what in pairs}


def written(home: Home) -> int:
    """How many lines there are, also while they are being written and files become full."""
    try:
        return sum(path.read_bytes().count(b"\n") for path in home.audit.glob("audit*.jsonl"))
    except FileNotFoundError:
        return 0


def test_no_answer_leaves_without_its_record_whoever_is_killed(tmp_path: Path) -> None:
    dice, killed, ended = random.Random(7), 0, 0
    home = create_home(tmp_path / "home", kind="synthetic")
    while killed < KILLS:
        # Small files and many checkpoints, so that kills fall into making them as well.
        limits = (dice.choice((15, 60)), dice.choice((3, 20)))
        readers = [
            CONTEXT.Process(target=read_until_killed, args=(home.root, f"r{killed + each}", THREADS, limits))
            for each in range(READERS)
        ]
        before = written(home)
        for each in readers:
            each.start()
        end = time.monotonic() + PATIENCE
        while written(home) < before + 30 and time.monotonic() < end:
            time.sleep(0.01)
        for each in readers:
            time.sleep(dice.random() * 0.1)
            ended += each.exitcode is not None
            each.kill()
            each.join(PATIENCE)
            killed += 1
        found = verify(home.audit)
        assert append(home, ENTRY) == found.records + 1

    noted, kept = answered(home), {line["sequence"]: line["what"] for line in lines(home.audit)}
    lost = [sequence for sequence, what in noted.items() if kept.get(sequence) != what]
    refused = sum(line["outcome"] == "refused" for line in lines(home.audit))
    cover(home)
    write_down(
        {"trial": "audit: kills", "kills": killed, "records": len(kept), "answers": len(noted), "lost": len(lost)}
    )
    assert lost == []
    assert len(noted) > killed
    assert refused > 0
    assert ended == 0, "a reader ended by itself"
    assert verify(home.audit).covered == len(kept)
    assert verify_apart(home.audit, (home.audit / "audit.vkey").read_text(), []).startswith("VERIFIED")
