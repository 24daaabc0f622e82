"""SIGKILL while deliveries are handed in, and while they are taken in: none is lost, none doubled."""

import json
import os
import random
import shutil
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from hub.sharing.accounts import Made
from hub.sharing.tokens import open_trust
from ingestion.recognise import recognise
from schemas.declarations import load_declarations
from stores.home import Home, create_home, open_home
from stores.inbox import Envelope, Inbox
from stores.operational.receipts import NewReceipt, ReceiptState, open_receipts
from tests.api.handing import Desk, at_desk, feed_of, handing_hub, row
from tests.faults.calls import CONTEXT, HubCall, run_hub
from tests.faults.conftest import Town
from tests.faults.whole import Counts, acknowledged, tables_of, unreadable
from tests.hub.sharing.asking import Hub
from tests.trials import trials, write_down

KILLS = trials(few=2, full=200)
FILES = 6
FEEDS = ("civil_affairs", "school_roll", "utilities")


def hand_in_again_and_again(root: Path, relief: Made, told: Path, begun: Path) -> None:
    """Hands in files one after the other, and writes down which were acknowledged, until it is killed."""
    home = open_home(root)
    with at_desk(Hub(home, open_trust(home), {"relief": relief})) as api, told.open("a") as file:
        begun.touch()
        for number in range(1, FILES + 1):
            answer = Desk(api).hand_in(feed_of(row(number)), f"key-{number:04d}", sequence=number)
            assert answer.status_code == 202, answer.text
            file.write(json.dumps([number, answer.json()["receipt"]]) + "\n")
            file.flush()
            os.fsync(file.fileno())


def test_what_was_acknowledged_is_in_the_inbox_once_however_often_it_is_sent_again(tmp_path: Path) -> None:
    counts, chance = Counts("kills while deliveries are handed in"), random.Random(7)
    hub = handing_hub(tmp_path)
    relief, told, begun = hub.made["relief"], tmp_path / "told", tmp_path / "begun"
    assert relief is not None
    arguments = (hub.home.root, relief, told, begun)
    for _ in range(KILLS):
        begun.unlink(missing_ok=True)
        process = CONTEXT.Process(target=hand_in_again_and_again, args=arguments)
        process.start()
        while not begun.exists():
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.6))
        process.kill()
        process.join()
        counts.note("handing in")
    hand_in_again_and_again(*arguments)
    said = [json.loads(line) for line in told.read_text().splitlines() if line.endswith("]")]
    receipts = open_receipts(hub.home).all()
    counts.lost = len({receipt for _, receipt in said} - {each.receipt for each in receipts})
    counts.doubled = len(receipts) - FILES
    for each in receipts:
        plain = tmp_path / each.receipt
        Inbox(hub.home).open(Envelope(each.receipt, each.name), plain)
        counts.lost += plain.read_bytes() != feed_of(row(each.name.sequence))
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
    assert [each.name.sequence for each in receipts] == list(range(1, FILES + 1))


def fill(home: Home, feeds: Path) -> None:
    """Puts the files of some feeds into the inbox as the service does."""
    contracts, inbox = load_declarations().contracts, Inbox(home)
    files = sorted(file for feed in FEEDS for file in feeds.rglob(f"{feed}_*"))
    assert len(files) > len(FEEDS)
    for number, file in enumerate(reversed(files)):
        name = recognise(file, contracts).name
        envelope = Envelope(f"{number:032x}", name)
        with inbox.arriving(envelope) as arriving:
            arriving.write(file.read_bytes())
        inbox.keep(envelope)
        new = NewReceipt(envelope.receipt, str(number), name, arriving.sha256, arriving.size)
        open_receipts(home).add(new, datetime.now(UTC))


def told_of(home: Home) -> list[tuple[object, ...]]:
    """What the receipts say."""
    return [(each.name, each.state, each.report) for each in open_receipts(home).all()]


def test_a_run_that_is_killed_while_it_takes_the_inbox_in_is_made_good_by_the_next(town: Town, tmp_path: Path) -> None:
    counts, chance = Counts("kills while the inbox is taken in"), random.Random(8)
    full = create_home(tmp_path / "full", kind="synthetic")
    fill(full, town.feeds)
    calm = town.copy(full, tmp_path / "calm")
    begin = time.monotonic()
    assert run_hub(calm.root, "ingest", "--inbox")[0] == 0
    took, homes = time.monotonic() - begin, 0
    while counts.count < KILLS:
        homes += 1
        home = town.copy(full, tmp_path / f"home{homes}")
        process = HubCall(home.root, ("ingest", "--inbox")).start()
        if not process.ended_within(chance.uniform(0.2, took)):
            process.kill()
            counts.note(process.stage())
        code, said = run_hub(home.root, "ingest", "--inbox")
        assert code == 0, said
        found, expected = tables_of(home), tables_of(calm)
        counts.lost += len(acknowledged(calm) - acknowledged(home)) + unreadable(home)
        counts.doubled += len(acknowledged(home) - acknowledged(calm))
        counts.half_served += found != expected or told_of(home) != told_of(calm)
        counts.lost += any(each.state is not ReceiptState.TAKEN_IN for each in open_receipts(home).all())
        counts.doubled += len(list(home.inbox.iterdir())) + len(list(home.temp.glob("inbox-*")))
        shutil.rmtree(home.root)
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
