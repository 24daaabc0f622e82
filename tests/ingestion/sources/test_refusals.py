"""A database that cannot be read is told with what to do; nothing of it comes in, and no secret gets out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.sources import postgresql as source
from ingestion.sources.credentials import Credentials, read_credentials
from ingestion.sources.postgresql import open_table
from schemas.readers.databases import DatabaseTable
from stores.errors import MachineError
from stores.progress import SilentProgress
from tests.ingestion.sources.office import TABLE, contract, credentials, make_table, reading, row, rows_of
from tests.ingestion.village import counted
from tests.postgresql.server import READER, READER_PASSWORD, Server

SECRETS = (READER, READER_PASSWORD)
SLOW = "CREATE VIEW registry.slow AS SELECT p.* FROM registry.people p CROSS JOIN (SELECT pg_sleep(9) OFFSET 0) s"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PAUSES_SECONDS", (0.01, 0.01))


def place(server: Server, **changes: object) -> DatabaseTable:
    """Where the office's table is."""
    table = contract(server, **changes).database
    assert table is not None
    return table


REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("absent", {"port": 1}, "nobody answers: ask whether the server runs"),
    ("no such host", {"host": "no.such.host.invalid"}, "nobody answers: .*no.such.host.invalid"),
    ("no such database", {"database": "unknown"}, "lets nobody in with the credentials of .*people.toml.*unknown"),
    (
        "unknown time zone",
        {"time_zone": "Asia/Atlantis"},
        "error 22023: the server does not know the contract's timeZone",
    ),
    ("unproven server", {"ssl_mode": "verify-full"}, "lets nobody in .*root certificate"),
]


