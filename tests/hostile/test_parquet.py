import datetime
import decimal
import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hostile.counter import PARQUET, Counter, people
from tests.ingestion.village import HEADER, counted

ID = "310114198001011234"
MOMENT = datetime.datetime(2026, 6, 1, 10, 30)


def table(*rows: dict[str, str]) -> pa.Table:
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in HEADER})


def written(made: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(made, file)
    return file.getvalue()


def with_column(name: str, values: pa.Array) -> pa.Table:
    made = table(*people("王小明"))
    return made.set_column(made.column_names.index(name), name, values)


TYPES: dict[str, tuple[pa.Array, str | None]] = {
    "dictionary": (pa.array(["男"]).dictionary_encode(), "男"),
    "large text": (pa.array(["男"], pa.large_string()), "男"),
    "small integer": (pa.array([5], pa.int8()), "5"),
    "largest integer": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "whole float": (pa.array([5.0]), "5"),
    "whole small float": (pa.array([5.0], pa.float32()), "5"),
    "float": (pa.array([5.25]), "5.25"),
    "not a number": (pa.array([float("nan")]), None),
    "decimal": (pa.array([decimal.Decimal("5.20")], pa.decimal128(10, 2)), "5.20"),
    "long decimal": (pa.array([decimal.Decimal(ID)], pa.decimal128(38, 0)), ID),
    "date": (pa.array([MOMENT.date()]), "2026-06-01"),
    "moment": (pa.array([MOMENT]), "2026-06-01 10:30:00"),
    "nanoseconds": (pa.array([MOMENT], pa.timestamp("ns")), "2026-06-01 10:30:00"),
    "time": (pa.array([MOMENT.time()]), "10:30:00"),
    "truth": (pa.array([True]), "true"),
    "nothing": (pa.nulls(1), None),
    "list": (pa.array([["男"]]), '["男"]'),
    "structure": (pa.array([{"性别": "男"}]), '{"性别":"男"}'),
    "map": (pa.array([[("性别", "男")]], pa.map_(pa.string(), pa.string())), '{"性别":"男"}'),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_value_of_any_type_is_read_as_text_without_loss(counter: Counter, name: str) -> None:
    values, text = TYPES[name]
    made = with_column("性别", values)
    report = counter.hand_in(PARQUET, written(made))

    assert counted(report) == {"new": 1}
    key = made["编号"][0].as_py()
    assert counter.village.rows(f"SELECT \"性别\" FROM raw.people_parquet WHERE row_key = '{key}'") == [(text,)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array(["男".encode()], pa.binary()), "BLOB"),
        (pa.array([MOMENT], pa.timestamp("us", "Asia/Shanghai")), "TIMESTAMP WITH TIME ZONE"),
        (pa.array([[MOMENT]], pa.list_(pa.timestamp("us", "UTC"))), r"TIMESTAMP WITH TIME ZONE\[\]"),
        (pa.array([{"a": b"x"}]), r"STRUCT\(a BLOB\)"),
    ],
)
def test_a_type_that_text_would_alter_is_refused_with_column_and_type(
    counter: Counter, values: pa.Array, kind: str
) -> None:
    report = counter.hand_in(PARQUET, written(with_column("性别", values)))

    assert report.state == "refused"
    assert f"columns of types that cannot become text without loss: 性别 is {kind}".replace("\\", "") in report.note


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("身份证号", float(ID), "id_as_number"),
        ("身份证号", 5.0, "id_as_number"),
        ("编号", float(ID), "key_as_number"),
        ("姓名", "长" * (1 << 20), "value_too_long"),
        ("姓名", "王\0", "nul_character"),
        ("姓名", None, "required_missing"),
    ],
)
def test_a_value_that_nobody_can_use_sets_its_row_aside(counter: Counter, column: str, value: Any, rule: str) -> None:
    report = counter.hand_in(PARQUET, written(with_column(column, pa.array([value]))))

    assert counter.set_aside(report) == [(1, rule)]


def test_a_key_that_became_a_float_is_the_same_key(counter: Counter) -> None:
    report = counter.hand_in(PARQUET, written(with_column("编号", pa.array([77_001.0]))))

    assert [key for _, key, _ in counter.taken(report)] == ["77001"]


def doubled() -> pa.Table:
    made = table(*people("王小明"))
    return pa.Table.from_arrays([*made.columns, made["姓名"]], names=[*HEADER, "姓名"])


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "cannot be read as Parquet"),
    "another format": (lambda: b"not what it says", "cannot be read as Parquet"),
    "cut off": (lambda: written(table(*people("王小明")))[:-20], "cannot be read as Parquet"),
    "a column missing": (
        lambda: written(table(*people("王")).drop_columns(["姓名"])),
        "columns missing: 姓名: hand it in",
    ),
    "a column doubled": (lambda: written(doubled()), "columns named twice: 姓名: hand it in again with each name once"),
    "one long text over and over": (
        lambda: written(pa.concat_tables([table(*people("王" * 10_000))] * 20_000)),
        "its values unpack to 576 MiB, more than 250 times its size: export it anew",
    ),
    "text that is not UTF-8": (
        lambda: written(table(*people("王小明"))).replace("王小明".encode(), b"\xff" * 9),
        "cannot be read as Parquet",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_parquet_file_that_cannot_be_read_is_refused(counter: Counter, name: str) -> None:
    make, message = REFUSED[name]
    report = counter.hand_in(PARQUET, make())

    assert report.state == "refused"
    assert report.note.startswith(f"{report.file}: ")
    assert message in report.note
    assert "/spool/" not in report.note
    assert report.note.endswith("hand it in again") or "hand it in again with" in report.note
    assert counter.taken(report) == []
