"""Accounts as they are kept: in a file and on a server alike, never deleted, and seen at once by whoever looks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stores.errors import StoreError
from stores.home import Home, create_home
from stores.operational import open_operational, read_operational
from stores.operational.accounts import AccountError, AccountKind, Accounts, Change, CredentialKind, NewAccount
from stores.operational.live import LiveAccounts
from stores.operational.moving import move_to_server
from stores.operational.replays import Replays
from tests.postgresql.operational import OperationalServer

NOON = datetime(2026, 7, 1, 12)
CHANGE = Change("zhao", NOON)
HOUSING = NewAccount("housing", AccountKind.SERVICE, "housing", areas=("310110001",))
WANG = NewAccount("wang", AccountKind.PERSON, "housing", ("analyst",), holder="0417", subject="u-17")


@pytest.fixture(params=["file", "server"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    made = create_home(tmp_path / "home", kind="real")
    if request.param == "server":
        server: OperationalServer = request.getfixturevalue("operational_server")
        server.named_in(made)
    open_operational(made).close()
    return made


@pytest.fixture
def live(home: Home) -> Iterator[LiveAccounts]:
    accounts = LiveAccounts(home)
    yield accounts
    accounts.close()


def test_an_account_is_kept_as_it_was_made(home: Home) -> None:
    with open_operational(home) as operational:
        operational.accounts.add(HOUSING, CHANGE)
        operational.accounts.add(WANG, CHANGE)
        number = operational.accounts.set_credential(
            "housing", CredentialKind.SECRET, "hash", CHANGE, others_end_at=NOON
        )
    with read_operational(home) as operational:
        found = operational.accounts.find("housing")
        assert [each.name for each in operational.accounts.all()] == ["housing", "wang"]
        assert [each.name for each in operational.accounts.find_holder("0417")] == ["wang"]
        wang = operational.accounts.find_subject("u-17")
    assert found is not None and wang is not None
    assert (found.areas, found.made_by, found.made_at) == (("310110001",), "zhao", NOON)
    assert [(each.credential_id, each.content) for each in found.in_force(NOON)] == [(number, "hash")]
    assert (wang.roles, wang.credentials) == (("analyst",), ())


def test_a_name_is_given_once_and_a_subject_has_one_account_at_a_time(home: Home, live: LiveAccounts) -> None:
    second = replace(WANG, name="wang.2")
    with open_operational(home) as operational:
        operational.accounts.add(WANG, CHANGE)
        for refused in (WANG, second):
            with pytest.raises(AccountError, match="a name is given once for good"):
                operational.accounts.add(refused, CHANGE)
        operational.accounts.revoke("wang", "left", CHANGE)
        assert live.find_subject("u-17") is None
        with pytest.raises(AccountError, match="a name is given once for good"):
            operational.accounts.add(WANG, CHANGE)
        operational.accounts.add(second, CHANGE)
        found = live.find_subject("u-17")
    assert found is not None and found.name == "wang.2"


def test_a_credential_ends_the_others_at_once_or_when_the_overlap_is_over(home: Home) -> None:
    later = NOON + timedelta(hours=2)
    with open_operational(home) as operational:
        operational.accounts.add(HOUSING, CHANGE)
        for content, others_end_at in (("a", NOON), ("b", later), ("c", later), ("d", later - timedelta(hours=1))):
            operational.accounts.set_credential(
                "housing", CredentialKind.SECRET, content, CHANGE, others_end_at=others_end_at
            )
        found = operational.accounts.find("housing")
    assert found is not None
    assert [each.content for each in found.in_force(NOON)] == ["a", "b", "c", "d"]
    assert [each.content for each in found.in_force(later)] == ["d"]
    assert {each.ends_at for each in found.credentials[:3]} == {later - timedelta(hours=1)}


def test_a_revoked_account_stays_on_file_and_takes_nothing_more(home: Home) -> None:
    with open_operational(home) as operational:
        operational.accounts.add(HOUSING, CHANGE)
        operational.accounts.set_credential("housing", CredentialKind.KEY, "{}", CHANGE, others_end_at=NOON)
        operational.accounts.revoke("housing", "key lost", CHANGE)
        found = operational.accounts.find("housing")
        for name, told in (("housing", "is revoked, and stays so"), ("nobody", "no account nobody")):
            with pytest.raises(AccountError, match=told):
                operational.accounts.revoke(name, "again", CHANGE)
            with pytest.raises(AccountError, match=told):
                operational.accounts.set_credential(name, CredentialKind.KEY, "{}", CHANGE, others_end_at=NOON)
    assert found is not None
    assert (found.is_revoked, found.revoked_by, found.revoked_why) == (True, "zhao", "key lost")
    assert found.in_force(NOON - timedelta(days=1)) == ()


def test_whoever_looks_sees_a_change_at_once(home: Home, live: LiveAccounts) -> None:
    assert live.find("wang") is None
    with open_operational(home) as operational:
        operational.accounts.add(WANG, CHANGE)
        found, by_subject = live.find("wang"), live.find_subject("u-17")
        assert found == by_subject == operational.accounts.find("wang")
        operational.accounts.revoke("wang", "left", CHANGE)
        found = live.find("wang")
    assert found is not None and found.is_revoked


def test_whoever_looks_at_a_server_goes_on_after_it_was_cut_off(
    tmp_path: Path, operational_server: OperationalServer
) -> None:
    home = operational_server.named_in(create_home(tmp_path / "home", kind="real"))
    with open_operational(home) as operational:
        operational.accounts.add(WANG, CHANGE)
    live = LiveAccounts(home)
    assert live.find("wang") is not None
    operational_server.cut()
    assert live.find("wang") is not None
    live.close()


def test_whoever_looks_cannot_write(tmp_path: Path, operational_server: OperationalServer) -> None:
    home = operational_server.named_in(create_home(tmp_path / "home", kind="real"))
    open_operational(home).close()
    live = LiveAccounts(home)
    assert live._server is not None
    with pytest.raises(StoreError, match="takes no writes"):
        Accounts(live._server).add(WANG, CHANGE)
    live.close()


def test_accounts_move_to_a_server_with_everything_else(tmp_path: Path, operational_server: OperationalServer) -> None:
    home = create_home(tmp_path / "home", kind="real")
    with open_operational(home) as operational:
        for each in (HOUSING, WANG):
            operational.accounts.add(each, CHANGE)
        operational.accounts.set_credential("housing", CredentialKind.SECRET, "a", CHANGE, others_end_at=NOON)
        operational.accounts.add_own_id_key(1, "0f", CHANGE)
        before = operational.accounts.all()
    operational_server.named_in(home)
    move_to_server(home, "move-operational")
    with open_operational(home) as operational:
        assert operational.accounts.all() == before
        assert operational.accounts.own_id_keys() == {1: "0f"}
        second = operational.accounts.set_credential("housing", CredentialKind.SECRET, "b", CHANGE, others_end_at=NOON)
        assert second == 2


def test_a_proof_counts_once_until_it_expires(tmp_path: Path) -> None:
    replays, elsewhere = Replays(tmp_path / "replays.sqlite"), Replays(tmp_path / "replays.sqlite")
    assert replays.spend("housing", "a", until=100, now=0)
    assert not elsewhere.spend("housing", "a", until=100, now=99)
    assert elsewhere.spend("education", "a", until=100, now=0)
    assert replays.spend("housing", "a", until=200, now=100)
    assert replays.file.stat().st_mode & 0o777 == 0o600


def test_of_many_workers_that_are_handed_one_proof_at_once_one_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "replays.sqlite"

    def spend(turn: int) -> bool:
        return Replays(file).spend("housing", f"{turn // 8}", until=100, now=0)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(80))) == 10


def test_where_a_proof_cannot_be_kept_nobody_is_let_in(tmp_path: Path) -> None:
    file = tmp_path / "replays.sqlite"
    file.write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="nobody is let in"):
        Replays(file).spend("housing", "a", until=100, now=0)
