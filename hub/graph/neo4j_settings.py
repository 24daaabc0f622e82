"""Where the graph servers are: `[neo4j]` of a home's home.toml or the environment; passwords lie in files."""

import os
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.errors import UsageError
from stores.secret_files import read_secret

TABLE, STANDBY = "neo4j", "standby"
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
ENCRYPTED = ("bolt+s", "neo4j+s")
HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Neo4jSettings:
    """One graph server, and how the hub may use it; times in seconds.

    `admin`, `stop` and `start` are command lines, empty where the hub cannot reach the server's tools.
    `atomic_changes` is how many changes go into one transaction; more are imported into `standby`.
    """

    uri: str
    password_file: Path
    user: str = "neo4j"
    database: str = "neo4j"
    trusted_certificate: Path | None = None
    pool_size: int = 8
    connect_seconds: float = 10.0
    question_seconds: float = 120.0
    write_seconds: float = 1800.0
    batch_rows: int = 10_000
    atomic_changes: int = 200_000
    admin: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    standby: "Neo4jSettings | None" = field(default=None)

    @property
    def can_import(self) -> bool:
        """Whether the hub can reach the server's own tools."""
        return bool(self.admin and self.stop and self.start)

    def password(self) -> str:
        """The secret; raises SettingsError where its file is missing, empty, or open to others."""
        return read_secret(self.password_file, "the graph's password")


def read_neo4j_settings(
    file: Path, environment: Mapping[str, str] | None = None, *, table: str = TABLE
) -> Neo4jSettings | None:
    """The servers that this table of a home's file and the environment name; None where they name none.

    Raises UsageError with every value that cannot be used.
    """
    env = os.environ if environment is None else environment
    prefix = f"HUB_{table.upper()}_"
    written = dict(tomllib.loads(file.read_text(encoding="utf-8")).get(table, {})) if file.exists() else {}
    standby = dict(written.pop(STANDBY, {}))
    written |= _from_environment(env, prefix)
    standby |= _from_environment(env, f"{prefix}{STANDBY.upper()}_")
    if not written:
        return None
    problems: list[str] = []
    served = _settings(written, f"{file}: [{table}]", problems)
    spare = _settings({**written, **standby}, f"{file}: [{table}.{STANDBY}]", problems) if standby else None
    if spare is not None and "uri" not in standby:
        problems.append(f"{file}: [{table}.{STANDBY}]: uri: is missing: a standby is a second server on another port")
    if problems or served is None:
        raise UsageError("\n".join(dict.fromkeys(problems)))
    return replace(served, standby=spare)


def _from_environment(env: Mapping[str, str], prefix: str) -> dict[str, str]:
    names = {f"{prefix}{each.name.upper()}": each.name for each in fields(Neo4jSettings) if each.name != STANDBY}
    return {name: env[variable] for variable, name in names.items() if env.get(variable)}


def _settings(written: Mapping[str, Any], place: str, problems: list[str]) -> Neo4jSettings | None:
    known = {each.name: each.type for each in fields(Neo4jSettings) if each.name != STANDBY}
    found = [f"{name}: no such setting" for name in sorted(set(written) - set(known))]
    found += [f"{name}: is missing" for name in ("uri", "password_file") if name not in written]
    values: dict[str, Any] = {}
    for name, raw in written.items():
        try:
            values[name] = _value(known.get(name), raw)
        except ValueError as error:
            found.append(f"{name}: {error}")
    if "uri" in values:
        found += [f"uri: {each}" for each in _uri_mistakes(values["uri"], trusts="trusted_certificate" in values)]
    problems += [f"{place}: {each}" for each in found]
    return None if found else Neo4jSettings(**values)


def _value(kind: object, raw: Any) -> object:
    if kind in (Path, Path | None):
        return Path(str(raw)).expanduser()
    if kind == tuple[str, ...]:
        return tuple(shlex.split(str(raw)) if isinstance(raw, str) else map(str, raw))
    if kind in (int, float):
        number = int(str(raw)) if kind is int else float(str(raw))
        if not number > 0:
            raise ValueError(f"{raw} must be more than 0")
        return number
    return str(raw)


def _uri_mistakes(uri: str, *, trusts: bool) -> list[str]:
    parts = urlsplit(uri)
    if parts.scheme not in SCHEMES or not parts.hostname:
        return [f"{uri!r} is not one such as neo4j+s://graph.example:7687 (schemes: {', '.join(SCHEMES)})"]
    if parts.username or parts.password:
        return ["holds a user or a password: those belong into `user` and into the password file"]
    if parts.scheme not in ENCRYPTED and parts.hostname not in HERE and not trusts:
        return [f"{uri!r} would send personal data without checking who answers: use neo4j+s:// or bolt+s://"]
    return []
