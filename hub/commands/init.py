"""`hub init`: make a home."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from stores.home import create_home
from stores.lock import held
from stores.operational import open_operational, server_of


class Kind(StrEnum):
    """Whether the people of a home are made up or real; fixed when the home is made."""

    SYNTHETIC = "synthetic"
    REAL = "real"


@dataclass(frozen=True)
class InitOptions:
    """Options of `hub init`."""

    kind: Annotated[
        Kind, typer.Option(help="Made-up people (everything may be shown for training) or real ones (fixed for good).")
    ] = Kind.REAL


@verb(InitOptions)
def init(desk: Desk, options: InitOptions) -> None:
    """Make a home: the folder that holds archive, databases, snapshots, audit log and keys. 建库"""
    home = create_home(desk.home_folder, kind=options.kind.value)
    server = server_of(home)
    if server is not None:
        with held(home, desk.verb):
            open_operational(home, desk.verb).close()
    desk.console.print(f"Made {home.root}, a home of {options.kind.value} people.")
    if server is not None:
        desk.console.print(f"Its operational database is {server.place}.", soft_wrap=True)
    desk.console.print(f"Next: hub --home {home.root} run PATH…")
