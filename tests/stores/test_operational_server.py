"""The operational database on a real PostgreSQL server: whose it is, who writes, and what is said when it fails."""

import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from stores.errors import HomeBusyError, MachineError, SettingsError, StoreError
from stores.home import Home, create_home, open_home
from stores.operational import open_operational, read_operational, server
from stores.operational.deliveries import DeliveryName, DeliveryState
from stores.operational.migrating import migrate
from tests.postgresql.operational import PASSWORD, OperationalServer

NAME = DeliveryName("people", "delta", date(2026, 7, 1), 1)
LATER = replace(NAME, sequence=2)
HOLDING = """
import sys, time
from pathlib import Path
from stores.home import open_home
from stores.operational import open_operational
with open_operational(open_home(Path(sys.argv[1])), "run") as operational:
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path, operational_server: OperationalServer) -> Home:
    return operational_server.named_in(create_home(tmp_path / "home", kind="synthetic"))


def on_another_machine(home: Home) -> Home:
    """The same home as another machine has it: its lock file is another one."""
    place = home.root.with_name("elsewhere")
    shutil.copytree(home.root, place)
    return open_home(place)


def names(home: Home) -> list[DeliveryName]:
    with read_operational(home) as operational:
        return [each.name for each in operational.ledger.all()]


def told(home: Home) -> str:
    """What whoever opens it is told, as a writer."""
    with pytest.raises(StoreError) as raised:
        open_operational(home)
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_a_second_writer_is_refused_on_any_machine_and_told_who_writes(home: Home) -> None:
    other = on_another_machine(home)
    with open_operational(home, "run") as operational:
        operational.ledger.receive(NAME, file="a", sha256="00")
        with pytest.raises(
            HomeBusyError, match=r"being written by `hub run` \(process \d+ on .+, since 20.+wait until"
        ):
            open_operational(other, "ingest")
        assert names(other) == [NAME]
    open_operational(other).close()


def test_a_killed_writer_does_not_keep_the_next_one_out(home: Home) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(home.root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGKILL)
    with open_operational(home) as operational:
        operational.ledger.receive(NAME, file="a", sha256="00")
    assert names(home) == [NAME]


def test_of_many_that_begin_at_once_one_makes_the_tables(home: Home, operational_server: OperationalServer) -> None:
    def begin(_: int) -> str:
        try:
            with open_operational(home, "init"):
                return "made"
        except HomeBusyError:
            return "busy"

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(begin, range(12)))
    assert set(found) <= {"made", "busy"}
    assert "made" in found
    assert operational_server.value("SELECT count(*)::int FROM alembic_version") == 1


def test_tables_whose_making_is_cut_off_are_made_anew(
    home: Home, operational_server: OperationalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(connection: sa.Connection) -> None:
        migrate(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(server, "migrate", cut_off)
        open_operational(home)
    assert operational_server.value("SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'") == 0
    open_operational(home).close()
    assert names(home) == []


def test_of_two_homes_that_begin_at_once_the_database_belongs_to_one(
    home: Home, tmp_path: Path, operational_server: OperationalServer
) -> None:
    other = operational_server.named_in(create_home(tmp_path / "other", kind="synthetic"))

    def begin(each: Home) -> str:
        try:
            open_operational(each).close()
            return "its own"
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(begin, [home, other]))
    assert found[0] == "its own"
    assert "belongs to another home" in found[1]


def test_a_database_with_other_tables_is_refused(home: Home, operational_server: OperationalServer) -> None:
    operational_server.execute("CREATE TABLE somebodys (n int)", "GRANT SELECT ON somebodys TO hub")
    assert "give the hub an empty database" in told(home)
    assert operational_server.value("SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'") == 1


def test_a_writer_that_was_cut_off_writes_no_more_until_it_is_opened_again(
    home: Home, operational_server: OperationalServer
) -> None:
    with open_operational(home) as operational:
        operational.ledger.receive(NAME, file="a", sha256="00")
        operational_server.cut()
        for _ in range(2):
            with pytest.raises(MachineError, match=r"was lost: what was not committed is undone.*same command again"):
                operational.ledger.receive(LATER, file="b", sha256="11")
    assert names(home) == [NAME]
    with open_operational(home) as operational:
        assert operational.ledger.receive(LATER, file="b", sha256="11").delivery_id == 2


def test_a_reader_sees_one_moment(home: Home) -> None:
    with open_operational(home) as writer:
        writer.ledger.receive(NAME, file="a", sha256="00")
        with read_operational(home) as reader:
            assert [each.state for each in reader.ledger.all()] == [DeliveryState.RECEIVED]
            writer.ledger.mark(1, DeliveryState.APPLIED)
            writer.ledger.receive(LATER, file="b", sha256="11")
            assert [each.state for each in reader.ledger.all()] == [DeliveryState.RECEIVED]
            assert reader.ledger.latest_date() is None
    assert names(home) == [NAME, LATER]


def test_a_reader_cannot_write(home: Home) -> None:
    open_operational(home).close()
    with read_operational(home) as reader, pytest.raises(StoreError, match="takes no writes"):
        reader.ledger.receive(NAME, file="a", sha256="00")


def test_a_reader_of_a_database_that_nobody_made_is_told_what_makes_it(home: Home) -> None:
    with pytest.raises(StoreError, match="`hub init` once more"):
        read_operational(home)


def test_a_reader_of_other_tables_is_told(home: Home, operational_server: OperationalServer) -> None:
    open_operational(home).close()
    operational_server.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"another version of the hub \(9999, here .*if a newer hub wrote it"):
        read_operational(home)


def test_a_commit_waits_for_the_disk_whatever_was_set_for_the_user(
    home: Home, operational_server: OperationalServer
) -> None:
    operational_server.execute(f"ALTER DATABASE {operational_server.database} SET synchronous_commit = off")
    with open_operational(home) as operational, operational._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_server_that_does_not_wait_for_its_disk_is_refused(home: Home, operational_server: OperationalServer) -> None:
    operational_server.set_for_all("fsync", "off")
    try:
        assert "would lose in a power cut" in told(home)
    finally:
        operational_server.set_for_all("fsync", "on")


def test_a_destroyed_key_leaves_no_bytes_in_its_table(home: Home, operational_server: OperationalServer) -> None:
    with open_operational(home) as operational:
        for number in range(1, 4):
            operational.archive_keys.create(number)
        gone, kept = (
            operational_server.value(f"SELECT encode(wrapped, 'hex') FROM archive_key WHERE delivery_id = {number}")
            for number in (3, 2)
        )
        operational.archive_keys.destroy(3)
        operational_server.execute("CHECKPOINT")
    folder = operational_server.server.folder / "data" / "base"
    tables = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(bytes.fromhex(kept) in content for content in tables)
    assert not any(bytes.fromhex(gone) in content for content in tables)


def test_a_lost_database_beside_an_archive_is_not_begun_anew(home: Home) -> None:
    (home.archive / "people").mkdir()
    (home.archive / "people" / "00000001.csv.zst.enc").touch()
    assert "restore that one (pg_restore) first" in told(home)


def test_a_home_remembers_that_its_database_is_on_a_server(home: Home, operational_server: OperationalServer) -> None:
    open_operational(home).close()
    (home.root / "home.toml").write_text('layout = 1\nkind = "synthetic"\n')
    assert f":{operational_server.server.port}/{operational_server.database}: name it as url" in told(home)
    assert not home.operational.exists()


def test_a_home_with_its_database_in_a_file_is_not_begun_anew_on_a_server(
    tmp_path: Path, operational_server: OperationalServer
) -> None:
    home = create_home(tmp_path / "filed", kind="synthetic")
    open_operational(home).close()
    operational_server.named_in(home)
    assert "`hub move-operational` moves it" in told(home)


def test_a_server_that_is_away_is_told(home: Home, operational_server: OperationalServer) -> None:
    named(home, url=operational_server.url.replace(f":{operational_server.server.port}/", ":1/"))
    assert "does not answer: start the server" in told(home)


def test_a_wrong_password_is_told_and_not_repeated(home: Home, operational_server: OperationalServer) -> None:
    operational_server.password_file.write_text("mistaken\n")
    said = told(home)
    assert "does not let the hub in" in said
    assert str(operational_server.password_file) in said
    assert "mistaken" not in said


def test_a_server_that_asks_for_the_password_itself_does_not_get_it(
    home: Home, operational_server: OperationalServer
) -> None:
    rules = operational_server.server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host {operational_server.database} all 127.0.0.1/32 password\n{before}")
    operational_server.server.execute("SELECT pg_reload_conf()")
    try:
        assert "server requested a cleartext password" in told(home)
    finally:
        rules.write_text(before)
        operational_server.server.execute("SELECT pg_reload_conf()")


def test_a_missing_database_is_told(home: Home, operational_server: OperationalServer) -> None:
    named(home, url=f"{operational_server.url}_not")
    assert "CREATE DATABASE … OWNER …" in told(home)


def test_a_missing_privilege_is_told(home: Home, operational_server: OperationalServer) -> None:
    operational_server.execute("ALTER SCHEMA public OWNER TO office")
    assert "make it the owner of the database" in told(home)


def test_a_server_that_takes_no_writes_is_told(home: Home, operational_server: OperationalServer) -> None:
    operational_server.execute(f"ALTER DATABASE {operational_server.database} SET default_transaction_read_only = on")
    assert "takes no writes" in told(home)


def test_what_fails_names_no_values(home: Home) -> None:
    with open_operational(home) as operational:
        operational.ledger.receive(NAME, file="a", sha256="00")
        with operational._engine.connect() as connection, pytest.raises(StoreError) as raised:
            connection.exec_driver_sql("INSERT INTO delivery SELECT * FROM delivery WHERE file = 'a'")
    assert "duplicate key" in str(raised.value)
    assert "INSERT" not in str(raised.value)
    assert "(1)" not in str(raised.value)


def test_the_password_is_in_no_file_of_the_home_and_not_in_the_log_of_the_server(
    home: Home, operational_server: OperationalServer
) -> None:
    with open_operational(home) as operational:
        operational.ledger.receive(NAME, file="a", sha256="00")
        assert PASSWORD not in repr(operational._engine.url)
    assert PASSWORD not in operational_server.server.log
    for path in home.root.rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes()


def test_another_machine_must_prove_who_it_is(home: Home, operational_server: OperationalServer) -> None:
    other = operational_server.url_at("127.0.0.2")
    named(home, url=other)
    with pytest.raises(SettingsError, match=r"trusted_certificate: is missing: 127\.0\.0\.2 must prove who it is"):
        open_operational(home)
    # The server's certificate is for another name.
    named(home, url=other, trusted_certificate=str(operational_server.server.certificate))
    assert "does not prove who it is, and nothing was sent" in told(home)


def test_a_server_that_proves_who_it_is_is_spoken_to_encrypted(
    home: Home, operational_server: OperationalServer
) -> None:
    named(home, trusted_certificate=str(operational_server.server.certificate))
    with open_operational(home) as operational, operational._engine.connect() as connection:
        ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.exec_driver_sql(ssl).scalar() is True


def test_a_server_that_stops_encrypting_is_refused(home: Home, operational_server: OperationalServer) -> None:
    named(home, trusted_certificate=str(operational_server.server.certificate))
    operational_server.set_for_all("ssl", "off")
    try:
        assert "does not prove who it is" in told(home)
    finally:
        operational_server.set_for_all("ssl", "on")


def named(home: Home, **settings: str) -> None:
    """Changes what home.toml says of the operational database."""
    file = home.root / "home.toml"
    lines = [line for line in file.read_text().splitlines() if line.partition(" ")[0] not in settings]
    file.write_text("\n".join([*lines, *(f'{name} = "{value}"' for name, value in settings.items()), ""]))
