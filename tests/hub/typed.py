"""Types a command line in this process and keeps what it printed."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hub.cli import main


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Hub = Callable[..., Done]


def typing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hub:
    """A function that types `hub` with the arguments that it is given."""

    def typed(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["hub", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return Done(int(left.value.code or 0), printed.out, printed.err)

    return typed
