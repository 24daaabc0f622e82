"""`hub status` tells what waits for a run and for a person."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from stores.home import create_home
from stores.operational import open_operational
from stores.operational.deliveries import DeliveryName
from stores.operational.disputes import DisputeKind, DisputeState, NewDispute, Ruling, Said, Subject
from stores.operational.receipts import NewReceipt, Outcome, ReceiptState, open_receipts
from tests.hub.typed import Hub

AT = datetime(2026, 7, 1, 4)
FACT = Subject(DisputeKind.FACT, "person", "P1", "birth_date", 11)


def test_the_status_tells_what_was_handed_in_and_what_is_disputed_until_it_is_settled(hub: Hub, tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")

    def told() -> tuple[int, int]:
        said = json.loads(hub("status", "--home", str(home.root), "--format", "json").out)
        return said["handed_in"], said["disputed"]

    receipts = open_receipts(home)
    name = DeliveryName("civil_affairs", "full", date(2026, 7, 1), 1)
    receipt = receipts.add(NewReceipt("r1", "reference", name, "0" * 64, 10), AT.replace(tzinfo=UTC))
    with open_operational(home) as operational:
        dispute = operational.disputes.hand_in(NewDispute(FACT, Said("wrong"), "wang", None, AT))
    assert told() == (1, 1)
    shown = hub("status", "--home", str(home.root)).out
    assert "1 handed in over the network" in shown and "1 disputed facts and links" in shown
    receipts.settle(receipt.number, Outcome(ReceiptState.TAKEN_IN, 1, {}))
    with open_operational(home) as operational:
        operational.disputes.rule(dispute.dispute_id, Ruling("li", AT, "seen", DisputeState.REJECTED))
    assert told() == (0, 0)
