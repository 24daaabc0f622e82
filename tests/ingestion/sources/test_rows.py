"""What is read from a table: every value as text, in one order, at one moment, and never what the contract drops."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingestion.errors import SourceError
from ingestion.sources.credentials import read_credentials
from ingestion.sources.postgresql import open_table
from ingestion.sources.rows import RowsWanted, write_rows
from ingestion.sources.table_sql import count_sql, since_sql
from stores.progress import SilentProgress
from tests.ingestion.sources.office import (
    COLUMNS,
    TABLE,
    contract,
    credentials,
    insert,
    make_table,
    row,
    rows_of,
    sql_row,
)
from tests.postgresql.server import READER, Server

TYPES: Mapping[str, tuple[str, str, str]] = {
    "编号": ("bigint", "9223372036854775807", "9223372036854775807"),
    "姓名": ("name", "'王小明'", "王小明"),
    "身份证号": ("numeric(18)", "310114199001011233", "310114199001011233"),
    "性别": ("boolean", "true", "true"),
    "住址": ("jsonb", """'{"路":  [1]}'""", '{"路": [1]}'),
    "月用电量": ("float8", "0.1", "0.1"),
    "登记日期": ("date", "'2026-05-01'", "2026-05-01"),
    "更新时间": ("registry.moment", "'2026-05-01 23:30:00.5+00'", "2026-05-02 07:30:00.5"),
    "操作": ("integer[]", "'{1,NULL,2}'", "[1,null,2]"),
}


def test_values_come_as_text_in_iso_form_whatever_their_type(tmp_path: Path, postgresql: Server) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in TYPES.items())
    values = ", ".join(value for _, value, _ in TYPES.values())
    postgresql.execute("CREATE DOMAIN registry.moment AS timestamptz")
    make_table(postgresql, f"({values})", table=f"CREATE TABLE registry.people ({columns})")
    expected = {name: text for name, (_, _, text) in TYPES.items()}
    assert rows_of(tmp_path, contract(postgresql)) == [expected | {"民族": None}]


def test_dropped_columns_are_never_read(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    may_read = "SELECT has_column_privilege('registry.people', '{}', 'SELECT')::text"
    assert postgresql.asked_as_reader(may_read.format("民族")) == "false"
    assert rows_of(tmp_path, contract(postgresql))[0]["民族"] is None


def test_names_are_those_of_the_table(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    postgresql.execute(
        'ALTER TABLE registry.people RENAME COLUMN "姓名" TO "X ""M"',
        'ALTER TABLE registry.people RENAME TO "People\'s"',
    )
    named = contract(postgresql, table="People's", columns={name: name for name in COLUMNS} | {"姓名": 'X "M'})
    [found] = rows_of(tmp_path, named)
    assert (found["姓名"], set(found)) == ("王小明", set(COLUMNS))


def test_order_depends_on_the_values_alone(tmp_path: Path, postgresql: Server) -> None:
    rows = [row("2"), row("10"), row("1"), sql_row("1", name="王大明"), row("NULL"), sql_row("NULL", name="李四")]
    read = []
    for ordered in (rows, rows[::-1]):
        postgresql.execute("DROP TABLE IF EXISTS registry.people")
        make_table(postgresql, *ordered)
        read.append(rows_of(tmp_path, contract(postgresql)))
    assert read[0] == read[1]
    assert [each["编号"] for each in read[0]] == ["1", "1", "10", "2", None, None]


def test_view_is_read_like_a_table(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    postgresql.execute(
        "CREATE VIEW registry.seen AS TABLE registry.people", f"GRANT SELECT ON registry.seen TO {READER}"
    )
    assert len(rows_of(tmp_path, contract(postgresql, table="seen"))) == 1


def test_empty_table_gives_a_file_without_rows(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql)
    assert rows_of(tmp_path, contract(postgresql)) == []


def test_everything_is_read_at_one_moment(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    declared = contract(postgresql)
    assert declared.database is not None
    path = tmp_path / "rows.parquet"
    with open_table(declared.database, read_credentials("people", credentials(tmp_path / "secrets"))) as opened:
        wanted = RowsWanted(declared, opened.kinds(), None)
        insert(postgresql, row("2"))
        assert opened.number(count_sql(opened.table, None)) == 1
        write_rows(opened, wanted, path, SilentProgress())
    assert pq.read_table(path).num_rows == 1


SINCE = [
    (
        "timestamp with time zone",
        "2026-07-01 10:00:00.5",
        ["'2026-07-01 10:00:00.5+08'", "'2026-07-01 10:00:00.25+08'"],
    ),
    ("timestamp without time zone", "2026-07-01 10:00:00", ["'2026-07-01 10:00:00'", "'2026-07-01 09:59:59'"]),
    ("date", "2026-07-01 00:00:00", ["'2026-07-01'", "'2026-06-30'"]),
    ("bigint", "000000000000000012", ["12", "9"]),
    ("integer", "000000000000000012", ["100", "11"]),
]


@pytest.mark.parametrize(("kind", "version", "values"), SINCE, ids=[kind for kind, _, _ in SINCE])
def test_rows_of_the_last_version_and_later_ones_are_read(
    tmp_path: Path, postgresql: Server, kind: str, version: str, values: list[str]
) -> None:
    table = TABLE.replace('"更新时间" timestamptz', f'"更新时间" {kind}')
    make_table(postgresql, *(sql_row(str(key), version=value) for key, value in enumerate(values)), table=table)
    read = rows_of(tmp_path, contract(postgresql), since_sql("更新时间", kind, version))
    assert [each["编号"] for each in read] == ["0"]


@pytest.mark.parametrize(
    ("kind", "version"), [("text", "2026-07-01 00:00:00"), ("bigint", "2026-07-01 00:00:00"), ("date", "000000000012")]
)
def test_versions_that_cannot_be_compared_are_not_guessed(kind: str, version: str) -> None:
    with pytest.raises(SourceError, match="pull the feed in full"):
        since_sql("更新时间", kind, version)
