"""What the command line shows: progress that moves on a terminal and plain lines elsewhere, and tables."""

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, Group, JustifyMethod
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from hub.stopwatch import Stopwatch

WIDTH = 100
LONGEST_SILENCE = 30.0  # seconds between two lines of one stage, as long as its steps come


def console_for_people(*, stderr: bool = False) -> Console:
    """The console of a command: as wide as the terminal but at most 100 columns, 100 where there is none."""
    console = Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, width=min(console.width, WIDTH) if console.is_terminal else WIDTH)


class TerminalProgress:
    """Draws the steps of long work: a bar per stage on a terminal, one line per tenth of a stage elsewhere.

    Stages follow one another; the end of each is told with its time, CPU time and memory.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._stopwatch = Stopwatch()
        self._said, self._said_at = -1, 0.0
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.fields[stage]:<12}"),
            BarColumn(bar_width=12),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("[dim]{task.remaining:.0f} left[/]"),
            TimeElapsedColumn(),
            TextColumn(
                # A file's name may look like markup.
                "{task.description}",
                style="dim",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis"),
            ),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._end()
        self._progress.stop()

    def step(self, stage: str, detail: str, done: int, total: int) -> None:
        """`done` of `total` parts of `stage` are finished; `detail` says what is being worked on now."""
        if stage != self._stopwatch.stage:
            self._end()
            self._begin(stage, total)
        if self._console.is_terminal:
            self._progress.update(self._tasks[stage], completed=done, total=total, description=detail)
        else:
            self._say(stage, detail, done, total)
        if done >= total:
            self._end()

    def _begin(self, stage: str, total: int) -> None:
        self._stopwatch.begin(stage)
        self._said = -1
        if stage in self._tasks:
            self._progress.reset(self._tasks[stage], total=total)
        else:
            self._tasks[stage] = self._progress.add_task("", total=total, stage=stage)

    def _end(self) -> None:
        used = self._stopwatch.end()
        if used is None:
            return
        if self._console.is_terminal:
            task = self._tasks[used.stage]
            total = next(each.total for each in self._progress.tasks if each.id == task)
            self._progress.update(task, completed=total, description=used.spent())
        else:
            self._line(used.told())

    def _say(self, stage: str, detail: str, done: int, total: int) -> None:
        tenth, now = 10 * done // max(total, 1), time.monotonic()
        if tenth != self._said or now - self._said_at >= LONGEST_SILENCE:
            self._said, self._said_at = tenth, now
            self._line(f"{stage}: {done}/{total} {detail}".rstrip())

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> Group:
    """A table for people; a column whose name starts with `#` is a number and stands on the right.

    The first column and ids are never broken over lines: somebody copies them.
    """
    drawn = Table(
        title=Text(title) if title else None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for place, name in enumerate(columns):
        justify: JustifyMethod = "right" if name.startswith("#") else "left"
        drawn.add_column(
            Text(name.removeprefix("#")), justify=justify, overflow="fold", no_wrap=place == 0 or name.endswith("_id")
        )
    for row in rows:
        drawn.add_row(*[Text(shown(value)) for value in row])
    return Group(drawn, Text(caption, style="dim italic")) if caption else Group(drawn)


def shown(value: object) -> str:
    """A value as a person reads it: thousands apart, three decimals, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return ", ".join(shown(each) for each in value) if isinstance(value, list | tuple) else str(value)
