"""Reads delivered files back as rows of text, without the hub's own readers."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

ENCODINGS = {
    "household_register": "gb18030",
    "utilities": "gb18030",
    "residence_registration": "utf-8-sig",
    "civil_affairs": "utf-8-sig",
    "rental_contracts": "utf-8",
}


def read_rows(path: Path) -> list[dict[str, object]]:
    """The rows of one delivery by column; empty cells of sheets are empty text."""
    feed = path.parent.name
    if path.suffix == ".csv":
        text = path.read_bytes().decode(ENCODINGS[feed])
        return [dict(row) for row in csv.DictReader(io.StringIO(text))]
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]
