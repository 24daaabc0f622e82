"""`hub pull`: from a department's database to the home, and its secrets nowhere."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.cli import main
from schemas.files import SHIPPED
from stores.home import create_home
from tests.postgresql.server import READER, READER_PASSWORD, Server

FEED = "population_office/separated_residents.odcs.yml"
COLUMNS = ("编号", "姓名", "身份证号", "户籍地址", "现居住地址", "登记日期", "联系电话", "更新时间", "操作")
PEOPLE = """INSERT INTO registry.separated SELECT n, '王小明', NULL, '曹安路1285弄12号302室', '真北路88弄3号501室',
  '2026-05-01', '13800000000', '2026-06-01 10:00:00', NULL FROM generate_series(1, 3) n"""
HUB = "from hub.cli import main; main()"


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    printed: str


@dataclass(frozen=True)
class Office:
    """A home, declarations with one feed in the server, and the reader's credentials in the environment."""

    folder: Path
    server: Server

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def overlay(self) -> Path:
        return self.folder / "schemas"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials.toml"

    @property
    def arguments(self) -> list[str]:
        return ["hub", "--home", str(self.home), "--schemas", str(self.overlay), "pull"]

    def declare(self, table: str = "separated") -> None:
        """Lays a contract over the shipped one that names this table instead of files."""
        contract: dict[str, Any] = yaml.safe_load((SHIPPED / "feeds" / FEED).read_text(encoding="utf-8"))
        place = {"host": "127.0.0.1", "port": self.server.port, "database": "postgres", "schema": "registry"}
        terms = [{"property": "sslMode", "value": "disable"}, {"property": "connectTimeoutSeconds", "value": 2}]
        contract["servers"] = [{"server": "office", "type": "postgres", **place, "customProperties": terms}]
        contract["schema"][0]["physicalName"] = table
        file = self.overlay / "feeds" / FEED
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")

    def write_credentials(self, password: str = READER_PASSWORD) -> None:
        self.credentials.touch(mode=0o600)
        self.credentials.write_text(f"user = {json.dumps(READER)}\npassword = {json.dumps(password)}\n")

    def files_with(self, secret: str) -> list[Path]:
        """The files of the home that hold the secret."""
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file()]
        return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.fixture
def office(tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    create_home(tmp_path / "home", kind="synthetic")
    types = ", ".join(f'"{name}" text' for name in COLUMNS)
    postgresql.execute(f"CREATE TABLE registry.separated ({types})", PEOPLE)
    postgresql.execute(f"GRANT SELECT ON registry.separated TO {READER}")
    opened = Office(tmp_path, postgresql)
    opened.declare()
    opened.write_credentials()
    monkeypatch.setenv("HUB_FEED_SEPARATED_RESIDENTS_CREDENTIALS", str(opened.credentials))
    yield opened


@pytest.fixture
def pull(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def typed(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", [*office.arguments, *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return Done(int(left.value.code or 0), printed.out + printed.err)

    return typed


def test_every_feed_with_a_database_is_pulled_and_no_secret_is_kept(office: Office, pull: Any) -> None:
    done = pull()
    assert done.code == 0
    assert "separated_residents" in done.printed
    secrets = (READER, READER_PASSWORD)
    assert [secret for secret in secrets if secret in done.printed or office.files_with(secret)] == []


def test_wrong_password_ends_with_what_to_do_and_no_secret(office: Office, pull: Any) -> None:
    office.write_credentials("not the password")
    done = pull("separated_residents")
    told = " ".join(done.printed.split())
    assert done.code == 1
    assert "unread" in told
    assert "credentials" in told
    secrets = (READER, "not the password")
    assert [secret for secret in secrets if secret in done.printed or office.files_with(secret)] == []


def test_what_cannot_be_pulled_is_refused_before_anything_is_opened(pull: Any) -> None:
    for arguments, told in (
        (["utilities"], "utilities: no contract names a database for it; feeds with a database: separated_residents"),
        (["--date", "tomorrow"], "--date is tomorrow, expected a date such as 2026-06-30"),
    ):
        done = pull(*arguments)
        assert (done.code, told in done.printed) == (2, True)


def test_pull_that_is_killed_leaves_nothing_and_is_given_again(office: Office, pull: Any) -> None:
    office.server.execute(
        "CREATE VIEW registry.slow AS SELECT p.* FROM registry.separated p CROSS JOIN (SELECT pg_sleep(60) OFFSET 0) s",
        f"GRANT SELECT ON registry.slow TO {READER}",
    )
    office.declare("slow")
    child = subprocess.Popen(
        [sys.executable, "-c", HUB, *office.arguments[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    asleep = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{READER}' AND wait_event = 'PgSleep'"
    for _ in range(300):
        if office.server.number(asleep) or child.poll() is not None:
            break
        time.sleep(0.1)
    child.kill()
    assert child.wait() == -9
    assert [*(office.home / "temp").glob("pull-*")] != []
    office.server.cut_readers_off()
    office.declare("separated")
    done = pull("--date", "2026-07-01")
    assert done.code == 0
    assert [*(office.home / "temp").iterdir(), *(office.home / "spool").iterdir()] == []
    assert [path.name for path in (office.home / "archive").rglob("*.enc")] != []
