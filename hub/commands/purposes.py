"""`hub purposes`: what data may be read for."""

from dataclasses import dataclass
from datetime import date

from hub.commands.desk import Desk, verb
from hub.terminal import table
from schemas.readers.purposes import Purpose


@dataclass(frozen=True)
class PurposesOptions:
    """`hub purposes` takes the global --schemas only."""


@verb(PurposesOptions)
def purposes(desk: Desk, options: PurposesOptions) -> None:
    """List the purposes that data may be read for, who may, and until when. 目的登记"""
    today = date.today()
    rows = [_row(each, today) for each in desk.declarations.purposes.values()]
    columns = ["purpose 目的", "what for", "who may 查询人", "until"]
    desk.console.print(table("Purposes 查询目的", columns, rows))
    desk.console.print("hub ask NAME --purpose PURPOSE [--case NUMBER]")


def _row(purpose: Purpose, today: date) -> tuple[str, str, str, str]:
    title = f"{purpose.title_zh}\n{purpose.title_en}"
    reach = purpose.reach
    if reach is None:
        return purpose.code, title, "everybody, where all people are made up", "–"
    departments = sorted({department for department, _ in reach.readers})
    who = "\n".join(
        f"{department}: {', '.join(sorted(role for of, role in reach.readers if of == department))}"
        for department in departments
    )
    case = "\nwith a case number" if reach.case_number else ""
    until = [str(reach.expires_on), *(["expired 已过期"] if purpose.has_expired(today) else [])]
    return purpose.code, title, f"{who}{case}", "\n".join(until)
