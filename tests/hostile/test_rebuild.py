import json
from pathlib import Path
from typing import Any

from ingestion.recovery import rebuild
from tests.hostile.counter import CSV, JSONL, XLSX, open_counter, people
from tests.hostile.workbooks import cells_of, workbook
from tests.ingestion.village import Village, csv_text, everything_held

ODD = [
    'a"b',
    "a,b",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "a\x1eb",
    "a\u2028b",
    "\\",
    "\\N",
    "NULL",
    "''",
    " a ",
    "#a",
    "𠮷",
    "a\tb",
    '"',
]


def rows_held(village: Village) -> dict[str, list[tuple[Any, ...]]]:
    """The rows taken and those set aside; issues of standardising come later."""
    tables = everything_held(village.context.warehouse)
    return {name: rows for name, rows in tables.items() if rows and (name.startswith("raw.") or "_row" in name)}


def test_odd_values_and_faults_come_back_from_the_archive_as_they_went_in(tmp_path: Path) -> None:
    rows = people(*ODD)
    with open_counter(tmp_path) as counter:
        sound = counter.hand_in(CSV, csv_text(*rows).encode())
        counter.hand_in(CSV, csv_text(*rows).encode() + csv_text(*people("王")).encode() + b"K9,torn\r\n")
        counter.hand_in(JSONL, b"".join(json.dumps(each).encode() + b"\n" for each in rows) + b'{"a": "\\u0000"}\n[')
        counter.hand_in(XLSX, workbook([["title"], *cells_of(people("王", "李"))]))
        names = {name for _, _, name in counter.taken(sound)}
        before = rows_held(counter.village)
        rebuild(counter.village.context)

        # In a file of mixed line ends every line break becomes one kind, those within values too.
        assert names == {name.replace("\r\n", "\n").replace("\r", "\n") for name in ODD}
        assert rows_held(counter.village) == before
