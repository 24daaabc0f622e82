"""A counter that takes files in as departments hand them over: one feed of people in each of the four formats."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from ingestion.apply import make_tables
from ingestion.ingest import ingest
from ingestion.report import DeliveryReport
from schemas.readers.contracts import DeliveryFormat, FeedContract, FileFormat
from tests.ingestion.village import CONTRACT, Village, open_village, row

CSV, XLSX, PARQUET, JSONL = FileFormat.CSV, FileFormat.XLSX, FileFormat.PARQUET, FileFormat.JSONL


def contract_of(form: FileFormat, **more: Any) -> FeedContract:
    """The village's feed of people in another format, under an id of its own; it speaks of persons alone."""
    feed = f"people_{form}"
    pattern = rf"{feed}_(?P<mode>full|delta)_(?P<date>\d{{8}})_(?P<sequence>\d{{4}})\.{form}"
    form_of = DeliveryFormat(format=form, file_pattern=pattern, **more)
    return replace(CONTRACT, id=feed, delivery=form_of, records=CONTRACT.records[:1], facts=())


@dataclass
class Counter:
    """A home that is open for deliveries."""

    village: Village
    _sequence: Iterator[int] = field(default_factory=lambda: count(1))

    def hand_in(
        self, form: FileFormat, content: bytes, *, mode: str = "delta", approve: bool = False
    ) -> DeliveryReport:
        """Takes one file in under the next sequence."""
        path = self.village.inbox / f"people_{form}_{mode}_20260701_{next(self._sequence):04}.{form}"
        path.write_bytes(content)
        [report] = ingest([path], self.village.context, approve=approve)
        path.unlink()
        assert list(self.village.context.home.spool.iterdir()) == []
        return report

    def taken(self, report: DeliveryReport) -> list[tuple[Any, ...]]:
        """(line, key, name) of each row version that the delivery brought."""
        return self._rows(report, f'SELECT line, row_key, "姓名" FROM raw."{report.feed}"')

    def set_aside(self, report: DeliveryReport) -> list[tuple[int, str]]:
        """(line, rule) of each row of the delivery that is in quarantine."""
        return self._rows(report, "SELECT line, rule FROM quarantine.quarantined_row")

    def _rows(self, report: DeliveryReport, sql: str) -> list[tuple[Any, ...]]:
        return self.village.rows(f"{sql} WHERE delivery_id = {report.delivery_id or 0} ORDER BY ALL")


@contextmanager
def open_counter(root: Path) -> Iterator[Counter]:
    """A counter in a fresh home."""
    with open_village(root, *(contract_of(form) for form in FileFormat)) as village:
        for form in FileFormat:
            make_tables(contract_of(form), village.context.warehouse)
        yield Counter(village)


_KEYS = count(1)


def people(*names: str, **values: str) -> list[dict[str, str]]:
    """A row for each name, under keys that no other row has; `values` are set in all of them."""
    return [row(f"K{next(_KEYS):05}", name, **values) for name in names]
