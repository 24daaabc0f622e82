"""Where the operational database is when it is no file: `[operational]` of home.toml or the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from stores.errors import SettingsError
from stores.home import Home
from stores.secret_files import read_secret

TABLE, PREFIX = "operational", "HUB_OPERATIONAL_"
NAMES = ("url", "password_file", "trusted_certificate", "connect_seconds")
HERE = ("127.0.0.1", "::1", "localhost")
PORT = 5432
AUTHORITIES = "the file of its authority, or the system's, such as /etc/ssl/certs/ca-certificates.crt"
EXAMPLE = "postgresql://hub@database.example:5432/hub"


@dataclass(frozen=True)
class ServerSettings:
    """A PostgreSQL database for one home. The password lies in a file; it stands in no setting, message or log."""

    host: str
    port: int
    database: str
    user: str
    password_file: Path
    trusted_certificate: Path | None = None
    connect_seconds: int = 10

    @property
    def place(self) -> str:
        """Server and database, for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{host}:{self.port}/{self.database}"

    @property
    def ssl(self) -> Mapping[str, str]:
        """What libpq is told; without a certificate to trust the server is on this machine."""
        if self.trusted_certificate is None:
            return {"sslmode": "prefer"}
        return {"sslmode": "verify-full", "sslrootcert": str(self.trusted_certificate)}

    def password(self) -> str:
        """The secret; raises SettingsError where its file is missing, empty, or open to others."""
        return read_secret(self.password_file, "the password of the operational database")


def read_server_settings(home: Home, environment: Mapping[str, str] | None = None) -> ServerSettings | None:
    """The server that a home's file and the environment name; None where they name none.

    Raises SettingsError with every value that cannot be used.
    """
    env = os.environ if environment is None else environment
    file = home.root / "home.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8")).get(TABLE, {})
    written = {name: str(value) for name, value in table.items()}
    written |= {name: env[f"{PREFIX}{name.upper()}"] for name in NAMES if env.get(f"{PREFIX}{name.upper()}")}
    if not table and "url" not in written:
        return None
    place = f"{file}: [{TABLE}]"
    url = _split(written.get("url", ""))
    problems = [f"{name}: no such setting" for name in sorted(set(written) - set(NAMES))]
    problems += [f"{name}: is missing" for name in ("url", "password_file") if name not in written]
    problems += [f"url: {each}" for each in _mistakes(url) if "url" in written]
    if "trusted_certificate" not in written and url.hostname not in HERE and not _mistakes(url):
        problems.append(f"trusted_certificate: is missing: {url.hostname} must prove who it is ({AUTHORITIES})")
    seconds = written.get("connect_seconds", "10")
    if not (seconds.isdecimal() and int(seconds) > 0):
        problems.append(f"connect_seconds: {seconds!r} is not a whole number above 0")
    if problems:
        raise SettingsError(
            "\n".join(f"{place}: {each} ({PREFIX}{each.partition(':')[0].upper()})" for each in problems)
        )
    certificate = written.get("trusted_certificate")
    return ServerSettings(
        host=str(url.hostname),
        port=url.port or PORT,
        database=unquote(url.path[1:]),
        user=unquote(str(url.username)),
        password_file=Path(written["password_file"]).expanduser(),
        trusted_certificate=Path(certificate).expanduser() if certificate else None,
        connect_seconds=int(seconds),
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Only looking at the port says whether it is one.
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _mistakes(url: SplitResult) -> list[str]:
    # The text itself is not repeated: it may hold a password.
    if url.password is not None:
        return ["holds a password: that belongs into password_file"]
    if url.scheme != "postgresql" or not url.hostname or not url.username or not url.path[1:]:
        return [f"is not one such as {EXAMPLE}"]
    if url.query or url.fragment or "/" in url.path[1:]:
        return [f"has more than user, host, port and database, as in {EXAMPLE}"]
    return []
