"""A database for a hub on the real server: its own role, its own password file, nothing in it."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stores.home import Home
from tests.postgresql.server import Server

ROLE, PASSWORD = "hub", "hub's own \\ secret %s"


@dataclass(frozen=True)
class OperationalServer:
    """One database; `password_file` holds the role's password."""

    server: Server
    database: str
    password_file: Path

    @classmethod
    def made(cls, server: Server, folder: Path) -> "OperationalServer":
        """A new database, and the password in the folder."""
        database = f"hub_{uuid.uuid4().hex[:12]}"
        server.execute(f"CREATE DATABASE {database} OWNER {ROLE}")
        password_file = folder / "operational_password"
        password_file.write_text(f"{PASSWORD}\n")
        password_file.chmod(0o600)
        return cls(server, database, password_file)

    @property
    def url(self) -> str:
        return self.url_at("127.0.0.1")

    def url_at(self, host: str) -> str:
        return f"postgresql://{ROLE}@{host}:{self.server.port}/{self.database}"

    def named_in(self, home: Home, **other: str) -> Home:
        """The home, whose home.toml now names this database."""
        settings = {"url": self.url, "password_file": str(self.password_file), **other}
        lines = ["[operational]", *(f'{name} = "{value}"' for name, value in settings.items())]
        with (home.root / "home.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join(["", *lines, ""]))
        return home

    def execute(self, *statements: str) -> None:
        """Runs statements in the database as the owner of the server."""
        self.server.execute(*statements, database=self.database)

    def value(self, sql: str) -> Any:
        """The one value that the owner of the server is answered."""
        with self.server.connection(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            [(value,)] = cursor.fetchall()
        return value

    def cut(self) -> None:
        """Ends every session of the hub, as a restart of the server would."""
        self.server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.database}'")

    def set_for_all(self, name: str, value: str) -> None:
        """Changes a setting of the whole server; new sessions have it when this returns."""
        self.server.execute(f"ALTER SYSTEM SET {name} = {value}", "SELECT pg_reload_conf()")
        end = time.monotonic() + 60
        while self.value(f"SELECT current_setting('{name}')") != value:
            assert time.monotonic() < end, f"{name} is not {value} yet"
            time.sleep(0.05)

    def drop(self) -> None:
        self.server.execute(f"DROP DATABASE {self.database} WITH (FORCE)")


def role_made(server: Server) -> None:
    """Makes the account of a hub."""
    quoted = PASSWORD.replace("'", "''")
    server.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{quoted}'")
