"""Dates and months as departments write them; impossible ones and defaults are none."""

import re
from datetime import date

from ingestion.standardise.text import clean_text

_DATE = re.compile(
    r"(\d{4})\s?(?:年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]?|([-/.])(\d{1,2})\4(\d{1,2})|(\d{2})(\d{2}))(?:[ T].*)?"
)
_MONTH = re.compile(r"(\d{4})\s?[-/.年]?\s?(\d{1,2})\s?月?")
_DEFAULTS = frozenset((date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31)))
_FIRST_YEAR, _LAST_YEAR = 1000, 2199


def _calendar_date(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return None if found in _DEFAULTS else found


def standardise_date(raw: str) -> tuple[date | None]:
    """2026-06-30, 20260630, 2026/6/30, 2026.6.30 or 2026年6月30日, a time behind it is left out.

    None for what is no day of the calendar and for defaults (1900-01-01, 9999-12-31).
    """
    found = _DATE.fullmatch(clean_text(raw))
    if found is None:
        return (None,)
    year, *parts = (found[1], found[2] or found[5] or found[7], found[3] or found[6] or found[8])
    return (_calendar_date(int(year), int(parts[0]), int(parts[1])),)


def standardise_month(raw: str) -> tuple[date | None]:
    """202606, 2026-06 or 2026年6月, as the first day of the month."""
    found = _MONTH.fullmatch(clean_text(raw))
    return (_calendar_date(int(found[1]), int(found[2]), 1) if found else None,)
