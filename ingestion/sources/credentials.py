"""Who the hub is to a department's database: from a file that only its owner can read, else libpq's own environment."""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import SourceError

KEYS = ("user", "password", "sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True)
class Credentials:
    """What libpq is told beside the address; `origin` says for people where it came from."""

    origin: str
    parameters: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """The text with user and password struck out."""
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return text


def credentials_variable(feed: str) -> str:
    """The environment variable that names the feed's credentials file."""
    return f"HUB_FEED_{feed.upper().replace('-', '_')}_CREDENTIALS"


def read_credentials(feed: str, environment: Mapping[str, str]) -> Credentials:
    """The feed's credentials; raises SourceError where its file is missing, open to others or not understood."""
    variable = credentials_variable(feed)
    if not environment.get(variable):
        known = tuple(environment[name] for name in ("PGUSER", "PGPASSWORD") if environment.get(name))
        return Credentials(f"the environment (PGUSER, PGPASSFILE …; {variable} is not set)", {}, _longest_first(known))
    path = Path(environment[variable])
    parameters = _read(path, variable)
    known = tuple(parameters[name] for name in ("user", "password") if name in parameters)
    return Credentials(f"{path} ({variable})", parameters, _longest_first(known))


def _read(path: Path, variable: str) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise SourceError(f"{path} ({variable}) can be read by others (mode {mode:04o}): chmod 600 {path}")
            content = tomllib.load(file)
    except OSError as error:
        raise SourceError(f"{path} ({variable}) cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's own words may quote the password.
        raise SourceError(f'{path} ({variable}) is not valid TOML: write lines such as user = "…"') from None
    if "user" not in content or not all(_is_known(*entry) for entry in content.items()):
        raise SourceError(f"{path} ({variable}) must hold user and may hold {', '.join(KEYS[1:])}, each a text")
    return content


def _is_known(name: str, value: Any) -> bool:
    return name in KEYS and isinstance(value, str) and value != "" and "\0" not in value


def _longest_first(secrets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(secrets, key=len, reverse=True))
