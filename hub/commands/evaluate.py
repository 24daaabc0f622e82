"""`hub evaluate`: a published snapshot against truth files, or a whole data set from its files to its figures."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Purpose
from hub.deliveries import tell_deliveries
from hub.errors import UsageError
from hub.exits import DEPARTMENT
from hub.figures import evaluation_tables, suite_tables
from hub.formats import as_csv
from hub.reading.evaluation import export, figures
from hub.sharing.request import Caller
from hub.suites import HOME, SCHEMAS, run_suite, scratch_folder
from hub.terminal import TerminalProgress, console_for_people
from schemas.readers.suites import read_suite


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
    suite: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A suite.yml: any data set, run from its files in a scratch home."),
    ] = None
    scratch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the suite's scratch home stays; without it, it goes.")
    ] = None
    format: Annotated[FiguresFormat, typer.Option(help="For people or for programs.")] = FiguresFormat.TABLE
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write feed,record_key,entity_id of all records; needs a purpose."),
    ] = None
    purpose: Purpose = ""


@verb(EvaluateOptions)
def evaluate(desk: Desk, options: EvaluateOptions) -> None:
    """Compare the current snapshot, or a data set of your own, with truth: links, residence, answers. 评测"""
    if options.suite is not None:
        _evaluate_suite(desk, options, options.suite)
        return
    if options.truth is None and options.export is None:
        raise UsageError(
            "name a truth folder with --truth DIR, a data set with --suite FILE, or a file to write with --export FILE"
        )
    if options.export is not None:
        _export(desk, options.purpose, options.export)
    if options.truth is None:
        return
    evaluation = figures(desk.reader(options.purpose), options.truth)
    _tell(desk, options.format, evaluation.as_json(), evaluation_tables(evaluation, desk.declarations))


def _evaluate_suite(desk: Desk, options: EvaluateOptions, file: Path) -> None:
    if options.truth is not None:
        raise UsageError("--suite names its own truth: leave --truth out")
    if desk.overlay is not None:
        raise UsageError("--suite names its own declarations: leave --schemas out")
    suite = read_suite(file)
    with scratch_folder(options.scratch) as folder:
        with TerminalProgress(console_for_people(stderr=True)) as progress:
            found = run_suite(suite, folder, Caller(desk.user), progress)
        if options.export is not None:
            there = replace(desk, home_folder=folder / HOME, overlay=folder / SCHEMAS)
            _export(there, options.purpose, options.export)
    if not all(each.is_accepted for each in found.deliveries):
        tell_deliveries(found.deliveries, suite.declarations, desk.console)
    _tell(desk, options.format, found.as_json(), suite_tables(found))
    if not all(each.is_accepted for each in found.deliveries):
        raise typer.Exit(DEPARTMENT)


def _export(desk: Desk, purpose: str, file: Path) -> None:
    found = export(desk.reader(purpose))
    file.write_text(as_csv(found.answer.table, guard_formulas=False), encoding="utf-8", newline="")
    typer.echo(f"{found.answer.table.num_rows} records of snapshot {found.snapshot} → {file}", err=True)


def _tell(desk: Desk, form: FiguresFormat, content: dict[str, Any], tables: Iterable[RenderableType]) -> None:
    if form is FiguresFormat.JSON:
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    for drawn in tables:
        desk.console.print(drawn)
