"""Starts and stops one server in a home of its own: loopback only, free ports, own password, nothing reported home."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.neo4j.artifacts import INSTALL, LONG_TERM, RELEASES, Release, fetch
from tools.neo4j.errors import ServerToolError

OPENS = tuple(
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
)
HELLO = bytes.fromhex("6060b017") + bytes.fromhex("00000505") + bytes(12)
PATIENCE = 300.0
ADMIN_HEAP = "1g"


@dataclass(frozen=True)
class Server:
    """A server's home, which holds its version, configuration, password, store and logs; running or not."""

    home: Path

    @property
    def release(self) -> Release:
        """The version that the home was made for, the long-term one where none was."""
        file = self.home / "version"
        return RELEASES[file.read_text(encoding="ascii").strip()] if file.exists() else LONG_TERM

    @property
    def port(self) -> int:
        """The Bolt port, chosen when the home was made."""
        return int(self.configuration["server.bolt.listen_address"].rpartition(":")[2])

    @property
    def uri(self) -> str:
        """Where the driver finds it."""
        return f"bolt://127.0.0.1:{self.port}"

    @property
    def password_file(self) -> Path:
        """The file that holds the password of the user neo4j."""
        return self.home / "password"

    @property
    def configuration(self) -> Mapping[str, str]:
        """Settings of its neo4j.conf."""
        lines = (self.home / "conf" / "neo4j.conf").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def log(self) -> str:
        """Everything it has said, on its console and in its log."""
        files = (self.home / "logs" / "console.log", self.home / "logs" / "neo4j.log")
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files if file.exists())

    @property
    def pid(self) -> int | None:
        """The process that runs in this home, None where none does."""
        with suppress(OSError, ValueError):
            pid = int((self.home / "pid").read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if f"--home-dir={self.home}".encode() in command:
                return pid
        return None


@dataclass(frozen=True)
class Memory:
    """What the server may use, as Java writes sizes."""

    heap: str = "512m"
    page_cache: str = "128m"


def make(
    home: Path,
    *,
    release: Release = LONG_TERM,
    memory: Memory | None = None,
    settings: Mapping[str, str] | None = None,
) -> Server:
    """A new home with a password of its own and a free port; a home that exists stays as it is, but for `settings`."""
    server = Server(home.resolve())
    file = server.home / "conf" / "neo4j.conf"
    if not file.exists():
        file.parent.mkdir(parents=True)
        (server.home / "logs").mkdir()
        (server.home / "version").write_text(release.version, encoding="ascii")
        server.password_file.touch(mode=0o600)
        server.password_file.write_text(secrets.token_hex(20), encoding="ascii")
        _write(file, _configuration(server.home, memory or Memory()))
        admin(server, ["dbms", "set-initial-password", server.password_file.read_text(encoding="ascii")])
    if settings:
        _write(file, {**server.configuration, **settings})
    return server


def start(server: Server) -> None:
    """Starts it and returns when it answers on its port; raises ServerToolError with its last words otherwise."""
    if server.pid is not None:
        return
    heap = server.configuration["server.memory.heap.max_size"]
    options = [*OPENS, *server.release.java_options, f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseG1GC"]
    command = [*_java(server.release), *options, "-cp", f"{fetch(server.release)}/*", server.release.main_class]
    command += [f"--home-dir={server.home}", f"--config-dir={server.home / 'conf'}"]
    (server.home / "pid").write_text(_leave_running(command, server.home), encoding="ascii")
    until = time.monotonic() + PATIENCE
    while not _answers(server.port):
        if _is_gone(server) or time.monotonic() > until:
            stop(server)
            raise ServerToolError(f"neo4j did not start in {server.home}:\n{_last_words(server)}")
        time.sleep(0.1)


def stop(server: Server, *, kill: bool = False) -> None:
    """Stops it if it runs, with SIGKILL where `kill` says so or it does not go by itself."""
    pid = server.pid
    if pid is None:
        return
    until = time.monotonic() + PATIENCE
    os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
    while server.pid is not None:
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    (server.home / "pid").unlink(missing_ok=True)


def wipe(server: Server) -> None:
    """Stops it and removes its home."""
    stop(server)
    shutil.rmtree(server.home, ignore_errors=True)


def admin(server: Server, arguments: Sequence[str]) -> str:
    """Runs `neo4j-admin` on the server's home and returns what it said; raises ServerToolError where it fails."""
    done = subprocess.run(admin_command(server, arguments), capture_output=True, text=True, check=False,
                          env=admin_environment(server))  # fmt: skip
    if done.returncode != 0:
        raise ServerToolError(f"neo4j-admin {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def admin_command(server: Server, arguments: Sequence[str]) -> list[str]:
    """The command line of `neo4j-admin`."""
    heap = os.environ.get("HEAP_SIZE", ADMIN_HEAP)
    classes = ["-cp", f"{fetch(server.release)}/*", "org.neo4j.cli.AdminTool"]
    return [*_java(server.release), *OPENS, *server.release.java_options, f"-Xmx{heap}", *classes, *arguments]


def admin_environment(server: Server) -> dict[str, str]:
    """The environment that tells `neo4j-admin` which home is meant."""
    return {**os.environ, "NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home / "conf")}


def java_version(java: Path | None = None) -> int | None:
    """The major version of this Java, or of the one that is found first; None where there is none."""
    command = shutil.which(java or "java")
    if command is None:
        return None
    told = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', told)
    return int(number[1]) if number else None


def java_for(release: Release) -> Path | None:
    """A Java that is new enough: the one that is found first, that of JAVA_HOME, or another of the system's."""
    homes = [Path(os.environ.get("JAVA_HOME") or "/nowhere"), *sorted(Path("/usr/lib/jvm").glob("*"))]
    places = [Path(shutil.which("java") or "/nowhere"), *(home / "bin" / "java" for home in homes)]
    return next((java for java in places if (java_version(java) or 0) >= release.least_java), None)


def _java(release: Release) -> list[str]:
    found = java_for(release)
    if found is None:
        raise ServerToolError(f"neo4j {release.version} needs Java {release.least_java} or newer: {INSTALL}")
    return [str(found)]


def _configuration(home: Path, memory: Memory) -> dict[str, str]:
    return {
        "server.directories.data": str(home / "data"),
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{_free_port()}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "server.memory.heap.initial_size": memory.heap,
        "server.memory.heap.max_size": memory.heap,
        "server.memory.pagecache.size": memory.page_cache,
        "db.tx_log.rotation.retention_policy": "1 files",
    }


def _write(file: Path, settings: Mapping[str, str]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def _is_gone(server: Server) -> bool:
    """Whether nothing runs there; a process that becomes another program has no command line for a moment."""
    for _ in range(3):
        if server.pid is not None:
            return False
        time.sleep(0.2)
    return True


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(HELLO)
        return len(connection.recv(4)) == 4
    return False


def _leave_running(command: Sequence[str], home: Path) -> str:
    """Starts a process that is nobody's child and outlives whoever started it; returns its number."""
    script = 'setsid "$@" </dev/null >>logs/console.log 2>&1 & echo $!'
    return subprocess.run(
        ["sh", "-c", script, "sh", *command], cwd=home, check=True, capture_output=True, text=True
    ).stdout


def _last_words(server: Server) -> str:
    """What went wrong, less the places in the server's own code."""
    lines = [line for line in server.log.strip().splitlines() if not re.match(r"\s+(at |\.\.\. \d+ more)", line)]
    return "\n".join(lines[-8:])
