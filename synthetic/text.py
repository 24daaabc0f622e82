"""Columns of text, made from numbers and small vocabularies without touching rows one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]
Reals = NDArray[np.floating[Any]]
Text = Any  # pyarrow.StringArray; pyarrow carries no types

FIRST_DAY = int(np.datetime64("1900-01-01", "D").astype(int))
LAST_DAY = int(np.datetime64("2101-01-01", "D").astype(int))
_DAYS = np.arange(FIRST_DAY, LAST_DAY).astype("datetime64[D]").astype(str)
_ISO = pa.array(_DAYS.tolist(), pa.string())
_PACKED = pc.replace_substring(_ISO, "-", "")
_MONTH = pc.utf8_slice_codeunits(_PACKED, 0, 6)
_YEAR = pc.utf8_slice_codeunits(_PACKED, 0, 4)
_CLOCK = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86400)], pa.string())


def day(date: str) -> int:
    """The day number (days since 1970-01-01) of an ISO date."""
    return int(np.datetime64(date, "D").astype(int))


def words(values: Sequence[str]) -> Text:
    """A vocabulary as a text column."""
    return pa.array(list(values), pa.string())


def take(vocabulary: Text, index: Ints) -> Text:
    """The word at each index; an index below zero gives null."""
    chosen = pa.array(index, mask=index < 0) if index.size and index.min() < 0 else pa.array(index)
    return vocabulary.take(chosen)


def join(*parts: Text | str, separator: str = "") -> Text:
    """The parts of each row put together; a null part is empty."""
    return pc.binary_join_element_wise(*parts, separator, null_handling="replace", null_replacement="")


def number(values: Ints, width: int = 0) -> Text:
    """Each number in Arabic digits, with leading zeros to `width`."""
    text = pc.cast(pa.array(values), pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


def where(mask: Flags, chosen: Text | str, otherwise: Text | str | None) -> Text:
    """`chosen` where the mask holds, else `otherwise`."""
    if otherwise is None:
        otherwise = pa.scalar(None, pa.string())
    return pc.if_else(pa.array(mask), chosen, otherwise)


def constant(value: str | None, size: int) -> Text:
    """The same value in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), size)


def iso_days(days: Ints) -> Text:
    """2026-06-30; a day outside 1900 to 2100 gives null (open)."""
    return _day_words(_ISO, days)


def packed_days(days: Ints) -> Text:
    """20260630; a day outside 1900 to 2100 gives null (open)."""
    return _day_words(_PACKED, days)


def months(days: Ints) -> Text:
    """202606; a day outside 1900 to 2100 gives null (open)."""
    return _day_words(_MONTH, days)


def years(days: Ints) -> Text:
    """2026; a day outside 1900 to 2100 gives null (open)."""
    return _day_words(_YEAR, days)


def moments(seconds: Ints) -> Text:
    """2026-06-30 09:15:00 from seconds since 1970."""
    return join(iso_days(seconds // 86400), take(_CLOCK, seconds % 86400), separator=" ")


def _day_words(vocabulary: Text, days: Ints) -> Text:
    known = (days >= FIRST_DAY) & (days < LAST_DAY)
    return take(vocabulary, np.where(known, days - FIRST_DAY, -1))


def year_of(days: Ints) -> Ints:
    """The calendar year of each day."""
    return np.add(np.asarray(days).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64), 1970)


def packed_number(days: Ints) -> Ints:
    """20260630 as a number."""
    dates = np.asarray(days).astype("datetime64[D]")
    months_ = dates.astype("datetime64[M]")
    month = months_.astype(np.int64) % 12 + 1
    day_of_month = (dates - months_).astype(np.int64) + 1
    return np.asarray(year_of(days) * 10000 + month * 100 + day_of_month)


def month_starts(days: Ints) -> Ints:
    """The first day of the month of each day."""
    months_ = np.asarray(days).astype("datetime64[D]").astype("datetime64[M]")
    return np.asarray(months_.astype("datetime64[D]").astype(np.int64))
