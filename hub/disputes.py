"""Disputes of facts and links: handed in by anybody, decided by somebody else; each step passes the door first.

To hand one in, nobody waits. Decisions wait a moment for whoever writes, and are told where that takes longer, as a
run does.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from hub.reading.claims import Claim, check_claim
from hub.reading.disputes import find_dispute, reading_of
from hub.reading.reader import Reader
from hub.reading.rulings import Bench, Effects, Verdict
from hub.sharing.request import Answer
from schemas.readers.purposes import Verb
from stores.errors import HomeBusyError
from stores.home import Home
from stores.lock import held
from stores.operational import Operational, open_operational, read_operational
from stores.operational.disputes import Dispute, DisputeState, Ruling
from stores.snapshots import Snapshot

VERB = "dispute"
PATIENCE, PAUSE = 3.0, 0.05


def hand_in(reader: Reader, claim: Claim) -> Dispute:
    """Keeps the claim as an open dispute; the same request again gives the dispute that it made.

    What is disputed is marked from here on (`hub.disputed`), also while a run writes. Raises UsageError where there is
    nothing to dispute, DisputeError where no reason is given.
    """
    new = check_claim(reader, claim)
    with read_operational(reader.home) as operational:
        dispute = operational.disputes.hand_in(new)
    with suppress(HomeBusyError), held(reader.home, VERB), open_operational(reader.home, VERB):
        # Opening it takes in what waits; where somebody writes, the next writer does.
        return dispute
    return dispute


def decide(reader: Reader, verdict: Verdict, *, again: bool = False) -> Dispute:
    """Ends a dispute as another person decides; what comes of it takes effect in the next run.

    `again` where an earlier try was cut off: what it did is told and not done twice. Raises DisputeError where it is
    not open or whoever decides has handed it in, UsageError where nothing would come of upholding it.
    """
    dispute = find_dispute(reader, verdict.dispute_id, verb=Verb.REVIEW)
    state = DisputeState.UPHELD if verdict.is_upheld else DisputeState.REJECTED
    is_done = again and _has_ended(dispute, reader, state)
    found: list[Effects] = []

    def run(snapshot: Snapshot) -> Answer:
        assert dispute is not None
        if verdict.is_upheld and not is_done:
            with reader.entities(snapshot) as tables, read_operational(reader.home) as operational:
                bench = Bench(snapshot, tables, reader.declarations, operational, reader.caller.name)
                found.append(bench.effects(dispute, verdict))
        return _told(dispute)

    reader.read(reading_of(dispute, verdict.dispute_id, Verb.REVIEW, f"decide:{state.value}"), run)
    assert dispute is not None
    if is_done:
        return dispute
    ruling = Ruling(reader.caller.name, _now(), verdict.why, state)
    for each in found:
        ruling = replace(ruling, corrections=each.corrections, ended=each.ended, decisions=each.decisions)
    return _end(reader, dispute, ruling)


def withdraw(reader: Reader, dispute_id: str, why: str, *, again: bool = False) -> Dispute:
    """Takes a dispute back, for whoever has handed it in; `again` as for `decide`."""
    dispute = find_dispute(reader, dispute_id, verb=Verb.DISPUTE)
    reader.read(reading_of(dispute, dispute_id, Verb.DISPUTE, "withdraw"), lambda _: _told(dispute))
    assert dispute is not None
    if again and _has_ended(dispute, reader, DisputeState.WITHDRAWN):
        return dispute
    return _end(reader, dispute, Ruling(reader.caller.name, _now(), why, DisputeState.WITHDRAWN))


def _has_ended(dispute: Dispute | None, reader: Reader, state: DisputeState) -> bool:
    """Whether whoever reads has ended it so."""
    return dispute is not None and (dispute.state, dispute.decided_by) == (state, reader.caller.name)


def _end(reader: Reader, dispute: Dispute, ruling: Ruling) -> Dispute:
    with _writing(reader.home) as operational:
        operational.disputes.rule(dispute.dispute_id, ruling)
        return operational.disputes.get(dispute.dispute_id)


@contextmanager
def _writing(home: Home) -> Iterator[Operational]:
    """The operational database for writing; whoever writes there is waited for a moment."""
    end = time.monotonic() + PATIENCE
    while True:
        with ExitStack() as stack:
            try:
                stack.enter_context(held(home, VERB))
                operational = stack.enter_context(open_operational(home, VERB))
            except HomeBusyError:
                if time.monotonic() > end:
                    raise
            else:
                yield operational
                return
        time.sleep(PAUSE)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _told(dispute: Dispute | None) -> Answer:
    table = pa.table({"dispute": [dispute.dispute_id if dispute else ""]})
    return Answer(table, shows={"dispute": frozenset()})
