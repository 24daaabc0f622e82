"""`hub lineage`: what became of an entity id; and how much a run changed ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console, Group

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Case, Output, OutputFormat, Purpose
from hub.figures import REGISTER_TITLES
from hub.formats import Format, hand_out
from hub.reading.lineage import lineage as read_lineage
from hub.status import churn_of
from hub.terminal import table
from resolution.identity import Churn
from stores.operational import Operational

CAPTION = "ids changed: records that were there before and have another id now, of all that were 编号变更比例"


@dataclass(frozen=True)
class LineageOptions:
    """Options of `hub lineage`."""

    entity: Annotated[str, typer.Argument(help="Id of a person, house or unit, also one that is no more.")]
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(LineageOptions)
def lineage(desk: Desk, options: LineageOptions) -> None:
    """What became of an id: born, split, merged, retired, revived, and where it leads today. 沿革"""
    found = read_lineage(desk.reader(options.purpose, options.case), options.entity)
    hand_out(found, desk.console, format_=options.format, output=options.output, about={"entity": options.entity})


def tell_churn(operational: Operational, console: Console) -> None:
    """How many entities the latest run made, ended or changed."""
    churn = churn_of(operational.runs.latest())
    if churn:
        console.print(churn_table(churn))


def churn_table(churn: Mapping[str, Churn]) -> Group:
    """The churn of one run, a register a row."""
    rows = [
        (
            REGISTER_TITLES.get(register, register),
            *(each.born, each.split, each.merged, each.retired, each.revived),
            f"{each.moved:,} of {each.records:,} ({each.share_moved:.3%})",
        )
        for register, each in churn.items()
    ]
    columns = ["register 登记", "#born 新生", "#split 拆出", "#merged 并入", "#retired 注销", "#revived 恢复"]
    return table("Ids 编号变动", [*columns, "ids changed 编号变更"], rows, caption=CAPTION)
