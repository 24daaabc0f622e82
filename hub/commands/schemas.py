"""`hub schemas check`: read every declaration and report every mistake."""

from dataclasses import dataclass
from datetime import date

from hub.commands.desk import Desk, verb
from hub.sharing.policies import compile_rules


@dataclass(frozen=True)
class CheckOptions:
    """`hub schemas check` takes the global --schemas only."""


@verb(CheckOptions)
def check(desk: Desk, options: CheckOptions) -> None:
    """Read every declaration, shipped and laid over, and report every mistake with file and key. 核对声明"""
    declared = desk.declarations
    rules = compile_rules(declared)
    for each in declared.purposes.values():
        if each.has_expired(date.today()):
            desk.console.print(
                f"purpose {each.code} has expired: {each.owner} renews it or takes it out", soft_wrap=True
            )
    desk.console.print(
        f"{len(declared.contracts)} feeds, {len(declared.registers)} registers, "
        f"{len(declared.linkage)} linkage models, {len(declared.questions)} questions, "
        f"{len(declared.purposes)} purposes, {len(rules.policies.policies)} policies: no mistakes.",
        soft_wrap=True,
    )
