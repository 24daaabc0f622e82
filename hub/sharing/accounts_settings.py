"""What a deployment sets about who may ask: `[accounts]` and `[identity_provider]` of home.toml or the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stores.errors import SettingsError
from stores.home import Home

Model = TypeVar("Model", bound=BaseModel)
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
Algorithm = Literal["RS256", "PS256", "ES256"]
PREFIXES = {"accounts": "HUB_ACCOUNTS_", "identity_provider": "HUB_IDENTITY_PROVIDER_"}


class _Accounts(BaseModel):
    model_config = ConfigDict(extra="forbid")
    issuer: Url
    audience: Url
    token_minutes: Annotated[int, Field(ge=1, le=60)] = 10


class _Provider(BaseModel):
    model_config = ConfigDict(extra="forbid")
    issuer: Url
    audience: Annotated[str, Field(min_length=1)]
    key_set_file: Path
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256")


@dataclass(frozen=True)
class Provider:
    """The government's own OIDC issuer: who it is, how its tokens name the hub, and where its public keys are."""

    issuer: str
    audience: str
    key_set_file: Path
    algorithms: tuple[str, ...]


@dataclass(frozen=True)
class AccountSettings:
    """The hub as an issuer: its own name, the audience of its tokens, how long they last, and whom else it believes."""

    issuer: str
    audience: str
    token_seconds: int
    provider: Provider | None = None


def read_account_settings(home: Home, environment: Mapping[str, str] | None = None) -> AccountSettings:
    """The settings in force for a home; raises SettingsError with every value that is missing or cannot be used."""
    env = os.environ if environment is None else environment
    file = home.root / "home.toml"
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    tables = {name: _table(name, written.get(name, {}), env) for name in PREFIXES}
    own = _checked(_Accounts, tables["accounts"], f"{file}: [accounts]")
    provider = None
    if tables["identity_provider"]:
        other = _checked(_Provider, tables["identity_provider"], f"{file}: [identity_provider]")
        if other.issuer == own.issuer:
            raise SettingsError(f"{file}: [identity_provider]: issuer: is the hub's own; name the government's")
        provider = Provider(other.issuer, other.audience, other.key_set_file.expanduser(), other.algorithms)
    return AccountSettings(own.issuer, own.audience, own.token_minutes * 60, provider)


def _table(name: str, written: Mapping[str, object], env: Mapping[str, str]) -> dict[str, object]:
    fields = (_Accounts if name == "accounts" else _Provider).model_fields
    named = {each: env.get(f"{PREFIXES[name]}{each.upper()}") for each in fields}
    given: dict[str, object] = {each: value for each, value in named.items() if value}
    if isinstance(given.get("algorithms"), str):
        given["algorithms"] = str(given["algorithms"]).split(",")
    return {**written, **given}


def _checked(model: type[Model], table: Mapping[str, object], place: str) -> Model:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        told = (f"{place}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsError("\n".join(told)) from None
