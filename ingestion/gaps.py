"""What a feed still owes: deliveries missing in its sequence, and the full dump that its changes build on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from ingestion.context import IngestContext
from ingestion.report import DeliveryReport
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import DeliveryName, DeliveryState

SHOWN = 5
ONE_DAY = timedelta(days=1)


def missing_deliveries(contract: FeedContract, applied: Iterable[DeliveryName]) -> list[str]:
    """What is missing among the deliveries applied, in words; empty where nothing is.

    A full dump carries everything, so only what should have come since the last one counts. Numbers count from 1 on
    each date, or run on over the dates where the contract says so; dates follow each other within its frequency.
    """
    names = sorted(applied, key=lambda name: name.place)
    fulls = [name for name in names if name.mode == "full"]
    if names and not fulls:
        return ["no full dump has come, only changes: rows that did not change since are not known"]
    since = [name for name in names if name.place >= fulls[-1].place] if fulls else []
    return [*_missing_numbers(contract, since), *_missing_dates(contract, since)]


def told_with_gaps(reports: Sequence[DeliveryReport], context: IngestContext) -> list[DeliveryReport]:
    """The reports; the last applied one of each feed says what is missing in its feed."""
    told, seen = list(reversed(reports)), set[str]()
    for place, report in enumerate(told):
        if report.state == DeliveryState.APPLIED and report.feed not in seen:
            seen.add(report.feed)
            told[place] = replace(report, note=". ".join(filter(None, (report.note, _gap_note(report.feed, context)))))
    return list(reversed(told))


def _gap_note(feed: str, context: IngestContext) -> str:
    contract = context.contract(feed)
    applied = context.operational.ledger.in_state(DeliveryState.APPLIED, feed=feed)
    missing = missing_deliveries(contract, (each.name for each in applied))
    return f"{'; '.join(missing)}: ask {contract.owner} for it, or for a full dump" if missing else ""


def _missing_numbers(contract: FeedContract, since: Sequence[DeliveryName]) -> list[str]:
    if contract.numbers_run_on:
        missing = _unseen({name.sequence for name in since}, after=since[0].sequence if since else 0)
        return [f"no. {missing} did not come"] if missing else []
    told = []
    for day in sorted({name.date for name in since}):
        numbers = {name.sequence for name in since if name.date == day}
        missing = _unseen(numbers, after=since[0].sequence if day == since[0].date else 0)
        if missing:
            told.append(f"no. {missing} of {day} did not come")
    return told


def _unseen(numbers: set[int], *, after: int) -> str:
    seen = sorted(numbers | {after})
    return _listed(_range(low + 1, high - 1) for low, high in pairwise(seen) if low + 1 < high)


def _missing_dates(contract: FeedContract, since: Sequence[DeliveryName]) -> list[str]:
    # A pull takes everything since the last one, however long ago that was.
    if contract.every_days is None or contract.database is not None:
        return []
    step, present = timedelta(days=contract.every_days), sorted({name.date for name in since})
    apart = [(day, following) for day, following in pairwise(present) if day + step < following]
    missing = _listed(_range(day + step, following - ONE_DAY) for day, following in apart)
    return [f"nothing came for {missing}"] if missing else []


def _range(first: object, last: object) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _listed(parts: Iterable[str]) -> str:
    every = list(parts)
    rest = f" and {len(every) - SHOWN} more gaps" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + rest
