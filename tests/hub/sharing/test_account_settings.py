"""Settings of who is believed: everything that cannot be used is told with its place."""

from pathlib import Path

import pytest

from hub.sharing.accounts_settings import read_account_settings
from stores.errors import SettingsError
from stores.home import Home, create_home

OWN = {"issuer": "https://hub.example", "audience": "https://hub.example/api"}
PROVIDER = {"issuer": "https://login.example", "audience": "hub", "key_set_file": "/keys.json"}


def with_settings(folder: Path, **tables: dict[str, object]) -> Home:
    home = create_home(folder / "home", kind="real")
    with (home.root / "home.toml").open("a") as file:
        for name, table in tables.items():
            file.write(f"[{name}]\n" + "".join(f"{key} = {value!r}\n" for key, value in table.items()))
    return home


def test_without_an_issuer_of_its_own_the_hub_believes_itself_alone(tmp_path: Path) -> None:
    found = read_account_settings(with_settings(tmp_path, accounts=OWN), {})
    assert (found.issuer, found.audience, found.token_seconds, found.provider) == (*OWN.values(), 600, None)


def test_the_environment_wins(tmp_path: Path) -> None:
    environment = {"HUB_ACCOUNTS_TOKEN_MINUTES": "5", "HUB_IDENTITY_PROVIDER_ALGORITHMS": "ES256,PS256"}
    found = read_account_settings(with_settings(tmp_path, accounts=OWN, identity_provider=PROVIDER), environment)
    assert found.provider is not None
    assert (found.token_seconds, found.provider.algorithms) == (300, ("ES256", "PS256"))


WRONG: dict[str, tuple[dict[str, dict[str, object]], str]] = {
    "nothing": ({}, "[accounts]: issuer: Field required"),
    "another setting": ({"accounts": {**OWN, "isuer": "x"}}, "[accounts]: isuer"),
    "no url": ({"accounts": {**OWN, "issuer": "hub"}}, "[accounts]: issuer"),
    "too long": ({"accounts": {**OWN, "token_minutes": 61}}, "[accounts]: token_minutes"),
    "no key set": (
        {"accounts": OWN, "identity_provider": {"issuer": "https://x"}},
        "[identity_provider]: key_set_file",
    ),
    "no signature": (
        {"accounts": OWN, "identity_provider": {**PROVIDER, "algorithms": ["none"]}},
        "[identity_provider]: algorithms",
    ),
    "a shared secret": (
        {"accounts": OWN, "identity_provider": {**PROVIDER, "algorithms": ["HS256"]}},
        "[identity_provider]: algorithms",
    ),
    "itself": ({"accounts": OWN, "identity_provider": {**PROVIDER, "issuer": OWN["issuer"]}}, "is the hub's own"),
}


@pytest.mark.parametrize(("tables", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_used_is_told(tmp_path: Path, tables: dict[str, dict[str, object]], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_account_settings(with_settings(tmp_path, **tables), {})
    assert told in str(raised.value)
