"""How often each department's clerks go wrong: the typed reader of `faults.yml`, and the count of what was done."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from schemas.files import StrictModel, read_yaml

FILE = Path(__file__).parent / "faults.yml"
OTHERWISE = "otherwise"


class _Rates(StrictModel):
    why: Annotated[str, Field(min_length=10)]
    rates: dict[str, Annotated[float, Field(ge=0, le=1)]]


class _FaultFile(StrictModel):
    version: int
    faults: dict[str, _Rates]
    deltas: dict[str, _Rates]


@dataclass(frozen=True)
class Faults:
    """Rate by fault and feed; `fingerprint` is the SHA-256 of the file."""

    rates: Mapping[str, Mapping[str, float]]
    deltas: Mapping[str, Mapping[str, float]]
    fingerprint: str

    def rate(self, fault: str, feed: str) -> float:
        """The share of rows of the feed with the fault; 0 where the feed is not named."""
        return self.rates[fault].get(feed, 0.0)

    def delta_rate(self, change: str, feed: str) -> float:
        """The share of the feed's rows with such a change a day."""
        rates = self.deltas[change]
        return rates.get(feed, rates[OTHERWISE])


@dataclass
class FaultLog:
    """How many rows could have each fault of each feed, and how many got it."""

    eligible: dict[tuple[str, str], int] = field(default_factory=dict)
    applied: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, fault: str, feed: str, *, eligible: int, applied: int) -> None:
        """Adds one application of a fault."""
        key = (fault, feed)
        self.eligible[key] = self.eligible.get(key, 0) + eligible
        self.applied[key] = self.applied.get(key, 0) + applied


def read_faults(file: Path = FILE) -> Faults:
    """The declared rates; raises DeclarationError with every mistake of the file."""
    content = read_yaml(file, _FaultFile)
    return Faults(
        rates={name: fault.rates for name, fault in content.faults.items()},
        deltas={name: change.rates for name, change in content.deltas.items()},
        fingerprint=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
