"""`hub graph export` and `hub graph releases`: copies of the graph for analysts."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from hub.analysis.export import Order, Target, remove_expired
from hub.analysis.export import export as export_copy
from hub.analysis.releases import FOLDER, MANIFEST, Release, releases_of
from hub.commands.desk import Desk, verb
from hub.commands.look_around import Purpose
from hub.errors import UsageError
from hub.terminal import table


@dataclass(frozen=True)
class ExportOptions:
    """Options of `hub graph export`."""

    analysis: Annotated[bool, typer.Option("--analysis", help="A de-identified copy for analysts, the one kind.")] = (
        False
    )
    study: Annotated[str, typer.Option(help="What it is for, of schemas/graph/analysis.yml.")] = "housing"
    purpose: Purpose = ""
    to: Annotated[Target, typer.Option(help="A file in the home, or the analysts' own server.")] = Target.EMBEDDED
    expires_in: Annotated[int | None, typer.Option(metavar="DAYS", help="How long it is kept.")] = None


@verb(ExportOptions)
def export(desk: Desk, options: ExportOptions) -> None:
    """Make a de-identified copy of the graph for analysts, who may ask it anything. 分析副本"""
    if not options.analysis:
        raise UsageError("only copies for analysts leave: hub graph export --analysis --study STUDY --purpose PURPOSE")
    order = Order(desk.caller, options.study, options.purpose, options.to, date.today(), options.expires_in)
    with desk.site() as site:
        release = export_copy(site, order)
    for line in told(release):
        desk.console.print(line, soft_wrap=True)
    place = release.server or desk.home.root / FOLDER / release.id
    desk.console.print(f"[bold]{release.id}[/] on {place}, until {release.expires}; all figures in {MANIFEST}.")


def told(release: Release) -> list[str]:
    """What was made coarser, what was left out, and how many persons are unique, as lines for people."""
    figures = release.figures
    before, after = figures["before"], figures["after"]
    coarser = ", ".join(
        f"{rows:,} of {figures['rows'][label]:,} {label}" for label, rows in figures["generalised"].items()
    )
    left_out = ", ".join(f"{rows:,} {name}" for name, rows in figures["left_out"].items() if rows) or "none"
    steps = ", ".join(f"{rung} → {unique:.2%}" for rung, _, unique in figures["steps"])
    return [
        f"Made coarser until {release.k} share every combination: {coarser}.",
        f"Unique persons after each rung: {steps}.",
        f"Relationships left out: {left_out}.",
        f"Unique by values: {before['values']:.2%} before, {after['values']:.2%} now; with one step: "
        f"{before['structure']:.2%} before, {after['structure']:.2%} now (at most {release.max_unique_share:.2%}). "
        f"Not limited: with all that neighbours say, {after['neighbours']:.2%}.",
    ]


@dataclass(frozen=True)
class ReleasesOptions:
    """`hub graph releases` takes the global options only."""


@verb(ReleasesOptions)
def list_releases(desk: Desk, options: ReleasesOptions) -> None:
    """Remove expired copies for analysts and list the others. 副本清单"""
    for gone in remove_expired(desk.home, date.today()):
        desk.console.print(f"{gone} has expired and was removed.")
    rows = [
        (each.id, each.study, each.purpose, each.by, str(each.expires), each.server or "embedded")
        for _, each in releases_of(desk.home.root)
    ]
    if not rows:
        desk.console.print("There are no releases: hub graph export --analysis --purpose PURPOSE")
        return
    desk.console.print(table("Releases 副本", ["release", "study", "purpose", "made by", "expires", "where"], rows))
