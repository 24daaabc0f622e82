"""Dates and months as departments write them; impossible ones and defaults are none."""

import re
from datetime import date

from ingestion.standardise.numerals import NUMERALS, arabic
from ingestion.standardise.text import clean_text

_DATE = re.compile(
    r"(\d{4})\s?(?:年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]?(?:\s?\(?(?:星期|周)[一二三四五六日天]\)?)?"
    r"|([-/.])\s?(\d{1,2})\s?\4\s?(\d{1,2})\.?|(\d{2})(\d{2})(?:\d{6})?)(?:[ T].*)?"
)
_DASHES = str.maketrans(dict.fromkeys("—–‐−", "-"))
_SAID = re.compile(rf"[{NUMERALS}]+(?=[年月日号])")
_MONTH = re.compile(r"(\d{4})\s?[-/.年]?\s?(\d{1,2})\s?月?")
_DEFAULTS = frozenset((date(1753, 1, 1), date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31)))
_FIRST_YEAR, _LAST_YEAR = 1000, 2199


def _calendar_date(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return None if found in _DEFAULTS else found


def _readable(raw: str) -> str:
    """The text with one dash for all, and its numerals as digits: 二〇二六年六月三十日."""
    text = clean_text(raw).translate(_DASHES)
    return _SAID.sub(lambda found: arabic(found[0]) or found[0], text) if _SAID.search(text) else text


def standardise_date(raw: str) -> tuple[date | None]:
    """2026-06-30, 20260630, 2026/6/30, 2026.6.30, 2026年6月30日 or 二〇二六年六月三十日; weekday and time are left out.

    None for what is no day of the calendar and for defaults (1753-01-01, 1900-01-01, 9999-12-31).
    """
    found = _DATE.fullmatch(_readable(raw))
    if found is None:
        return (None,)
    year, *parts = (found[1], found[2] or found[5] or found[7], found[3] or found[6] or found[8])
    return (_calendar_date(int(year), int(parts[0]), int(parts[1])),)


def standardise_month(raw: str) -> tuple[date | None]:
    """202606, 2026-06 or 2026年6月, as the first day of the month."""
    found = _MONTH.fullmatch(_readable(raw))
    return (_calendar_date(int(found[1]), int(found[2]), 1) if found else None,)
