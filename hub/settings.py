"""Settings of a home: `[settings]` of its home.toml, overruled by the environment, frozen, each with its origin."""

import os
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UsageError
from stores.home import Home
from stores.warehouse import WarehouseSettings

HOME_FILE = "home.toml"
MEMORY_SHARE = 4  # of the memory, one part: a run holds about half as much again beside the warehouse
SMALLEST_LIMIT = 1 << 30
GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Settings:
    """What a deployment may set; sizes as DuckDB writes them (`2GB`). `origins` says where each value came from.

    `memory_limit` is the warehouse's and spills to `temp_directory` beyond it; `graph_buffer_pool` the graph engine's.
    `audit_checkpoints` is the folder of a second party, None where there is none.
    """

    memory_limit: str
    threads: int
    temp_directory: Path
    graph_buffer_pool: str
    audit_checkpoints: Path | None
    keep_snapshots: int
    keep_changes_days: int
    double_review_share: float
    origins: Mapping[str, str]

    @property
    def warehouse(self) -> WarehouseSettings:
        """The part that concerns DuckDB."""
        return WarehouseSettings(
            memory_limit=self.memory_limit, threads=self.threads, temp_directory=self.temp_directory
        )

    def told(self) -> str:
        """Every setting in force with its value and where that came from, as one line."""
        parts = [f"{name} {getattr(self, name)} ({origin})" for name, origin in self.origins.items()]
        return f"Settings: {', '.join(parts)}"

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


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError("must lie between 0 and 1")
    return number


@dataclass(frozen=True)
class _Setting:
    read: Callable[[str], object]
    default: Callable[[Home], object]


_SETTINGS: Mapping[str, _Setting] = {
    "memory_limit": _Setting(_size, lambda home: f"{max(usable_memory() // MEMORY_SHARE, SMALLEST_LIMIT) >> 20}MiB"),
    "threads": _Setting(_count, lambda home: usable_cores()),
    "temp_directory": _Setting(Path, lambda home: home.temp),
    "graph_buffer_pool": _Setting(_size, lambda home: "1GiB"),
    "audit_checkpoints": _Setting(Path, lambda home: None),
    "keep_snapshots": _Setting(_count, lambda home: 3),
    "keep_changes_days": _Setting(_count, lambda home: 400),
    "double_review_share": _Setting(_share, lambda home: 0.1),
}


def usable_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or less where its control group allows less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(machine, int(GROUP_LIMIT.read_text(encoding="ascii")))
    return machine


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_settings(home: Home, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force for a home; raises UsageError with every value that cannot be used."""
    env = os.environ if environment is None else environment
    file = home.root / HOME_FILE
    written = tomllib.loads(file.read_text(encoding="utf-8")).get("settings", {})
    problems = [f"{file}: settings.{name}: no such setting" for name in sorted(set(written) - set(_SETTINGS))]
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, setting in _SETTINGS.items():
        raw, origin = _raw(name, env, written, file)
        try:
            values[name] = setting.default(home) if raw is None else setting.read(raw)
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
