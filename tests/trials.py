"""How many rounds a trial has, and where it writes down what it found: few in `make test`, many in `make trials`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ASKED = os.environ.get("HUB_TRIALS", "")
IS_FULL = ASKED == "full"


def trials(*, few: int, full: int) -> int:
    """The number of rounds: `full` with HUB_TRIALS=full, any other with HUB_TRIALS=n."""
    return full if IS_FULL else int(ASKED) if ASKED.isdigit() else few


def write_down(found: Mapping[str, Any]) -> None:
    """Adds a JSON line to the file that HUB_TRIALS_LOG names, if there is one."""
    if log := os.environ.get("HUB_TRIALS_LOG"):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
