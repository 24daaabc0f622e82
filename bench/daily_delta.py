"""One daily delta of a wanted number of rows, out of the last two days that a made-up district delivers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from synthetic.calendar import AS_OF
from synthetic.deltas import Delivery
from synthetic.writers import write_delivery

DAYS_JOINED = 2


def base_deliveries(feeds: Path, days: int) -> list[Path]:
    """The full dumps and all daily deltas but those of the last two of `days` days."""
    held_back = {_stamp(days - number) for number in range(DAYS_JOINED)}
    return sorted(file for file in feeds.glob("*/*") if file.stem.split("_")[-2] not in held_back)


def write_daily_delta(feeds: Path, out: Path, *, days: int, rows: int) -> int:
    """Writes the deltas of the last two of `days` days under `out` as one of the last day, cut to about `rows` rows.

    A row changes on one day only, so the two days never hold the same one. Every feed gives the same share of its
    rows, its first ones. Returns the rows written; fewer than wanted where the two days have no more.
    """
    tables = {feed.name: _joined(feed, days) for feed in sorted(feeds.iterdir())}
    size = {feed: len(held) for feed, held in tables.items()}
    share = min(1.0, rows / max(sum(size.values()), 1))
    taken = {feed: int(count * share) for feed, count in size.items()}
    largest = max(size, key=lambda feed: size[feed])
    taken[largest] += min(rows - sum(taken.values()), size[largest] - taken[largest]) if share < 1 else 0
    for feed, held in tables.items():
        if taken[feed]:
            _write(feed, held, taken[feed], days, out)
    return sum(taken.values())


def read_rows(file: Path) -> list[object]:
    """The rows of a delivery as they were written: tuples of texts, or lines of JSON."""
    if file.suffix == ".jsonl":
        return list(file.read_text(encoding="utf-8").splitlines(keepends=True))
    return list(zip(*(column.to_pylist() for column in _READERS[file.suffix](file).columns), strict=True))


def _joined(feed: Path, days: int) -> pa.Table | list[str]:
    """The rows of the last days: lines of JSON where the feed delivers these, else a table of texts."""
    stamps = sorted(_stamp(days - number) for number in range(DAYS_JOINED))
    files = [file for stamp in stamps for file in sorted(feed.glob(f"*_delta_{stamp}_*"))]
    if all(file.suffix == ".jsonl" for file in files):
        return [line for file in files for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
    return pa.concat_tables([_READERS[file.suffix](file) for file in files])


def _write(feed: str, held: pa.Table | list[str], rows: int, days: int, out: Path) -> None:
    if isinstance(held, list):
        (out / feed).mkdir(parents=True, exist_ok=True)
        (out / feed / f"{feed}_delta_{_stamp(days)}_0001.jsonl").write_text("".join(held[:rows]), encoding="utf-8")
        return
    none_spoiled = np.zeros(rows, dtype=bool)
    write_delivery(Delivery(feed, "delta", AS_OF + days, 1, held.slice(0, rows), none_spoiled), out)


def _stamp(day: int) -> str:
    return str(np.datetime64(AS_OF + day, "D")).replace("-", "")


def _read_csv(file: Path) -> pa.Table:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    names = pcsv.open_csv(pa.BufferReader(text.encode())).schema.names
    as_text = pcsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=False,
    )
    return pcsv.read_csv(pa.BufferReader(text.encode()), convert_options=as_text)


def _read_xlsx(file: Path) -> pa.Table:
    names, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    columns = zip(*rows, strict=True)
    texts = [pa.array([value or None for value in column], pa.string()) for column in columns]
    return pa.table(dict(zip(map(str, names), texts, strict=True)))


_READERS = {".csv": _read_csv, ".parquet": pq.read_table, ".xlsx": _read_xlsx}
