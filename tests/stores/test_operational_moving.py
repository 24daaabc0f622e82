"""The operational database moves from the file of a home to a server: whole, once, and in one step."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from stores.errors import SettingsError, StoreError
from stores.home import Home, create_home
from stores.operational import Operational, open_operational, read_operational
from stores.operational import moving as moving_module
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.deliveries import DeliveryName, DeliveryState
from stores.operational.identity import EventKind, GenerationNote, LineageEvent
from stores.operational.moving import move_to_server
from tests.postgresql.operational import OperationalServer

NAMES = [DeliveryName("people", "delta", date(2026, 7, 1), number) for number in range(1, 4)]
DECISION = Decision("person", 4, 9, DecisionKind.MUST_LINK, "steward", datetime(2026, 7, 1, 8, 30, 1, 5), "同一电话")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose file holds a row of every kind."""
    made = create_home(tmp_path / "home", kind="synthetic")
    with open_operational(made) as operational:
        for name in NAMES[:2]:
            operational.ledger.receive(name, file="a.csv", sha256="00")
        operational.ledger.mark(1, DeliveryState.APPLIED, note="姓名", outcome={"rows": 3, "why": None})
        operational.archive_keys.create(1)
        operational.decide(DECISION)
        operational.runs.start("r1", {"inputs": "x"})
        operational.runs.finish_stage("r1", "ingest", {"deliveries": 2})
        files = operational.identity.begin("person")
        files.members.write_text("members")
        files.entities.write_text("entities")
        operational.identity.keep("person", GenerationNote("r1"), files, [LineageEvent(EventKind.SPLIT, "P1", "P2")])
    return made


def held(operational: Operational) -> list[object]:
    return [
        operational.ledger.all(),
        operational.archive_keys.get(1),
        operational.decisions("person").to_pylist(),
        operational.runs.all(),
        operational.identity.current("person"),
        operational.identity.events("person"),
    ]


def test_everything_is_on_the_server_and_the_file_is_gone(home: Home, operational_server: OperationalServer) -> None:
    with read_operational(home) as operational:
        before = held(operational)
    operational_server.named_in(home)
    move_to_server(home, "move-operational")

    assert sorted(path.name for path in home.operational.parent.iterdir()) == ["elsewhere"]
    with read_operational(home) as operational:
        assert held(operational) == before


def test_the_counting_goes_on_where_it_was(home: Home, operational_server: OperationalServer) -> None:
    operational_server.named_in(home)
    move_to_server(home, "move-operational")
    with open_operational(home) as operational:
        assert operational.ledger.receive(NAMES[2], file="b.csv", sha256="11").delivery_id == 3
        operational.decide(DECISION)
        assert operational.decisions("person").num_rows == 1


@pytest.mark.parametrize("step", ["_copy_table", "write_durably", "remove_durably"])
def test_a_move_that_is_cut_off_loses_nothing_and_is_done_again(
    home: Home, operational_server: OperationalServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with read_operational(home) as operational:
        before = held(operational)
    operational_server.named_in(home)
    with monkeypatch.context() as patched:
        patched.setattr(moving_module, step, cut_off)
        with pytest.raises(KeyboardInterrupt):
            move_to_server(home, "move-operational")
    move_to_server(home, "move-operational")
    with read_operational(home) as operational:
        assert held(operational) == before
    assert not home.operational.exists()


def cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_copy_that_differs_moves_nothing(
    home: Home, operational_server: OperationalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: Callable[..., str] = moving_module._sum
    seen: list[str] = []

    def differs(*asked: object) -> str:
        seen.append(summed(*asked))
        return f"{len(seen)}"

    operational_server.named_in(home)
    monkeypatch.setattr(moving_module, "_sum", differs)
    with pytest.raises(StoreError, match="not the same after it was copied: nothing was moved"):
        move_to_server(home, "move-operational")
    assert home.operational.exists()
    assert operational_server.value("SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'") == 0


def test_without_a_server_or_without_a_file_nothing_can_be_moved(
    tmp_path: Path, operational_server: OperationalServer
) -> None:
    home = create_home(tmp_path / "new", kind="synthetic")
    with pytest.raises(SettingsError, match="name the server first"):
        move_to_server(home, "move-operational")
    operational_server.named_in(home)
    with pytest.raises(SettingsError, match="`hub init` makes one on postgresql://127"):
        move_to_server(home, "move-operational")
