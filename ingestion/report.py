"""What became of a delivery, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ingestion.errors import ConservationError
from stores.operational.deliveries import Delivery, DeliveryState


class Outcome(StrEnum):
    """What became of one row of a delivery; every row has exactly one."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LATE = "late"
    DELETED = "deleted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class DeliveryReport:
    """What became of one delivery.

    `state` is as in the ledger, or `repeated` where the same delivery had come before and nothing changed,
    `read again` for a whole feed whose contract changed, `unread` where a department's database was not, or
    `unrecognised`. `counts` adds up to `rows`; `ended` counts rows that a full dump no longer carries. `quarantine` and
    `issues` count the rows of each rule, `first_lines` has the first line of each.
    """

    feed: str
    file: str
    mode: str
    state: str
    date: str = ""
    sequence: int = 0
    delivery_id: int | None = None
    rows: int = 0
    ended: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    quarantine: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)
    first_lines: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is left to do: the delivery is applied, now or before."""
        return self.state in (DeliveryState.APPLIED, "repeated", "read again")

    def outcome(self) -> dict[str, Any]:
        """The numbers, as the ledger and the warehouse keep them."""
        return {
            "rows": self.rows,
            "ended": self.ended,
            "counts": dict(self.counts),
            "quarantine": dict(self.quarantine),
            "issues": dict(self.issues),
            "first_lines": dict(self.first_lines),
        }

    def assert_conserved(self) -> None:
        """Raises ConservationError unless every row has exactly one outcome."""
        if sum(self.counts.values()) != self.rows:
            raise ConservationError(
                f"{self.file}: {self.rows} rows came in, {sum(self.counts.values())} are accounted for "
                f"({dict(self.counts)}): report this to the developers; nothing of the delivery was applied"
            )


def report_of(delivery: Delivery, *, state: str | None = None, note: str | None = None) -> DeliveryReport:
    """The report of a delivery as the ledger remembers it."""
    outcome = delivery.outcome
    return DeliveryReport(
        feed=delivery.name.feed,
        file=delivery.file,
        mode=delivery.name.mode,
        state=state or delivery.state.value,
        date=delivery.name.date.isoformat(),
        sequence=delivery.name.sequence,
        delivery_id=delivery.delivery_id,
        rows=outcome.get("rows", 0),
        ended=outcome.get("ended", 0),
        counts=outcome.get("counts", {}),
        quarantine=outcome.get("quarantine", {}),
        issues=outcome.get("issues", {}),
        first_lines=outcome.get("first_lines", {}),
        note=delivery.note if note is None else note,
    )
