"""What every operational database does, in a file of the home and on a server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from stores.errors import ArchiveError, StoreError
from stores.home import Home, create_home
from stores.operational import Operational, open_operational
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.deliveries import DeliveryName, DeliveryState
from stores.operational.identity import EventKind, GenerationNote, IdentityFiles, LineageEvent

NAME = DeliveryName("people", "delta", date(2026, 7, 1), 1)


@pytest.fixture(params=["file", "server"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    made = create_home(tmp_path / "home", kind="synthetic")
    if request.param == "server":
        request.getfixturevalue("operational_server").named_in(made)
    return made


@pytest.fixture
def operational(home: Home) -> Iterator[Operational]:
    with open_operational(home) as opened:
        yield opened


def generation(operational: Operational, run_id: str, content: str, *events: LineageEvent) -> IdentityFiles:
    """Keeps a generation of persons whose two files hold this text."""
    files = operational.identity.begin("person")
    files.members.write_text(content)
    files.entities.write_text(content)
    operational.identity.keep("person", GenerationNote(run_id), files, events)
    return files


def test_what_was_written_is_there_after_opening_again(home: Home) -> None:
    with open_operational(home) as first:
        first.ledger.receive(NAME, file="a.csv", sha256="00")
    with open_operational(home) as again:
        assert [delivery.name for delivery in again.ledger.all()] == [NAME]


def test_a_database_of_a_newer_hub_is_refused(home: Home) -> None:
    with open_operational(home) as opened, opened._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match="If a newer hub wrote it"):
        open_operational(home)


def test_a_refused_delivery_keeps_its_number_when_it_comes_again(operational: Operational) -> None:
    first = operational.ledger.receive(NAME, file="a.csv", sha256="00")
    operational.ledger.mark(first.delivery_id, DeliveryState.REFUSED, note="torn")
    second = operational.ledger.receive(NAME, file="b.csv", sha256="11")

    assert (second.delivery_id, second.state, second.sha256) == (first.delivery_id, DeliveryState.RECEIVED, "11")


def test_a_note_may_quote_whatever_a_delivery_holds(operational: Operational) -> None:
    quoted = "column '姓\0名' 𠮷 \x1b \\ %s"
    received = operational.ledger.receive(NAME, file="a.csv", sha256="00")
    operational.ledger.mark(received.delivery_id, DeliveryState.REFUSED, note=quoted, outcome={"why": quoted})

    found = operational.ledger.get(received.delivery_id)
    assert (found.note, found.outcome) == (quoted.replace("\0", "␀"), {"why": quoted})


def test_the_latest_date_is_that_of_applied_deliveries(operational: Operational) -> None:
    older = operational.ledger.receive(NAME, file="a", sha256="00")
    operational.ledger.receive(replace(NAME, date=date(2026, 7, 9)), file="b", sha256="11")
    operational.ledger.mark(older.delivery_id, DeliveryState.APPLIED)

    assert operational.ledger.latest_date() == NAME.date


def test_an_archive_key_comes_back_until_it_is_destroyed(operational: Operational) -> None:
    key = operational.archive_keys.create(1)

    assert operational.archive_keys.get(1) == key
    operational.archive_keys.destroy(1)
    assert not operational.archive_keys.exists(1)
    with pytest.raises(ArchiveError, match="was destroyed"):
        operational.archive_keys.get(1)


def test_keys_are_useless_without_the_key_file_of_the_home(home: Home) -> None:
    with open_operational(home) as operational:
        operational.archive_keys.create(1)
    (home.keys / "archive.key").write_bytes(bytes(32))

    # A file belongs to the home that it lies in; a server is asked to whom it belongs.
    told = pytest.raises(StoreError, match=r"wrapped by another|belongs to another home")
    with told, open_operational(home) as operational:
        operational.archive_keys.get(1)


def test_the_generation_kept_last_is_the_current_one(operational: Operational) -> None:
    generation(operational, "r1", "one")
    last = generation(operational, "r2", "two")

    assert operational.identity.current("person") == last
    assert operational.identity.current("house") is None


def test_a_damaged_generation_gives_way_to_the_one_before_it(operational: Operational) -> None:
    first = generation(operational, "r1", "one", LineageEvent(EventKind.RETIRED, "P1"))
    second = generation(operational, "r2", "two", LineageEvent(EventKind.REVIVED, "P1"))
    second.members.write_text("twx")

    assert operational.identity.current("person") == first
    assert [run for run, _ in operational.identity.events("person")] == ["r1"]


def test_identity_that_is_damaged_throughout_is_never_minted_anew(operational: Operational) -> None:
    generation(operational, "r1", "one").entities.unlink()

    with pytest.raises(StoreError, match="restore the folder from a backup"):
        operational.identity.current("person")


def test_two_generations_are_kept(home: Home, operational: Operational) -> None:
    for run in ("r1", "r2", "r3"):
        generation(operational, run, run)

    assert sorted(path.name for path in home.identity.iterdir()) == [
        f"person-{number:06d}.{part}.parquet" for number in (2, 3) for part in ("entities", "members")
    ]


def test_the_later_decision_about_a_pair_holds(operational: Operational) -> None:
    first = Decision("person", 9, 4, DecisionKind.MUST_LINK, "steward", datetime(2026, 7, 1), "same phone")
    operational.decide(first)
    assert operational.decisions("person").select(["record_l", "record_r", "kind"]).to_pylist() == [
        {"record_l": 4, "record_r": 9, "kind": "must_link"}
    ]

    operational.decide(replace(first, kind=DecisionKind.CANNOT_LINK))
    assert operational.decisions("person")["kind"].to_pylist() == ["cannot_link"]

    operational.decide(replace(first, kind=DecisionKind.WITHDRAWN))
    assert operational.decisions("person").num_rows == 0


def test_a_run_is_taken_up_with_the_stages_it_finished(operational: Operational) -> None:
    operational.runs.start("r1", {"as_of": "2026-07-01"})
    operational.runs.finish_stage("r1", "ingest", {"deliveries": 3})
    operational.runs.finish_stage("r1", "ingest", {"deliveries": 4})

    assert operational.runs.start("r1").stages == {"ingest": {"deliveries": 4}}
    operational.runs.finish("r1")
    latest = operational.runs.latest()
    assert latest is not None
    assert (latest.run_id, latest.state) == ("r1", "finished")