@pytest.mark.parametrize(("changes", "told"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_server_that_cannot_be_asked_is_told(
    tmp_path: Path, postgresql: Server, changes: dict[str, object], told: str
) -> None:
    known = read_credentials("people", credentials(tmp_path))
    with pytest.raises(SourceError, match=told) as refused, open_table(place(postgresql, **changes), known):
        pass
    assert not [secret for secret in SECRETS if secret in str(refused.value)]


def test_wrong_password_is_told_without_it_and_tried_once(tmp_path: Path, postgresql: Server) -> None:
    known = read_credentials("people", credentials(tmp_path, password="wrong one"))
    before = postgresql.log.count("password authentication failed")
    with (
        pytest.raises(SourceError, match=r"credentials of .*people\.toml") as refused,
        open_table(place(postgresql), known),
    ):
        pass
    assert not [secret for secret in (READER, "wrong one") if secret in str(refused.value)]
    assert postgresql.log.count("password authentication failed") == before + 1


def test_server_that_answers_only_at_the_third_try_is_read(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_table(postgresql, row("1"))
    ports = iter([1, 1])
    honest = source._connection_string

    def misdirected(table: DatabaseTable, known: Credentials) -> str:
        return honest(replace(table, port=next(ports, table.port)), known)

    monkeypatch.setattr(source, "_connection_string", misdirected)
    with open_table(place(postgresql), read_credentials("people", credentials(tmp_path))) as opened:
        assert opened.number("SELECT count(*) FROM registry.people") == 1


def test_server_that_proves_who_it_is_is_read(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    trusted = tmp_path / "root.crt"
    trusted.write_bytes(postgresql.certificate.read_bytes())
    known = read_credentials("people", credentials(tmp_path, sslrootcert=str(trusted)))
    with open_table(place(postgresql, ssl_mode="verify-full"), known) as opened:
        assert opened.number("SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()") == 1


def test_credentials_may_come_from_the_environment(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table(postgresql, row("1"))
    environment = {"PGUSER": READER, "PGPASSWORD": READER_PASSWORD}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    known = read_credentials("people", environment)
    with open_table(place(postgresql), known) as opened:
        assert opened.number("SELECT count(*) FROM registry.people") == 1
    with pytest.raises(SourceError) as refused, open_table(place(postgresql, database="unknown"), known):
        pass
    assert not [secret for secret in SECRETS if secret in f"{refused.value} {known}"]


def test_nothing_can_be_written_to_the_department(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    postgresql.execute(f"GRANT ALL ON registry.people TO {READER}")
    with (
        pytest.raises(SourceError, match="error 25006"),
        open_table(place(postgresql), read_credentials("people", credentials(tmp_path))) as opened,
    ):
        opened.number("DELETE FROM registry.people RETURNING 1")


UNREAD: list[tuple[str, Callable[[Server], None], dict[str, object], str]] = [
    ("no table", lambda s: None, {"table": "persons"}, "there is no such table or view: .*contract people"),
    (
        "renamed column",
        lambda s: s.execute('ALTER TABLE registry.people RENAME "姓名" TO "名字"'),
        {},
        "columns missing: 姓名; columns that contract people does not know: 名字: .*physicalName",
    ),
    (
        "nothing granted",
        lambda s: s.execute(
            f"REVOKE ALL ON registry.people FROM {READER}", f"REVOKE ALL ON SCHEMA registry FROM {READER}"
        ),
        {},
        "error 42501: the hub's user may not read it: the department grants SELECT",
    ),
    (
        "one column not granted",
        lambda s: s.execute(f'REVOKE SELECT ("住址") ON registry.people FROM {READER}'),
        {},
        "error 42501",
    ),
    (
        "too slow",
        lambda s: s.execute(SLOW, f"GRANT SELECT ON registry.slow TO {READER}"),
        {"table": "slow", "statement_timeout_seconds": 1},
        "error 57014: it took longer than the contract's statementTimeoutSeconds",
    ),
]


@pytest.mark.parametrize(("spoil", "changes", "told"), [each[1:] for each in UNREAD], ids=[each[0] for each in UNREAD])
def test_table_that_cannot_be_read_is_told(
    tmp_path: Path, postgresql: Server, spoil: Callable[[Server], None], changes: dict[str, object], told: str
) -> None:
    make_table(postgresql, row("1"))
    spoil(postgresql)
    with pytest.raises(SourceError, match=told):
        rows_of(tmp_path, contract(postgresql, **changes))


@pytest.fixture
def in_encoding(postgresql: Server) -> Iterator[Callable[[str, str], str]]:
    """Makes a database of another encoding with one person, whose name is given as SQL; returns its name."""

    def made(encoding: str, name: str) -> str:
        postgresql.execute(f"CREATE DATABASE other ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        postgresql.execute(
            "CREATE SCHEMA registry",
            TABLE,
            f'INSERT INTO registry.people ("编号", "姓名") VALUES (1, {name})',
            f"GRANT USAGE ON SCHEMA registry TO {READER}",
            f"GRANT SELECT ON registry.people TO {READER}",
            database="other",
        )
        return "other"

    yield made
    postgresql.execute("DROP DATABASE other WITH (FORCE)")


def test_text_comes_right_from_a_database_of_another_encoding(
    tmp_path: Path, postgresql: Server, in_encoding: Callable[[str, str], str]
) -> None:
    [found] = rows_of(tmp_path, contract(postgresql, database=in_encoding("EUC_CN", "'王小明'")))
    assert found["姓名"] == "王小明"


def test_bytes_of_no_encoding_are_refused_without_telling_them(
    tmp_path: Path, postgresql: Server, in_encoding: Callable[[str, str], str]
) -> None:
    with pytest.raises(SourceError, match="SQL_ASCII") as refused:
        rows_of(tmp_path, contract(postgresql, database=in_encoding("SQL_ASCII", r"E'\xCD\xF5'")))
    assert "xcd" not in str(refused.value).lower()


def test_folder_that_cannot_be_written_is_the_machine_s_fault(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    (tmp_path / "1.parquet").mkdir()
    with pytest.raises(MachineError, match=r"1\.parquet.*has room, then pull again"):
        rows_of(tmp_path, contract(postgresql))


class CutOff(SilentProgress):
    """Ends the reader's connection as the first rows have come."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.is_armed = True

    def step(self, stage: str, detail: str, done: int, total: int) -> None:
        if stage == "pull" and self.is_armed:
            self.is_armed = False
            self.server.cut_readers_off()


def test_pull_that_is_cut_off_brings_nothing_in_and_the_next_one_everything(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql)
    # More than one batch and what the sockets hold between server and reader.
    postgresql.execute(
        'INSERT INTO registry.people ("编号", "姓名", "住址", "更新时间") '
        "SELECT n, '王小明', repeat('曹安路', 700), '2026-06-01 10:00:00+08' FROM generate_series(1, 8000) n"
    )
    with reading(tmp_path, contract(postgresql)) as reader:
        context = reader.village.context
        reader.village.context = replace(context, progress=CutOff(postgresql))
        report = reader.pull()
        assert (report.state, report.rows) == ("unread", 0)
        assert "the reading broke off" in report.note
        assert context.operational.ledger.all() == []
        assert [*context.home.temp.iterdir(), *context.home.spool.iterdir()] == []
        assert counted(reader.pull()) == {"new": 8000}


UNUSABLE: list[tuple[str, str, int, str]] = [
    ("open to others", 'user = "hub"', 0o640, r"can be read by others \(mode 0640\): chmod 600"),
    ("no TOML", "password = hunter2", 0o600, "is not valid TOML"),
    ("no user", 'password = "hunter2"', 0o600, "must hold user"),
    ("another key", 'user = "hub"\nhunter2 = "x"', 0o600, "may hold password, sslrootcert, sslcert, sslkey"),
    ("no text", 'user = "hub"\npassword = 12345', 0o600, "each a text"),
]


@pytest.mark.parametrize(
    ("content", "mode", "told"), [each[1:] for each in UNUSABLE], ids=[each[0] for each in UNUSABLE]
)
def test_credentials_that_cannot_be_used_are_told_without_them(
    tmp_path: Path, content: str, mode: int, told: str
) -> None:
    path = tmp_path / "people.toml"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(SourceError, match=told) as refused:
        read_credentials("people", {"HUB_FEED_PEOPLE_CREDENTIALS": str(path)})
    assert "HUB_FEED_PEOPLE_CREDENTIALS" in str(refused.value)
    assert not [secret for secret in ("hunter2", "12345") if secret in str(refused.value)]


def test_credentials_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.toml \(HUB_FEED_A_B_CREDENTIALS\) cannot be read"):
        read_credentials("a-b", {"HUB_FEED_A_B_CREDENTIALS": str(tmp_path / "none.toml")})
