"""`hub synthesize`: a made-up district with known truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.terminal import TerminalProgress, console_for_people
from synthetic.district import synthesize as make_up


@dataclass(frozen=True)
class SynthesizeOptions:
    """Options of `hub synthesize`."""

    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write feeds/ and truth/ into.", file_okay=False)]
    persons: Annotated[int, typer.Option(min=100, help="How many people live there.")] = 20_000
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another district.")] = 1
    days: Annotated[int, typer.Option(min=0, help="Daily deltas after the full dumps.")] = 3


@verb(SynthesizeOptions)
def synthesize(desk: Desk, options: SynthesizeOptions) -> None:
    """Make up a district: eleven faulty feeds, and the truth behind them. 生成模拟数据"""
    with TerminalProgress(console_for_people(stderr=True)) as drawn:
        made = make_up(persons=options.persons, seed=options.seed, days=options.days, out=options.out, progress=drawn)
    desk.console.print(f"{options.persons:,} persons, {sum(made.rows.values()):,} rows in {len(made.rows)} feeds.")
    desk.console.print(f"Feeds in {options.out / 'feeds'}, truth in {options.out / 'truth'}.", soft_wrap=True)
    desk.console.print(f"Next: hub --home HOME init --kind synthetic; hub --home HOME run {options.out / 'feeds'}")
