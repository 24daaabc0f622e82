"""`hub evaluate`: a published snapshot against truth files."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Purpose
from hub.errors import UsageError
from hub.figures import evaluation_tables
from hub.formats import as_csv
from hub.reading.evaluation import export, figures


class FiguresFormat(StrEnum):
    """How figures are written."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class EvaluateOptions:
    """Options of `hub evaluate`."""

    truth: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of truth files: person.csv, house.csv, unit.csv, …")
    ] = None
    format: Annotated[FiguresFormat, typer.Option(help="For people or for programs.")] = FiguresFormat.TABLE
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write feed,record_key,entity_id of all records; needs a purpose."),
    ] = None
    purpose: Purpose = ""


@verb(EvaluateOptions)
def evaluate(desk: Desk, options: EvaluateOptions) -> None:
    """Compare the current snapshot with truth: links, residence, answers. 评测"""
    if options.truth is None and options.export is None:
        raise UsageError("name a truth folder with --truth DIR, or a file to write with --export FILE")
    reader = desk.reader(options.purpose)
    if options.export is not None:
        found = export(reader)
        options.export.write_text(as_csv(found.answer.table, guard_formulas=False), encoding="utf-8", newline="")
        typer.echo(f"{found.answer.table.num_rows} records of snapshot {found.snapshot} → {options.export}", err=True)
    if options.truth is None:
        return
    evaluation = figures(reader, options.truth)
    if options.format is FiguresFormat.JSON:
        typer.echo(json.dumps(evaluation.as_json(), ensure_ascii=False, indent=2))
        return
    for drawn in evaluation_tables(evaluation, desk.declarations):
        desk.console.print(drawn)
