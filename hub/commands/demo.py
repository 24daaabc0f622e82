"""`hub demo`: from eleven faulty feeds to answers, on a made-up district."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hub import pipeline
from hub.commands.desk import Desk, verb
from hub.deliveries import delivery_tables
from hub.demo import Clock, DemoPlan, clear, heading
from hub.figures import evaluation_tables
from hub.pipeline import RunReport
from hub.reading.evaluation import figures
from hub.showcase import links_table, next_commands, show_answers, show_explained_link
from stores.home import create_home
from synthetic.district import synthesize


@dataclass(frozen=True)
class DemoOptions:
    """Options of `hub demo`."""

    persons: Annotated[int, typer.Option(min=100, help="How many people live in the district.")] = 20_000
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another district.")] = 1
    days: Annotated[int, typer.Option(min=0, help="Daily deltas after the full dumps.")] = 3
    folder: Annotated[
        Path, typer.Option("--dir", help="Folder for home, feeds and truth; an earlier demo there goes.")
    ] = Path("demo")


@verb(DemoOptions)
def demo(desk: Desk, options: DemoOptions) -> None:
    """Make up a district, run everything on it, measure it against its truth, and show what comes out. 演示"""
    plan = DemoPlan(options.persons, options.seed, options.days, options.folder)
    console, clock = desk.console, Clock()
    clear(plan)
    heading(console, "One district, three registers · 一区三实: 实有人口 实有房屋 实有单位")
    console.print(
        f"{plan.persons:,} made-up people, seed {plan.seed}: eleven departments hand over what they have, with all the "
        f"faults that real feeds have, then {plan.days} days of changes. Nobody in it exists."
    )
    create_home(plan.home, kind="synthetic")
    there = Desk(plan.home, desk.overlay)
    report = _run(there, plan, clock)
    _tell(there, plan, report, clock)


def _run(desk: Desk, plan: DemoPlan, clock: Clock) -> RunReport:
    with desk.site() as site:
        with clock.time("synthesize"):
            synthesize(persons=plan.persons, seed=plan.seed, days=plan.days, out=plan.folder, progress=site.progress)
        with clock.time("run"):
            return pipeline.run([plan.feeds], site)


def _tell(desk: Desk, plan: DemoPlan, report: RunReport, clock: Clock) -> None:
    console, reader = desk.console, desk.reader("training")
    with clock.time("evaluate"):
        evaluation = figures(reader, plan.truth)
    heading(console, "1 · What came in 入库")
    for drawn in delivery_tables(report.deliveries, desk.declarations):
        console.print(drawn)
    heading(console, "2 · What was linked 归并, and how right it is")
    with reader.opened() as snapshot, reader.entities(snapshot) as entities:
        console.print(links_table(entities))
    for drawn in evaluation_tables(evaluation, desk.declarations):
        console.print(drawn)
    with clock.time("answers"):
        heading(console, "3 · Three answers with their reasons 查询")
        show_answers(reader, console)
        heading(console, "4 · One link explained 解释")
        pair = show_explained_link(reader, console)
    heading(console, "Where to go on 下一步")
    _go_on(console, desk, plan, pair)
    console.print(f"\n[dim]{clock.told()}[/]")


def _go_on(console: Console, desk: Desk, plan: DemoPlan, pair: tuple[str, str] | None) -> None:
    for command in next_commands(str(plan.home), str(plan.truth), pair, desk.declarations):
        console.print(f"  {command}", markup=False, soft_wrap=True)
