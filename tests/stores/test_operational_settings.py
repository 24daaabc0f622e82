"""Where the operational database is, as home.toml and the environment say it."""

from pathlib import Path

import pytest

from stores.errors import SettingsError
from stores.home import Home, create_home
from stores.operational.server_settings import NAMES, ServerSettings, read_server_settings

GOOD = {"HUB_OPERATIONAL_URL": "postgresql://hub@127.0.0.1/hub", "HUB_OPERATIONAL_PASSWORD_FILE": "/secrets/one"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


def write(home: Home, *lines: str) -> None:
    with (home.root / "home.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["[operational]", *lines, ""]))


def test_without_a_url_it_is_a_file_of_the_home(home: Home) -> None:
    assert read_server_settings(home, {}) is None
    assert read_server_settings(home, {"HUB_OPERATIONAL_PASSWORD_FILE": "/secrets/one"}) is None


def test_the_environment_wins(home: Home) -> None:
    write(home, 'url = "postgresql://other@[::1]:6000/other"', 'password_file = "/secrets/two"', "connect_seconds = 3")
    assert read_server_settings(home, {}) == ServerSettings(
        "::1", 6000, "other", "other", Path("/secrets/two"), connect_seconds=3
    )
    assert read_server_settings(home, GOOD) == ServerSettings(
        "127.0.0.1", 5432, "hub", "hub", Path("/secrets/one"), connect_seconds=3
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"HUB_OPERATIONAL_PASSWORD_FILE": ""}, "password_file: is missing"),
        ({"HUB_OPERATIONAL_URL": "postgresql://hub:hunter2@127.0.0.1/hub"}, "url: holds a password"),
        ({"HUB_OPERATIONAL_URL": "postgresql://hub@127.0.0.1/hub?sslmode=disable"}, "url: has more than"),
        ({"HUB_OPERATIONAL_URL": "mysql://hub@127.0.0.1/hub"}, "url: is not one such as"),
        ({"HUB_OPERATIONAL_URL": "postgresql://hub@127.0.0.1:port/hub"}, "url: is not one such as"),
        ({"HUB_OPERATIONAL_URL": "postgresql://127.0.0.1/hub"}, "url: is not one such as"),
        ({"HUB_OPERATIONAL_URL": "postgresql://hub@127.0.0.1"}, "url: is not one such as"),
        ({"HUB_OPERATIONAL_URL": "postgresql://hub@db.example/hub"}, "trusted_certificate: is missing: db.example"),
        ({"HUB_OPERATIONAL_CONNECT_SECONDS": "0"}, "connect_seconds: '0' is not a whole number above 0"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_variable(home: Home, changes: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_server_settings(home, {**GOOD, **changes})
    assert told in str(raised.value)
    assert "HUB_OPERATIONAL_" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_every_setting_is_written_down() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operational-database.md").read_text(encoding="utf-8")
    assert {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")} == set(NAMES)


def test_every_mistake_of_a_file_is_told_at_once(home: Home) -> None:
    write(home, 'uri = "postgresql://hub@127.0.0.1/hub"')
    with pytest.raises(SettingsError) as raised:
        read_server_settings(home, {})
    assert [line.partition("]: ")[2].partition(" (")[0] for line in str(raised.value).splitlines()] == [
        "uri: no such setting",
        "url: is missing",
        "password_file: is missing",
    ]


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [("secret", 0o640, "may be read by others"), (" \n", 0o600, "is empty"), (None, 0, "No such file")],
)
def test_a_password_file_that_cannot_be_trusted_is_refused(
    home: Home, tmp_path: Path, content: str | None, mode: int, told: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    settings = read_server_settings(home, {**GOOD, "HUB_OPERATIONAL_PASSWORD_FILE": str(file)})
    assert settings is not None
    with pytest.raises(SettingsError, match=told):
        settings.password()
