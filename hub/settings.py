"""Settings of a home: `[settings]` of its home.toml, overruled by the environment, frozen, each with its origin."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UsageError
from stores.home import Home
from stores.warehouse import WarehouseSettings

HOME_FILE = "home.toml"


@dataclass(frozen=True)
class Settings:
    """What a deployment may set; sizes as DuckDB writes them (`2GB`). `origins` says where each value came from."""

    memory_limit: str | None
    threads: int | None
    temp_directory: Path | None
    graph_buffer_pool: str
    keep_snapshots: int
    origins: Mapping[str, str]

    @property
    def warehouse(self) -> WarehouseSettings:
        """The part that concerns DuckDB."""
        return WarehouseSettings(
            memory_limit=self.memory_limit, threads=self.threads, temp_directory=self.temp_directory
        )

    @property
    def graph_buffer_pool_bytes(self) -> int:
        """The graph engine's buffer pool in bytes."""
        return size_in_bytes(self.graph_buffer_pool)


_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def size_in_bytes(text: str) -> int:
    """`512MB` or `1GiB` in bytes; ValueError where it is no such size."""
    for unit in sorted(_UNITS, key=len, reverse=True):
        if text.upper().endswith(unit):
            return int(float(text[: -len(unit)].strip()) * _UNITS[unit])
    raise ValueError(f"{text!r} is not a size such as 512MB or 1GiB")


def _size(text: str) -> str:
    size_in_bytes(text)
    return text


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


_READERS: Mapping[str, tuple[Callable[[str], object], object]] = {
    "memory_limit": (_size, None),
    "threads": (_count, None),
    "temp_directory": (Path, None),
    "graph_buffer_pool": (_size, "1GiB"),
    "keep_snapshots": (_count, 3),
}


def read_settings(home: Home, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force for a home; raises UsageError with every value that cannot be used."""
    env = os.environ if environment is None else environment
    file = home.root / HOME_FILE
    written = tomllib.loads(file.read_text(encoding="utf-8")).get("settings", {})
    problems = [f"{file}: settings.{name}: no such setting" for name in sorted(set(written) - set(_READERS))]
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, (read, default) in _READERS.items():
        raw, origin = _raw(name, env, written, file)
        try:
            values[name] = default if raw is None else read(raw)
        except ValueError as error:
            problems.append(f"{origin}: {name}: {error}")
        origins[name] = origin
    if problems:
        raise UsageError("\n".join(problems))
    return Settings(**values, origins=origins)  # type: ignore[arg-type]


def _raw(name: str, env: Mapping[str, str], written: Mapping[str, object], file: Path) -> tuple[str | None, str]:
    variable = f"HUB_{name.upper()}"
    if env.get(variable):
        return env[variable], variable
    if name in written:
        return str(written[name]), str(file)
    return None, "default"
