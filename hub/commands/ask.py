"""`hub ask`: questions of the catalogue."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import AsOf, Case, Output, OutputFormat, Purpose, day
from hub.errors import UsageError
from hub.formats import Format, hand_out
from hub.reading.ask import ask as read_answer
from hub.terminal import table


@dataclass(frozen=True)
class AskOptions:
    """Options of `hub ask`."""

    name: Annotated[str | None, typer.Argument(help="Name of the question; --list gives them.")] = None
    param: Annotated[list[str], typer.Option(metavar="NAME=VALUE", help="A parameter; may be given again.")] = field(
        default_factory=list
    )
    as_of: AsOf = None
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None
    list: Annotated[bool, typer.Option("--list", help="List the questions, in Chinese and English.")] = False


@verb(AskOptions)
def ask(desk: Desk, options: AskOptions) -> None:
    """Ask a question of the catalogue; --list shows what can be asked. 查询"""
    if options.list or options.name is None:
        _list(desk)
        return
    given = parameters(options.param)
    found = read_answer(desk.reader(options.purpose, options.case), options.name, given, as_of=day(options.as_of))
    about = {"question": options.name, "parameters": given}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


def parameters(typed: list[str]) -> dict[str, str]:
    """Parameters as typed, `name=value` each; raises UsageError for one that is not so or is given twice."""
    given: dict[str, str] = {}
    for each in typed:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UsageError(f"--param {each!r} is not NAME=VALUE")
        if name in given:
            raise UsageError(f"--param {name} is given twice")
        given[name] = value
    return given


def _list(desk: Desk) -> None:
    questions = sorted(desk.declarations.questions.values(), key=lambda each: (each.topic, each.id))
    rows = [
        (
            each.topic,
            each.id,
            f"{each.title_zh}\n{each.title_en}",
            "\n".join(f"{name.name} = {'the date' if name.default is None else name.default}" for name in each.given),
        )
        for each in questions
    ]
    desk.console.print(table("Questions 查询目录", ["topic", "name", "asks 问题", "parameters"], rows))
    desk.console.print("hub ask NAME [--param NAME=VALUE] [--as-of DATE] --purpose PURPOSE")
