"""Answers as files: values unharmed, formulas harmless, the snapshot named."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from rich.console import Console

from hub.errors import UsageError
from hub.formats import Format, as_csv, as_json, hand_out, write_parquet
from hub.sharing.request import Answer, Disclosure

TABLE = pa.table({"house": ["H1", "=cmd()"], "kinds": [["lease", "visit"], None], "since": [date(2026, 6, 30), None]})
ANSWER = Disclosure(Answer(TABLE, "Dwellings"), "2026-06-30-aa", 7, "training-on-made-up-people")


def test_a_cell_that_a_spreadsheet_would_run_is_led_by_an_apostrophe() -> None:
    assert as_csv(TABLE) == "house,kinds,since\nH1,lease; visit,2026-06-30\n'=cmd(),,\n"


def test_a_list_and_a_letter_of_full_width_start_formulas_as_well() -> None:
    rows = pa.table({"kinds": [["=cmd()", "visit"], ["lease", "=cmd()"]], "name": ["＝cmd()", "\n=cmd()"]})
    assert as_csv(rows) == "kinds,name\n'=cmd(); visit,'＝cmd()\nlease; =cmd(),\"'\n=cmd()\"\n"


def test_an_export_for_programs_keeps_every_text_as_it_is() -> None:
    assert "\n=cmd(),," in as_csv(TABLE, guard_formulas=False)


def test_json_names_the_snapshot_and_the_question() -> None:
    content = json.loads(as_json(ANSWER, {"question": "unregistered_dwellings"}))
    assert (content["snapshot"], content["question"]) == ("2026-06-30-aa", "unregistered_dwellings")
    assert content["rows"][0] == {"house": "H1", "kinds": ["lease", "visit"], "since": "2026-06-30"}


def test_parquet_names_the_snapshot_in_its_metadata(tmp_path: Path) -> None:
    write_parquet(ANSWER, tmp_path / "answer.parquet")
    written = pyarrow.parquet.read_table(tmp_path / "answer.parquet")
    assert written.num_rows == 2
    assert written.schema.metadata[b"snapshot"] == b"2026-06-30-aa"


def test_parquet_is_not_poured_onto_the_screen() -> None:
    with pytest.raises(UsageError, match="--output"):
        hand_out(ANSWER, Console(), format_=Format.PARQUET, output=None, about={})
