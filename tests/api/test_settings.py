"""Settings of the service: the command line before the environment before home.toml, and all mistakes told at once."""

from pathlib import Path

import pytest

from api.settings import HOMES_OWN, ApiSettings, read_api_settings
from stores.errors import SettingsError
from stores.home import Home, create_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="real")


def write(home: Home, text: str) -> None:
    with (home.root / "home.toml").open("a", encoding="utf-8") as file:
        file.write(f"[api]\n{text}\n")


def test_what_is_left_out_has_its_default(home: Home) -> None:
    assert read_api_settings(home, {}) == ApiSettings(home=home.root)
    assert ApiSettings(home=home.root).host == "127.0.0.1"


def test_the_nearer_word_counts(home: Home) -> None:
    write(home, 'port = 1\nworkers = 1\nwaiting = 1\ntrusted_proxies = ["10.0.0.1"]')
    environment = {"HUB_API_WORKERS": "2", "HUB_API_WAITING": "2", "HUB_API_TRUSTED_PROXIES": "10.0.0.2,10.0.0.3"}
    settings = read_api_settings(home, environment, waiting=3, port=None)
    assert (settings.port, settings.workers, settings.waiting) == (1, 2, 3)
    assert settings.trusted_proxies == ("10.0.0.2", "10.0.0.3")


def test_every_mistake_is_told_at_once(home: Home) -> None:
    write(home, 'port = 70000\nworkers = 0\nspeed = 1\nhome = "else"\ncertificate_file = "a"')
    with pytest.raises(SettingsError) as raised:
        read_api_settings(home, {})
    told = str(raised.value).splitlines()
    for name in ("port", "workers", "speed", "home"):
        assert [each for each in told if f"[api]: {name}: " in each], name


def test_a_certificate_comes_with_its_key(home: Home) -> None:
    with pytest.raises(SettingsError, match="go together"):
        read_api_settings(home, {"HUB_API_CERTIFICATE_FILE": "a"})


def test_every_setting_is_documented_with_its_default() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in text.splitlines() if line.startswith("| `")]
    told = {
        name.strip("`"): value
        for names, values in rows
        for name, value in zip(names.split(", "), values.split(", "), strict=False)
    }
    for name, setting in ApiSettings.model_fields.items():
        if name not in HOMES_OWN:
            assert name in told, name
            assert not isinstance(setting.default, int) or told[name] == str(setting.default), name
