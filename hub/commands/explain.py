"""`hub explain`: why two records are one or not, and how an entity came together."""

from dataclasses import dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Case, Output, OutputFormat, Purpose
from hub.formats import Format, hand_out
from hub.reading.explain import explain as read_explanation
from hub.reading.growth import explain_entity

RECORD = "FEED:RECORD_KEY"


@dataclass(frozen=True)
class ExplainOptions:
    """Options of `hub explain`."""

    left: Annotated[
        str,
        typer.Argument(
            metavar=f"{RECORD}|ENTITY", help="A record, as in household_register:P000017, or an entity's id."
        ),
    ]
    right: Annotated[str | None, typer.Argument(metavar=RECORD, help="The other record; none for an entity.")] = None
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ExplainOptions)
def explain(desk: Desk, options: ExplainOptions) -> None:
    """Why two records are one or not, in words and match weights; or how an entity came together. 解释"""
    reader = desk.reader(options.purpose, options.case)
    about: dict[str, object]
    if options.right is None:
        found = explain_entity(reader, options.left)
        about = {"entity": options.left}
    else:
        found = read_explanation(reader, options.left, options.right)
        about = {"left": options.left, "right": options.right}
    about["notes"] = found.answer.remarks
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)
