"""What a deployment sets about the HTTP service: `[api]` of home.toml, or the environment, which wins."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.settings import HOME_FILE, usable_cores
from stores.errors import SettingsError
from stores.home import Home

PREFIX = "HUB_API_"
Port = Annotated[int, Field(ge=0, le=65_535)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Points = Annotated[int, Field(ge=1, le=10_000_000)]


class ApiSettings(BaseModel):
    """Settings of the service over one home; `schemas` is a deployment's own declarations, `runtime` a folder that
    the workers of one service share while it runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    home: Path
    schemas: Path | None = None
    runtime: Path | None = None
    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Port = 8080
    workers: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=usable_cores)
    metrics_host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    metrics_port: Port | None = 9180
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    work_at_once: Annotated[int, Field(ge=1, le=256)] = 8
    waiting: Annotated[int, Field(ge=0, le=10_000)] = 32
    points_per_minute: Points = 6_000
    points_at_once: Points = 1_000
    logins_per_minute: Count = 10
    logins_per_minute_and_address: Count = 60
    logins_at_once: Annotated[int, Field(ge=1, le=64)] = 2
    largest_body: Annotated[int, Field(ge=1_024, le=1 << 30)] = 1 << 20
    largest_delivery: Annotated[int, Field(ge=1_024, le=1 << 36)] = 1 << 30
    body_seconds: Annotated[int, Field(ge=1, le=3_600)] = 10
    stop_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30

    @model_validator(mode="after")
    def _whole(self) -> "ApiSettings":
        if (self.certificate_file is None) != (self.private_key_file is None):
            raise ValueError("certificate_file and private_key_file go together")
        return self


HOMES_OWN = ("home", "schemas", "runtime")


def read_api_settings(home: Home, environment: Mapping[str, str] | None = None, **given: object) -> ApiSettings:
    """The settings in force; `given` are those of the command line, which win where they are not None.

    Raises SettingsError with every value that cannot be used.
    """
    env = os.environ if environment is None else environment
    file = home.root / HOME_FILE
    written = tomllib.loads(file.read_text(encoding="utf-8")).get("api", {})
    table: dict[str, Any] = {name: value for name, value in written.items() if name not in HOMES_OWN}
    problems = [f"{file}: [api]: {name}: is not set there" for name in HOMES_OWN if name in written]
    for name in ApiSettings.model_fields:
        value = env.get(f"{PREFIX}{name.upper()}")
        if value and name not in HOMES_OWN:
            table[name] = value.split(",") if name == "trusted_proxies" else value
    table |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = ApiSettings.model_validate({**table, "home": home.root})
    except ValidationError as error:
        problems += [f"{file}: [api]: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings
