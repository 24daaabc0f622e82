"""`hub move-operational`: the operational database goes from a file of the home to a PostgreSQL server."""

from dataclasses import dataclass

from hub.commands.desk import Desk, verb
from stores.lock import held
from stores.operational.moving import move_to_server

VERB = "move-operational"


@dataclass(frozen=True)
class MoveOptions:
    """`hub move-operational` takes the global options only."""


@verb(MoveOptions)
def move_operational(desk: Desk, options: MoveOptions) -> None:
    """Move the operational database to the PostgreSQL server that the settings name. 迁移运行库"""
    with held(desk.home, VERB):
        settings = move_to_server(desk.home, VERB)
    desk.console.print(f"The operational database of {desk.home.root} is now {settings.place}.", soft_wrap=True)
