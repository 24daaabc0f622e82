"""`hub init`: make a home."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from stores.home import create_home


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
    desk.console.print(f"Made {home.root}, a home of {options.kind.value} people.")
    desk.console.print(f"Next: hub --home {home.root} run PATH…")
