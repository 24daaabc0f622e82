"""How many times a trial runs: a few times in `make test`, many times in `make trials`."""

import os


def trials(*, few: int, full: int) -> int:
    """The number of rounds of a trial."""
    return full if os.environ.get("HUB_TRIALS") == "full" else few
