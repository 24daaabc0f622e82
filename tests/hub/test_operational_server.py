"""The commands where the operational database is on a server."""

import re
from pathlib import Path

import pytest

from stores.home import open_home
from stores.operational import open_operational
from tests.hub.typed import Hub
from tests.postgresql.operational import PASSWORD, OperationalServer


@pytest.fixture
def place(tmp_path: Path, operational_server: OperationalServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a home is to be made, in an environment that names the server."""
    monkeypatch.setenv("HUB_OPERATIONAL_URL", operational_server.url)
    monkeypatch.setenv("HUB_OPERATIONAL_PASSWORD_FILE", str(operational_server.password_file))
    return str(tmp_path / "home")


def test_init_makes_the_tables_and_says_where(place: str, hub: Hub, operational_server: OperationalServer) -> None:
    for _ in range(2):
        done = hub("--home", place, "init", "--kind", "synthetic")
        assert done.code == 0, done.err
        assert "Its operational database is postgresql://127.0.0.1:" in done.out
    assert operational_server.value("SELECT count(*)::int FROM home") == 1
    status = hub("--home", place, "status")
    assert status.code == 0, status.err
    assert "as of nothing yet" in " ".join(status.out.split())


def test_a_mistaken_setting_is_the_callers(place: str, hub: Hub, operational_server: OperationalServer) -> None:
    operational_server.password_file.chmod(0o644)
    done = hub("--home", place, "init")
    assert (done.code, done.err.splitlines()[0]) == (2, "Cannot do that.")
    assert "chmod 600" in done.err


def test_a_busy_home_is_told_with_who_writes(place: str, hub: Hub, tmp_path: Path) -> None:
    assert hub("--home", place, "init").code == 0
    with open_operational(open_home(Path(place)), "run"):
        done = hub("--home", place, "run", str(tmp_path))
    assert done.code == 4
    assert re.search(r"The home is in use\.\s+.*being written by `hub run` \(process", done.err)


def test_an_existing_home_is_moved(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, operational_server: OperationalServer
) -> None:
    place = str(tmp_path / "filed")
    assert hub("--home", place, "init", "--kind", "synthetic").code == 0
    open_operational(open_home(Path(place))).close()
    operational_server.named_in(open_home(Path(place)))
    refused = hub("--home", place, "status")
    assert refused.code == 2
    assert "`hub move-operational` moves it" in refused.err
    moved = hub("--home", place, "move-operational")
    assert moved.code == 0, moved.err
    assert hub("--home", place, "status").code == 0
    assert PASSWORD not in moved.out + moved.err + refused.err
