"""Disputes and corrections in the operational database: who may do what, once for each request, nothing in clear."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from stores.errors import StoreError
from stores.home import Home, create_home
from stores.operational import Operational, open_operational, read_operational
from stores.operational.corrections import CorrectionState, NewCorrection
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.disputes import (
    Dispute,
    DisputeError,
    DisputeKind,
    DisputeState,
    NewDispute,
    Ruling,
    Said,
    Subject,
)
from stores.operational.live import LiveDisputes
from stores.operational.moving import move_to_server
from stores.operational.personal import PersonalTexts
from tests.postgresql.operational import OperationalServer

# The fixtures open it in a file of the home and on a server.
from tests.stores.test_operational import home, operational
from tests.trials import trials

__all__ = ["home", "operational"]
AT, LATER = datetime(2026, 7, 1, 9), datetime(2026, 7, 2, 9)
FACT = Subject(DisputeKind.FACT, "person", "P1", "birth_date", 11)
SAID = Said("the card says otherwise", "1980-02-03", "people:K17")
NEW = NewDispute(FACT, SAID, "wang", "housing", AT, "request-1")
UPHELD = Ruling("li", LATER, "seen the card", DisputeState.UPHELD)
CORRECTION = NewCorrection("person", 11, "people", "birth_date", "ab12", "K17", "1980-02-03", "v1")


def added(operational: Operational, new: NewDispute) -> Dispute:
    """What a writer finds who comes after it was handed in."""
    made = operational.disputes.hand_in(new)
    operational.disputes.take_in()
    return made


def upheld(operational: Operational, *corrections: NewCorrection) -> str:
    """The number of an upheld dispute with these corrections."""
    number = added(operational, replace(NEW, request_key=None)).dispute_id
    operational.disputes.rule(number, replace(UPHELD, corrections=corrections))
    return number


def test_what_was_handed_in_is_there_and_open(operational: Operational) -> None:
    made = added(operational, NEW)
    assert (made.subject, made.made_by, made.department, made.state) == (FACT, "wang", "housing", DisputeState.OPEN)
    assert operational.disputes.all() == operational.disputes.all(DisputeState.OPEN) == [made]
    assert (operational.disputes.said(made.dispute_id), operational.disputes.reason(made.dispute_id)) == (SAID, None)


def test_the_same_request_of_one_caller_is_one_dispute(operational: Operational) -> None:
    made = added(operational, NEW)
    assert added(operational, replace(NEW, made_at=LATER)) == made
    added(operational, replace(NEW, made_by="zhao"))
    with pytest.raises(DisputeError, match="another dispute before"):
        added(operational, replace(NEW, said=replace(SAID, proposed="1980-02-04")))
    assert len(operational.disputes.all()) == 2


@pytest.mark.parametrize("lacking", [{"made_by": " "}, {"said": Said(" ")}])
def test_a_dispute_without_a_name_or_a_reason_is_refused(operational: Operational, lacking: dict[str, object]) -> None:
    with pytest.raises(DisputeError, match="needs somebody"):
        added(operational, replace(NEW, **lacking))  # type: ignore[arg-type]
    assert operational.disputes.all() == []


@pytest.mark.parametrize(
    ("ruling", "told"),
    [
        (replace(UPHELD, who="wang"), "your own"),
        (replace(UPHELD, who="wang", state=DisputeState.REJECTED), "your own"),
        (replace(UPHELD, state=DisputeState.WITHDRAWN), "somebody else's"),
        (replace(UPHELD, why=""), "with a reason"),
        (replace(UPHELD, who=""), "with a reason"),
    ],
)
def test_nobody_decides_their_own_or_withdraws_another_s(operational: Operational, ruling: Ruling, told: str) -> None:
    number = added(operational, NEW).dispute_id
    with pytest.raises(DisputeError, match=told):
        operational.disputes.rule(number, replace(ruling, corrections=[CORRECTION]))
    assert operational.disputes.get(number).state is DisputeState.OPEN
    assert operational.corrections.in_force() == []


def test_what_was_decided_stays(operational: Operational) -> None:
    number = added(operational, NEW).dispute_id
    operational.disputes.rule(number, replace(UPHELD, state=DisputeState.REJECTED))
    with pytest.raises(DisputeError, match="rejected already"):
        operational.disputes.rule(number, UPHELD)
    decided = operational.disputes.get(number)
    assert (decided.state, decided.decided_by, decided.decided_at) == (DisputeState.REJECTED, "li", LATER)
    assert operational.disputes.reason(number) == "seen the card"
    with pytest.raises(DisputeError, match="no dispute D0"):
        operational.disputes.rule("D0", UPHELD)


def test_whoever_disputed_withdraws_it(operational: Operational) -> None:
    number = added(operational, NEW).dispute_id
    operational.disputes.rule(number, Ruling("wang", LATER, "my mistake", DisputeState.WITHDRAWN))
    assert operational.disputes.get(number).state is DisputeState.WITHDRAWN


def test_what_waits_is_known_before_a_writer_has_taken_it_in(operational: Operational) -> None:
    made = operational.disputes.hand_in(NEW)
    assert operational.disputes.hand_in(replace(NEW, made_at=LATER)) == made
    assert operational.disputes.get(made.dispute_id) == made
    assert (operational.disputes.all(), operational.disputes.said(made.dispute_id)) == ([made], SAID)
    with pytest.raises(DisputeError, match="another dispute before"):
        operational.disputes.hand_in(replace(NEW, said=Said("other")))
    operational.disputes.take_in()
    assert (operational.disputes.all(), operational.disputes.said(made.dispute_id)) == ([made], SAID)


def test_one_that_was_taken_in_and_not_removed_counts_once(home: Home) -> None:
    with open_operational(home) as operational:
        made = operational.disputes.hand_in(NEW)
        [waiting] = home.disputes.iterdir()
        content = waiting.read_bytes()
        operational.disputes.take_in()
        waiting.write_bytes(content)
        assert operational.disputes.all() == [made]
    with open_operational(home) as operational:
        operational.disputes.rule(made.dispute_id, UPHELD)
        assert [each.state for each in operational.disputes.all()] == [DisputeState.UPHELD]
    assert list(home.disputes.iterdir()) == []


def test_one_that_was_altered_while_it_waits_is_noticed(home: Home) -> None:
    with open_operational(home) as operational:
        operational.disputes.hand_in(NEW)
        [waiting] = home.disputes.iterdir()
        content = waiting.read_bytes()
        waiting.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(StoreError, match="is not the dispute that was handed in"):
            operational.disputes.take_in()


HANDING_IN = """
import sys
from datetime import datetime
from pathlib import Path
from stores.home import open_home
from stores.operational import open_operational, read_operational
from stores.operational.disputes import DisputeKind, NewDispute, Said, Subject
home = open_home(Path(sys.argv[1]))
for number in range(1000):
    subject = Subject(DisputeKind.FACT, "person", f"P{number}", "birth_date")
    with read_operational(home) as operational:
        made = operational.disputes.hand_in(NewDispute(subject, Said("so"), "wang", None, datetime(2026, 7, 1)))
    print(made.dispute_id, flush=True)
    if number % 3 == 2:
        open_operational(home).close()
