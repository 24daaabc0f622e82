"""`hub neighbourhood` and `hub path`: walk the graph from an entity."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.formats import Format, hand_out
from hub.reading.surroundings import Reach
from hub.reading.surroundings import neighbourhood as read_neighbourhood
from hub.reading.surroundings import path as read_path

AsOf = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date; without it the snapshot's own.", metavar="DATE")
]
Purpose = Annotated[str, typer.Option(envvar="HUB_PURPOSE", help="What the data is needed for; without one: no data.")]
Case = Annotated[str, typer.Option(envvar="HUB_CASE", help="Number of the case, where the purpose needs one.")]
OutputFormat = Annotated[Format, typer.Option(help="How the answer is written.")]
Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]


def day(moment: datetime | None) -> date | None:
    """The date of a --as-of option."""
    return moment.date() if moment is not None else None


@dataclass(frozen=True)
class NeighbourhoodOptions:
    """Options of `hub neighbourhood`."""

    entity: Annotated[str, typer.Argument(help="Id of a person, house or unit, as `hub ask` prints it.")]
    hops: Annotated[int, typer.Option(min=1, max=2, help="How far to go.")] = 1
    limit: Annotated[int, typer.Option(min=1, help="At most so many nodes.")] = 50
    as_of: AsOf = None
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(NeighbourhoodOptions)
def neighbourhood(desk: Desk, options: NeighbourhoodOptions) -> None:
    """What lies around an entity at a date. 关系圈"""
    reach = Reach(day(options.as_of), options.hops, options.limit)
    found = read_neighbourhood(desk.reader(options.purpose, options.case), options.entity, reach)
    about = {"entity": options.entity, "hops": options.hops}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


@dataclass(frozen=True)
class PathOptions:
    """Options of `hub path`."""

    start: Annotated[str, typer.Argument(metavar="A", help="Id of a person, house or unit.")]
    end: Annotated[str, typer.Argument(metavar="B", help="Id of another.")]
    max_hops: Annotated[int, typer.Option(min=1, max=8, help="Longest way to look for.")] = 6
    as_of: AsOf = None
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(PathOptions)
def path(desk: Desk, options: PathOptions) -> None:
    """The shortest way between two entities at a date. 关联路径"""
    reach = Reach(day(options.as_of), options.max_hops)
    found = read_path(desk.reader(options.purpose, options.case), options.start, options.end, reach)
    about = {"start": options.start, "end": options.end}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)
