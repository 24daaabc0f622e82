"""A small feed of people, its contract built in code, and a home to take it into."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from ingestion.context import IngestContext
from ingestion.ingest import ingest
from ingestion.report import DeliveryReport
from schemas.declarations import Declarations
from schemas.files import DeclarationTree
from schemas.readers.contracts import (
    Column,
    ColumnUse,
    DeliveryFormat,
    DerivedColumn,
    FactMapping,
    FeedContract,
    FieldMapping,
    FileFormat,
    QualityRule,
    RecordMapping,
    Severity,
)
from schemas.readers.registers import Register, read_registers
from stores.home import Home, create_home
from stores.operational import open_operational
from stores.warehouse import Warehouse, WarehouseSettings, open_warehouse

HEADER = ("编号", "姓名", "身份证号", "民族", "性别", "住址", "月用电量", "登记日期", "更新时间", "操作")
FULL, DELTA = "people_full_20260630_0001.csv", "people_delta_20260701_0001.csv"


def column(name: str, use: ColumnUse = ColumnUse.MAPPED, **more: Any) -> Column:
    return Column(name=name, meaning=name, use=use, **more)


CONTRACT = FeedContract(
    id="people",
    department="town_teams",
    version="1.0.0",
    title_zh="人",
    title_en="People",
    owner="the village",
    legal_basis="none: made up",
    purpose="tests",
    delivery=DeliveryFormat(
        format=FileFormat.CSV,
        file_pattern=r"people_(?P<mode>full|delta)_(?P<date>\d{8})_(?P<sequence>\d{4})\.csv",
    ),
    columns=(
        column("编号", ColumnUse.KEPT, required=True),
        column("姓名", required=True),
        column("身份证号"),
        column("民族", ColumnUse.DROPPED, reason="protected"),
        column("性别", codes={"男": "male", "女": "female"}),
        column("住址"),
        column("月用电量", ColumnUse.CONSUMED),
        column("登记日期"),
        column("更新时间", ColumnUse.KEPT),
        column("操作", ColumnUse.KEPT),
    ),
    derived=(
        DerivedColumn("在用", "in use", "CASE WHEN try_cast(\"月用电量\" AS DOUBLE) >= 30 THEN 'yes' ELSE 'no' END"),
    ),
    key=("编号",),
    version_column="更新时间",
    operation_column="操作",
    operations={"新增": "insert", "变更": "update", "删除": "delete"},
    quality=(
        QualityRule("name_is_short", "a name has at most 20 signs", 'length("姓名") <= 20', Severity.QUARANTINE),
        QualityRule("has_an_address", "the address is known", "coalesce(\"住址\", '') <> ''", Severity.ISSUE),
    ),
    records=(
        RecordMapping(
            role="person",
            register="person",
            fields=(
                FieldMapping("name", ("姓名",), "person_name"),
                FieldMapping("id_number", ("身份证号",), "resident_id"),
                FieldMapping("sex", ("性别",), "text"),
            ),
            needs=("name", "id_number"),
        ),
        RecordMapping(
            role="house", register="house", fields=(FieldMapping("address", ("住址",), "address"),), needs=("address",)
        ),
    ),
    facts=(
        FactMapping(
            kind="field_visit", subject="person", object="house", valid_from="登记日期", observed_on="登记日期"
        ),
        FactMapping(kind="utility_use", subject="person", object="house", only_where={"在用": ("yes",)}),
    ),
    rows_at_district_size=1000,
    min_share_of_previous=0.5,
    freshness_days=2,
    retention_days=365,
)

HOUSEHOLD = replace(
    CONTRACT,
    columns=(*CONTRACT.columns, column("户号"), column("关系", codes={"户主": "head", "子女": "child"})),
    facts=(
        FactMapping(
            kind="kin",
            subject="person",
            object="person",
            value="关系",
            only_where={"关系": ("child",)},
            group="户号",
            group_head={"关系": "head"},
        ),
    ),
)


@cache
def registers() -> Mapping[str, Register]:
    return read_registers(DeclarationTree())


def declared(*contracts: FeedContract) -> Declarations:
    """Declarations of these contracts alone; ingestion reads no more of them than contracts, registers and tree."""
    parts = {"contracts": {each.id: each for each in contracts}, "registers": registers(), "tree": DeclarationTree()}
    return cast(Declarations, SimpleNamespace(**parts))


def row(key: str, name: str = "王小明", at: str = "2026-06-01 10:00:00", **values: str) -> dict[str, str]:
    """A row of the feed; `values` sets further columns."""
    first = {"编号": key, "姓名": name, "民族": "汉族", "性别": "男", "住址": "曹安路1285弄12号302室", "更新时间": at}
    return first | values


def csv_text(*rows: dict[str, str], columns: Sequence[str] = ()) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, (*HEADER, *columns), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@dataclass
class Village:
    """An open home with contracts in force, and a folder to put files in."""

    context: IngestContext
    inbox: Path

    def take(
        self, name: str, *rows: dict[str, str], approve: bool = False, columns: Sequence[str] = ()
    ) -> DeliveryReport:
        """Takes one CSV delivery in; `columns` are those that it has beside the usual ones."""
        return self.take_bytes(name, csv_text(*rows, columns=columns).encode(), approve=approve)

    def take_bytes(self, name: str, content: bytes, *, approve: bool = False) -> DeliveryReport:
        path = self.inbox / name
        path.write_bytes(content)
        return ingest([path], self.context, approve=approve)[0]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.context.warehouse.rows(sql)

    def held(self) -> list[tuple[Any, ...]]:
        """(key, version, name, ended_on) of every row version, in order."""
        return self.rows('SELECT row_key, version, "姓名", ended_on::VARCHAR FROM raw.people ORDER BY ALL')


def counted(report: DeliveryReport) -> dict[str, int]:
    """The outcomes that occurred."""
    return {outcome: count for outcome, count in report.counts.items() if count}


def everything_held(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the stages that ingestion writes, row by row."""
    tables = warehouse.rows(
        "SELECT schema_name || '.\"' || table_name || '\"' FROM duckdb_tables() "
        "WHERE schema_name IN ('raw', 'quarantine', 'standard') ORDER BY ALL"
    )
    return {name: warehouse.rows(f"FROM {name} ORDER BY ALL") for (name,) in tables}


@contextmanager
def open_village(root: Path, *contracts: FeedContract, warehouse: type[Warehouse] | None = None) -> Iterator[Village]:
    home: Home = create_home(root / "home", kind="synthetic")
    (root / "inbox").mkdir(exist_ok=True)
    declarations = declared(*(contracts or (CONTRACT,)))
    opened = open_warehouse(home.warehouse, settings=WarehouseSettings(threads=1, temp_directory=home.temp))
    if warehouse is not None:
        opened = warehouse(opened.connection)
    with opened, open_operational(home) as operational:
        yield Village(IngestContext(home, opened, operational, declarations), root / "inbox")
