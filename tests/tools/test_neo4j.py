"""The development server is reached from this machine alone, reports nothing home, and runs only what was pinned."""

import dataclasses
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tools.neo4j import artifacts
from tools.neo4j.artifacts import FOLDER, LONG_TERM, RELEASES, fetch
from tools.neo4j.errors import ServerToolError
from tools.neo4j.server import Server, admin, make, start, stop, wipe


def test_version_of_the_pom_is_the_one_that_is_pinned() -> None:
    pom = (FOLDER / "pom.xml").read_text(encoding="utf-8")
    assert re.findall(r"<neo4j\.version>(.*)</neo4j\.version>", pom) == [LONG_TERM.version]


def test_server_listens_on_this_machine_alone_and_reports_nothing(running_neo4j: Server) -> None:
    socket.create_connection(("127.0.0.1", running_neo4j.port), timeout=5).close()
    process = Path(f"/proc/{running_neo4j.pid}")
    sockets = set(_open_files(process / "fd"))
    listening = [line.split() for file in ("tcp", "tcp6") for line in (process / "net" / file).read_text().splitlines()]
    addresses = {
        line[1].rpartition(":")[0] for line in listening if line[3] == "0A" and f"socket:[{line[9]}]" in sockets
    }
    assert addresses <= {"0100007F", "0000000000000000FFFF00000100007F"} and addresses
    assert running_neo4j.configuration["dbms.usage_report.enabled"] == "false"


def _open_files(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            yield str(path.readlink())


def test_password_is_its_own_and_for_the_owner_alone(running_neo4j: Server) -> None:
    assert running_neo4j.password_file.stat().st_mode & 0o777 == 0o600
    assert len(running_neo4j.password_file.read_text(encoding="ascii")) >= 24


def test_file_that_is_not_the_pinned_one_is_not_run(
    neo4j_tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = fetch(LONG_TERM)
    monkeypatch.setattr(artifacts, "CACHE", tmp_path)
    copy = tmp_path / LONG_TERM.version
    copy.mkdir()
    for file in genuine.iterdir():
        (copy / file.name).hardlink_to(file)
    assert fetch(LONG_TERM) == copy
    (copy / "neo4j-5.26.28.jar").unlink()
    (copy / "neo4j-5.26.28.jar").write_bytes(b"another")
    with pytest.raises(ServerToolError, match=r"1 files are not those of .* \(neo4j-5\.26\.28\.jar\)"):
        admin(Server(tmp_path / "home"), ["--version"])


def test_older_java_is_told(neo4j_tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = dataclasses.replace(LONG_TERM, least_java=99)
    monkeypatch.setitem(RELEASES, LONG_TERM.version, newer)  # type: ignore[misc]
    (tmp_path / "version").write_text(LONG_TERM.version, encoding="ascii")
    with pytest.raises(ServerToolError, match=r"needs Java 99 or newer: apt-get install .*openjdk"):
        admin(Server(tmp_path), ["--version"])


def test_server_stops_and_leaves_nothing_behind_when_wiped(neo4j_tools: None, tmp_path: Path) -> None:
    server = make(tmp_path / "home")
    start(server)
    assert server.pid is not None
    stop(server)
    assert server.pid is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
    wipe(server)
    assert list(tmp_path.iterdir()) == []


def test_configuration_that_the_server_refuses_is_told_with_its_last_words(neo4j_tools: None, tmp_path: Path) -> None:
    server = make(tmp_path / "home", settings={"server.memory.pagecache.size": "much"})
    with pytest.raises(ServerToolError, match=r"did not start(.|\n)*pagecache"):
        start(server)
    assert server.pid is None
