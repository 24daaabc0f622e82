"""`hub demo`: from eleven faulty feeds to answers, on a made-up district."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from hub import pipeline
from hub.commands.desk import Desk, verb
from hub.deliveries import delivery_tables
from hub.demo import Clock, DemoPlan, clear, heading
from hub.figures import evaluation_tables
from hub.pipeline import RunReport
from hub.reading.evaluation import figures
from hub.showcase import Visit, links_table, next_commands, show_answers, show_explained_link
from hub.site import Site
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
    console = desk.console
    clear(plan)
    heading(console, "One district, three registers · 一区三实: 实有人口 实有房屋 实有单位")
    console.print(
        f"{plan.persons:,} made-up people (seed {plan.seed}). Eleven departments hand over what they have, with "
        f"all the faults of real feeds, then daily changes ({plan.days}). Nobody in it exists.\n"
    )
    create_home(plan.home, kind="synthetic")
    there = replace(desk, home_folder=plan.home)
    with there.site() as site:
        clock = Clock(site.progress)
        report = _run(replace(site, progress=clock), plan)
    _tell(there, plan, report, clock)


def _run(site: Site, plan: DemoPlan) -> RunReport:
    synthesize(persons=plan.persons, seed=plan.seed, days=plan.days, out=plan.folder, progress=site.progress)
    return pipeline.run([plan.feeds], site)


def _tell(desk: Desk, plan: DemoPlan, report: RunReport, clock: Clock) -> None:
    console, reader = desk.console, desk.reader("training")
    clock.begin("evaluate")
    evaluation = figures(reader, plan.truth)
    clock.begin("answers")
    heading(console, "1 · Eleven feeds 来源")
    for drawn in delivery_tables(report.deliveries, desk.declarations):
        console.print(drawn, "")
    heading(console, "2 · What was linked 归并, and how right it is")
    with reader.opened() as snapshot, reader.entities(snapshot) as entities:
        console.print(links_table(entities), "")
    for drawn in evaluation_tables(evaluation, desk.declarations):
        console.print(drawn, "")
    heading(console, "3 · Three answers with their reasons 查询")
    house = show_answers(reader, console)
    heading(console, "4 · One link explained 解释")
    pair = show_explained_link(reader, console)
    heading(console, "Where to go on 下一步")
    for command in next_commands(Visit(sys.argv[0], plan.home, plan.truth), house, pair):
        console.print(f"  {command}", markup=False, soft_wrap=True)
    console.print(f"\n[dim]{clock.told()}; home, feeds and truth are in {plan.folder}[/]", soft_wrap=True)
