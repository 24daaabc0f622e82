"""How long work tells what it is doing; the command line draws it, everything else may ignore it."""

from typing import Protocol


class Progress(Protocol):
    """Receives steps of long work."""

    def step(self, stage: str, detail: str, done: int, total: int) -> None:
        """`done` of `total` parts of `stage` are finished; `detail` says what is being worked on now."""


class SilentProgress:
    """Says nothing."""

    def step(self, stage: str, detail: str, done: int, total: int) -> None:
        """Ignores the step."""
