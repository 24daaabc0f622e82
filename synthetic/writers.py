"""Writes deliveries in the formats that departments hand over; equal tables give equal bytes."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import xlsxwriter

from synthetic.deltas import ID_COLUMNS, Delivery
from synthetic.text import join, where

_CHUNK = 100_000
_SHEETS = {"separated_residents": "人户分离", "school_roll": "学籍"}
_LISTS = ("人员",)
_MADE = datetime(2026, 6, 30)


def write_delivery(delivery: Delivery, out: Path) -> Path:
    """Writes one file under `<out>/<feed>/` and returns its path."""
    extension, write = _FORMATS[delivery.feed]
    date = str(np.datetime64(delivery.day, "D")).replace("-", "")
    folder = out / delivery.feed
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{delivery.feed}_{delivery.mode}_{date}_{delivery.sequence:04}.{extension}"
    write(delivery, path)
    return path


def _write_csv(encoding: str) -> Callable[[Delivery, Path], None]:
    def write(delivery: Delivery, path: Path) -> None:
        with path.open("wb") as file:
            if encoding == "utf-8-sig":
                file.write(b"\xef\xbb\xbf")
            for start in range(0, max(len(delivery.table), 1), _CHUNK):
                buffer = io.BytesIO()
                options = pcsv.WriteOptions(include_header=start == 0)
                pcsv.write_csv(delivery.table.slice(start, _CHUNK), buffer, options)
                plain = buffer.getvalue()
                file.write(plain if encoding != "gb18030" else plain.decode().encode("gb18030"))

    return write


def _write_parquet(delivery: Delivery, path: Path) -> None:
    pq.write_table(delivery.table, path, compression="zstd")


def _write_jsonl(delivery: Delivery, path: Path) -> None:
    with path.open("wb") as file:
        for start in range(0, len(delivery.table), _CHUNK):
            part = delivery.table.slice(start, _CHUNK).combine_chunks()
            fields = [_json_field(part, name) for name in part.column_names]
            lines = join("{", join(*fields, separator=", "), "}\n")
            file.write("".join(lines.to_pylist()).encode())


def _json_field(part: pa.Table, name: str) -> pa.Array:
    column = part.column(name)
    column = column.chunk(0) if column.num_chunks else pa.array([], pa.string())
    if name in _LISTS:
        return join(f'"{name}": ', column)
    known = np.asarray(column.is_valid())
    return where(known, join(f'"{name}": "', column, '"'), f'"{name}": null')


def _write_xlsx(delivery: Delivery, path: Path) -> None:
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}
    )
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet(_SHEETS[delivery.feed])
    names = delivery.table.column_names
    sheet.write_row(0, 0, names)
    card = names.index(ID_COLUMNS[delivery.feed])
    columns = [column.to_pylist() for column in delivery.table.columns]
    for row, (values, as_number) in enumerate(
        zip(zip(*columns, strict=True), delivery.as_number.tolist(), strict=True), start=1
    ):
        for place, value in enumerate(values):
            if place == card and as_number:
                sheet.write_number(row, place, float(value))
            elif value is not None:
                sheet.write_string(row, place, value)
    book.close()


_FORMATS: dict[str, tuple[str, Callable[[Delivery, Path], None]]] = {
    "household_register": ("csv", _write_csv("gb18030")),
    "residence_registration": ("csv", _write_csv("utf-8-sig")),
    "separated_residents": ("xlsx", _write_xlsx),
    "housing_register": ("parquet", _write_parquet),
    "rental_contracts": ("csv", _write_csv("utf-8")),
    "social_insurance": ("parquet", _write_parquet),
    "business_register": ("jsonl", _write_jsonl),
    "school_roll": ("xlsx", _write_xlsx),
    "utilities": ("csv", _write_csv("gb18030")),
    "civil_affairs": ("csv", _write_csv("utf-8-sig")),
    "field_visits": ("jsonl", _write_jsonl),
}
