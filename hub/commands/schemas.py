"""`hub schemas check`: read every declaration and report every mistake."""

from dataclasses import dataclass

from hub.commands.desk import Desk, verb


@dataclass(frozen=True)
class CheckOptions:
    """`hub schemas check` takes the global --schemas only."""


@verb(CheckOptions)
def check(desk: Desk, options: CheckOptions) -> None:
    """Read every declaration, shipped and laid over, and report every mistake with file and key. 核对声明"""
    declared = desk.declarations
    desk.console.print(
        f"{len(declared.contracts)} feeds, {len(declared.registers)} registers, "
        f"{len(declared.linkage)} linkage models, {len(declared.questions)} questions: no mistakes.",
        soft_wrap=True,
    )
