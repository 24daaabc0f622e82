"""Measurements on disk, a line of JSON each, so that parts measured at different times make one section."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import Stage, Watched

FILE = "measurements.jsonl"


@dataclass(frozen=True)
class Measurement:
    """One part at one size; `failed` says how it ended where it did not end well, `found` what else it gave."""

    part: str
    persons: int
    rows: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_gib: float = 0.0
    spill_gib: float = 0.0
    stages: Sequence[Stage] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""


def measured(part: str, persons: int, done: Watched, *, rows: int, found: Mapping[str, Any]) -> Measurement:
    """What a command took, as a part of the measurements."""
    return Measurement(
        part,
        persons,
        rows=rows,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        peak_gib=done.peak_gib,
        spill_gib=done.spill_gib,
        stages=done.stages,
        found=found,
    )


def keep(work: Path, each: Measurement) -> None:
    """Adds a measurement to those of the folder."""
    with (work / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")


def kept(work: Path) -> list[Measurement]:
    """The newest measurement of each part and size, smallest size first."""
    newest: dict[tuple[int, str], Measurement] = {}
    for line in (work / FILE).read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        content["stages"] = tuple(Stage(**stage) for stage in content["stages"])
        newest[content["persons"], content["part"]] = Measurement(**content)
    return [newest[key] for key in sorted(newest)]
