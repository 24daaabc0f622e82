"""`hub explain`: why two records are one or not."""

from dataclasses import dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Output, OutputFormat, Purpose
from hub.formats import Format, hand_out
from hub.reading.explain import explain as read_explanation

RECORD = "FEED:RECORD_KEY"


@dataclass(frozen=True)
class ExplainOptions:
    """Options of `hub explain`."""

    left: Annotated[str, typer.Argument(metavar=RECORD, help="One record, as in household_register:P000017.")]
    right: Annotated[str, typer.Argument(metavar=RECORD, help="The other one.")]
    purpose: Purpose = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ExplainOptions)
def explain(desk: Desk, options: ExplainOptions) -> None:
    """Why two records are one person, house or unit, or not: in words and match weights. 解释"""
    found = read_explanation(desk.reader(options.purpose), options.left, options.right)
    about = {"left": options.left, "right": options.right, "notes": found.answer.notes}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)
