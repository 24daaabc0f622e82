"""A department that keeps the people of the village in a table of its own, and who reads it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from ingestion.report import DeliveryReport
from ingestion.sources.credentials import read_credentials
from ingestion.sources.postgresql import open_table
from ingestion.sources.pull import PullOrder, pull_tables
from ingestion.sources.rows import RowsWanted, check_columns, write_rows
from schemas.readers.contracts import ColumnUse, DeliveryFormat, FeedContract, FileFormat
from schemas.readers.databases import DatabaseTable, pulled_file_pattern
from stores.progress import SilentProgress
from tests.ingestion.village import CONTRACT, Village, open_village
from tests.postgresql.server import READER, READER_PASSWORD, Server

COLUMNS = tuple(each.name for each in CONTRACT.columns)
READABLE = tuple(each.name for each in CONTRACT.columns if each.use is not ColumnUse.DROPPED)
TABLE = """CREATE TABLE registry.people ("编号" integer, "姓名" varchar(40), "身份证号" char(18), "民族" text,
  "性别" text, "住址" text, "月用电量" numeric(8, 2), "登记日期" date, "更新时间" timestamptz, "操作" text)"""
JULY = date(2026, 7, 1)


def contract(server: Server, **changes: object) -> FeedContract:
    """The village's contract with the office's table instead of files; `changes` are to where the table is."""
    table = DatabaseTable(
        host="127.0.0.1",
        port=server.port,
        database="postgres",
        schema="registry",
        table="people",
        columns={name: name for name in COLUMNS},
        ssl_mode="disable",
        time_zone="Asia/Shanghai",
        connect_timeout_seconds=2,
        statement_timeout_seconds=60,
    )
    delivery = DeliveryFormat(FileFormat.PARQUET, pulled_file_pattern("people"))
    return replace(CONTRACT, delivery=delivery, database=replace(table, **changes))  # type: ignore[arg-type]


def make_table(server: Server, *rows: str, table: str = TABLE) -> None:
    """Makes the table with these rows and lets the reader read what the contract does not drop."""
    server.execute(table)
    insert(server, *rows)
    listed = ", ".join(f'"{name}"' for name in READABLE)
    server.execute(f"GRANT SELECT ({listed}) ON registry.people TO {READER}")


def insert(server: Server, *rows: str) -> None:
    """Adds rows to the table."""
    if rows:
        server.execute(f"INSERT INTO registry.people VALUES {', '.join(rows)}")


def row(key: str, at: str = "2026-06-01 10:00:00") -> str:
    """A row of the table as SQL; `at` is Shanghai time."""
    return sql_row(key, version=f"'{at}+08'")


def sql_row(key: str, *, name: str = "王小明", version: str = "'2026-06-01 10:00:00+08'") -> str:
    """A row of the table, its key and version as SQL."""
    return (
        f"({key}, '{name}', '310114199001011233', '汉族', '男', '曹安路1285弄12号302室', 30.50, '2026-05-01', "
        f"{version}, NULL)"
    )


def credentials(folder: Path, **changes: str) -> dict[str, str]:
    """An environment that names a file with the reader's user and password."""
    folder.mkdir(exist_ok=True)
    path = folder / "people.toml"
    content = {"user": READER, "password": READER_PASSWORD} | changes
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in content.items()), encoding="utf-8")
    return {"HUB_FEED_PEOPLE_CREDENTIALS": str(path)}


def rows_of(folder: Path, declared: FeedContract, since: str | None = None) -> list[dict[str, str | None]]:
    """The rows of the delivery file."""
    table = declared.database
    assert table is not None
    path = folder / f"{len([*folder.iterdir()])}.parquet"
    with open_table(table, read_credentials("people", credentials(folder / "secrets"))) as opened:
        kinds = opened.kinds()
        check_columns(kinds, declared, table)
        write_rows(opened, RowsWanted(declared, kinds, since), path, SilentProgress())
    rows: list[dict[str, str | None]] = pq.read_table(path).to_pylist()
    return rows


@contextmanager
def reading(root: Path, *declared: FeedContract) -> Iterator["Reader"]:
    """A village with these contracts in force and someone to pull for it."""
    root.mkdir(exist_ok=True)
    with open_village(root, *declared) as village:
        yield Reader(village, credentials(root / "secrets"))


@dataclass
class Reader:
    """Pulls the office's table into a village."""

    village: Village
    environment: Mapping[str, str] = field(default_factory=dict)

    def pull(self, mode: str = "full", day: date | None = JULY) -> DeliveryReport:
        [report] = pull_tables(PullOrder(["people"], mode, day), self.village.context, self.environment)
        return report
