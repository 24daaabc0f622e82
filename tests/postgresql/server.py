"""A real PostgreSQL server of a made-up department: on a free loopback port, in a folder of its own."""

import datetime
import ipaddress
import os
import pwd
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OWNER, OWNER_PASSWORD = "office", "office's own"
READER, READER_PASSWORD = "hub_reader", "correct horse 'battery\\ staple"
SETTINGS = {
    # The second one is another machine to the hub, which knows this one by three names.
    "listen_addresses": "127.0.0.1,127.0.0.2",
    "unix_socket_directories": "",
    "ssl": "on",
    "ssl_cert_file": "server.crt",
    "ssl_key_file": "server.key",
    "log_statement": "all",
}


@dataclass(frozen=True)
class Server:
    """A running server; `OWNER` may do everything, `READER` what a test grants."""

    folder: Path
    port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "data" / "server.crt"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def connection(self, database: str = "postgres") -> Any:
        quoted = OWNER_PASSWORD.replace("'", "\\'")
        address = f"host=127.0.0.1 port={self.port} dbname={database} user={OWNER} sslmode=disable client_encoding=UTF8"
        return dbapi.connect(f"{address} password='{quoted}'", autocommit=True)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Runs statements as the owner."""
        with self.connection(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def number(self, sql: str) -> int:
        """The one number that the owner is answered."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            [(value,)] = cursor.fetchall()
        return int(value)

    def asked_as_reader(self, sql: str) -> Any:
        """The one value that the reader is answered."""
        quoted = READER_PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
        address = f"host=127.0.0.1 port={self.port} dbname=postgres user={READER} sslmode=disable"
        with (
            dbapi.connect(f"{address} password='{quoted}'", autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            [(value,)] = cursor.fetchall()
        return value

    def cut_readers_off(self) -> None:
        """Ends every connection of the reader, as a restart of the server would."""
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{READER}'")


def start_server(folder: Path) -> Server:
    """Makes a cluster in the folder and starts it; as root, under an account without privileges."""
    account = _account()
    data, password = folder / "data", folder / "password"
    password.write_text(OWNER_PASSWORD)
    if account is not None:
        for path in (folder, password):
            shutil.chown(path, account.pw_uid, account.pw_gid)
    _run("initdb", "-D", data, "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync")  # fmt: skip
    _certify(data, account)
    settings = "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(settings)
    server = Server(folder, _free_port())
    _run("pg_ctl", "-D", data, "-l", folder / "log", "-o", f"-p {server.port}", "-w", "start")
    quoted = READER_PASSWORD.replace("'", "''")
    server.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{quoted}'")
    return server


def stop_server(server: Server) -> None:
    """Stops the server at once; its folder may then be removed."""
    _run("pg_ctl", "-D", server.folder / "data", "-m", "immediate", "-w", "stop")


def _account() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    names = {each.pw_name: each for each in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _run(program: str, *arguments: object) -> None:
    account = _account()
    command = [str(binary(program)), *map(str, arguments)]
    # Files, not pipes: the server that pg_ctl leaves behind would hold a pipe open for ever.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        subprocess.run(
            command,
            check=True,
            stdout=nowhere,
            cwd="/",
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def binary(program: str) -> Path:
    """Where a program of PostgreSQL is; without it the test is left out, and in CI fails."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    beside = shutil.which(program)
    if not found and beside is None:
        told = "PostgreSQL is not installed: apt-get install --no-install-recommends postgresql"
        # What CI runs has installed it: there nothing may be left out.
        pytest.fail(told, pytrace=False) if os.environ.get("CI") else pytest.skip(told)
    return found[-1] if found else Path(str(beside))


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def _certify(data: Path, account: pwd.struct_passwd | None) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for file, content in (("server.crt", certificate.public_bytes(serialization.Encoding.PEM)), ("server.key", secret)):
        (data / file).write_bytes(content)
        (data / file).chmod(0o600)
        if account is not None:
            shutil.chown(data / file, account.pw_uid, account.pw_gid)
