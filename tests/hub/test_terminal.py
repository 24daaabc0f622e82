"""Progress: plain lines where nobody watches, bars where somebody does, and what each stage took at its end."""

import io
import re

import pytest
from rich.console import Console

import hub.terminal
from hub.terminal import TerminalProgress

DONE = r"done in \d+\.\d s \(CPU \d+\.\d s, peak memory \d+\.\d GiB\)"


def plain(steps: list[tuple[str, str, int, int]]) -> list[str]:
    """The lines that these steps leave in a log."""
    written = io.StringIO()
    with TerminalProgress(Console(file=written, width=100)) as progress:
        for step in steps:
            progress.step(*step)
    return [re.sub(DONE, "done in …", line) for line in written.getvalue().splitlines()]


def test_a_log_gets_a_line_per_tenth_and_one_at_the_end_of_each_stage() -> None:
    steps = [("ingest", f"file {number}", number, 40) for number in range(40)]
    lines = plain([*steps, ("ingest", "", 40, 40), ("resolve", "house", 0, 2), ("resolve", "", 2, 2)])
    assert lines[:2] == ["ingest: 0/40 file 0", "ingest: 4/40 file 4"]
    assert lines[10:] == [
        "ingest: 40/40",
        "ingest: done in …",
        "resolve: 0/2 house",
        "resolve: 2/2",
        "resolve: done in …",
    ]


def test_a_stage_that_does_not_count_to_its_end_ends_with_the_next_one() -> None:
    lines = plain([("rebuild", "a.csv", 0, 2), ("ingest", "b.csv", 0, 1), ("ingest", "", 1, 1)])
    assert lines == [
        "rebuild: 0/2 a.csv",
        "rebuild: done in …",
        "ingest: 0/1 b.csv",
        "ingest: 1/1",
        "ingest: done in …",
    ]


def test_a_long_part_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [("standardise", "utilities · address", 1, 11), ("standardise", "utilities · name", 1, 11)]
    assert plain(steps)[:2] == ["standardise: 1/11 utilities · address", "standardise: done in …"]
    monkeypatch.setattr(hub.terminal, "LONGEST_SILENCE", 0.0)
    assert plain(steps)[1] == "standardise: 1/11 utilities · name"


def test_a_stage_that_fails_is_not_called_done() -> None:
    written = io.StringIO()
    with pytest.raises(ValueError, match="broken"), TerminalProgress(Console(file=written)) as progress:
        progress.step("ingest", "a.csv", 0, 2)
        raise ValueError("broken")
    assert written.getvalue().splitlines() == ["ingest: 0/2 a.csv"]


def test_a_terminal_shows_what_is_done_what_is_left_and_on_which_feed() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100, color_system=None)
    with pytest.raises(KeyboardInterrupt), TerminalProgress(console) as progress:
        progress.step("resolve", "person", 2, 6)
        progress.step("ingest", "utilities_full_20260630_0001.csv", 3, 44)
        raise KeyboardInterrupt
    resolve, ingest = written.getvalue().splitlines()[-3:-1]
    assert re.search(r"resolve .* 6/6 +0 left +0:00:00 CPU \d\.\d s, peak memory \d\.\d GiB", resolve)
    assert re.search(r"ingest .* 3/44 +41 left +0:00:00 utilities_full_20260630_0001\.csv", ingest)


def test_a_name_that_looks_like_markup_is_shown_as_it_is() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100, color_system=None)
    with pytest.raises(KeyboardInterrupt), TerminalProgress(console) as progress:
        progress.step("ingest", "[/b] [red]a.csv", 0, 2)
        raise KeyboardInterrupt
    assert "[/b] [red]a.csv" in written.getvalue()
