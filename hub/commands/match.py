"""`hub match`: who a record may be, before anything is kept of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Case, Output, OutputFormat, Purpose
from hub.errors import UsageError
from hub.formats import Format, hand_out
from hub.reading.match import match as read_match


class Subject(StrEnum):
    """What is looked up."""

    PERSON = "person"
    HOUSE = "house"
    UNIT = "unit"


@dataclass(frozen=True)
class MatchOptions:
    """Options of `hub match`."""

    register: Annotated[Subject, typer.Argument(help="What is looked up.")]
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="FIELD=VALUE…",
            help="What is known, as in name=王伟 phone=13911111111 house.address=曹安路1285弄12号302室.",
        ),
    ]
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(MatchOptions)
def match(desk: Desk, options: MatchOptions) -> None:
    """Who or what a record may be: graded, explained, and nothing is kept of it. 比对"""
    given = dict(_pair(each) for each in options.given)
    found = read_match(desk.reader(options.purpose, options.case), options.register, given)
    about = {"register": options.register.value, "notes": (*found.answer.remarks, *found.answer.notes)}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not (field and equals):
        raise UsageError(f"{text!r} is not FIELD=VALUE, as in name=王伟")
    return field.strip(), value