"""
KILLS = trials(few=2, full=60)


def test_no_acknowledged_dispute_is_lost_or_doubled_by_a_kill(tmp_path: Path) -> None:
    home, acknowledged = create_home(tmp_path / "home", kind="synthetic"), set[str]()
    for kill in range(KILLS):
        command = [sys.executable, "-c", HANDING_IN, str(home.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged |= {process.stdout.readline().strip() for _ in range(3 + kill % 7)}
            process.kill()
            acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}
    with open_operational(home) as operational:
        kept = [each.dispute_id for each in operational.disputes.all(DisputeState.OPEN)]
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept)) <= len(acknowledged) + KILLS


def test_a_disputed_link_that_is_upheld_is_a_decision(operational: Operational) -> None:
    number = added(operational, replace(NEW, subject=Subject(DisputeKind.APART, "person", "P1", None, 11)))
    decision = Decision("person", 11, 12, DecisionKind.CANNOT_LINK, "li", LATER, "dispute 1")
    operational.disputes.rule(number.dispute_id, replace(UPHELD, decisions=[decision]))
    [row] = operational.decisions("person").to_pylist()
    assert (row["record_l"], row["record_r"], row["kind"], row["who"]) == (11, 12, "cannot_link", "li")


def test_a_correction_has_the_right_value_and_a_state_with_its_events(operational: Operational) -> None:
    upheld(operational, CORRECTION)
    [kept] = operational.corrections.in_force()
    assert (kept.record_key, kept.right, kept.made_by, kept.state) == (
        *("K17", "1980-02-03", "li"),
        CorrectionState.DECIDED,
    )
    for state in (CorrectionState.APPLIED, CorrectionState.APPLIED, CorrectionState.SUPERSEDED):
        operational.corrections.settle({kept.correction_id: state}, LATER)
    events = operational.corrections.since(0, ["people"], 10)
    assert [each.state.value for each in events] == ["decided", "applied", "superseded"]
    assert events[-1].correction == operational.corrections.in_force()[0]
    assert operational.corrections.since(events[0].position, ["people"], 1) == events[1:2]
    assert operational.corrections.since(0, ["others"], 10) == []


def test_a_later_correction_ends_the_one_that_it_replaces(operational: Operational) -> None:
    upheld(operational, CORRECTION)
    [first] = operational.corrections.in_force()
    number = upheld(operational, replace(CORRECTION, right=None, replaces=(first.correction_id,)))
    [second] = operational.corrections.in_force()
    assert (second.dispute_id, second.right) == (number, None)
    [ended, _] = operational.corrections.of_feeds(["people"])
    assert (ended.state, ended.ended_by) == (CorrectionState.ENDED, number)


def test_upholding_is_all_or_nothing(operational: Operational) -> None:
    number = added(operational, NEW).dispute_id
    broken = replace(CORRECTION, feed=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="feed"):
        operational.disputes.rule(number, replace(UPHELD, corrections=[CORRECTION, broken]))
    assert operational.disputes.get(number).state is DisputeState.OPEN
    assert operational.corrections.of_feeds(["people"]) == []


def test_nothing_that_was_said_stands_there_in_clear(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    with open_operational(home) as operational:
        upheld(operational, CORRECTION)
        objects: list[object] = [NEW, UPHELD, CORRECTION, *operational.disputes.all()]
        objects += operational.corrections.in_force()
    content = home.operational.read_bytes()
    assert b"birth_date" in content
    for text in ("1980-02-03", "K17", "the card says otherwise", "seen the card"):
        assert text.encode() not in content
        assert text not in repr(objects)


def test_sealed_texts_open_under_their_own_label_and_key_alone(tmp_path: Path) -> None:
    first, second = (PersonalTexts.of(create_home(tmp_path / name, kind="real")) for name in ("a", "b"))
    sealed = first.seal({"why": "so"}, "dispute 1")
    assert first.open(sealed, "dispute 1") == {"why": "so"}
    for texts, label in ((first, "dispute 2"), (second, "dispute 1")):
        with pytest.raises(StoreError, match=f"sealed of {label}"):
            texts.open(sealed, label)
    assert first.hash("a", "b") != first.hash("ab") != second.hash("ab")


def test_what_is_disputed_is_known_at_once_and_until_a_later_run(home: Home) -> None:
    with open_operational(home) as operational:
        operational.runs.start("run-000001")
    live = LiveDisputes(home)
    assert live.standing("run-000001") == []
    with read_operational(home) as operational:
        made = operational.disputes.hand_in(NEW)
        withdrawn = operational.disputes.hand_in(replace(NEW, made_by="zhao", made_at=LATER))
    assert live.standing("run-000001") == [made, withdrawn]
    with open_operational(home) as operational:
        assert list(home.disputes.iterdir()) == []
        assert live.standing("run-000001") == [made, withdrawn]
        operational.disputes.rule(withdrawn.dispute_id, replace(UPHELD, who="zhao", state=DisputeState.WITHDRAWN))
        operational.disputes.rule(made.dispute_id, UPHELD)
        operational.runs.start("run-000002")
    assert [each.dispute_id for each in live.standing("run-000001")] == [made.dispute_id]
    assert live.standing("run-000002") == []
    live.close()


def test_they_move_to_a_server_with_everything_else(tmp_path: Path, operational_server: OperationalServer) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    with open_operational(home) as operational:
        number = upheld(operational, CORRECTION)
        before = operational.corrections.in_force()
    move_to_server(operational_server.named_in(home), "move-operational")
    with open_operational(home) as operational:
        assert (operational.corrections.in_force(), operational.disputes.said(number)) == (before, SAID)
        assert added(operational, NEW).dispute_id != number
    with read_operational(home) as operational:
        assert len(operational.disputes.all()) == 2
