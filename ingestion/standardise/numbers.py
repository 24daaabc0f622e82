"""Integers, decimals and yes/no as departments write them."""

import re
from decimal import Decimal

from ingestion.standardise.text import clean_text

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:平方米|平米|平方|m2|m²|元|人|间|岁|户|年|月|个)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
# More is no count, year or measure of anything here, and would not fit the columns of the registers.
_LESS_THAN = 10**9
_TRUE = frozenset(("是", "有", "对", "Y", "YES", "T", "TRUE", "1", "√"))
_FALSE = frozenset(("否", "无", "非", "N", "NO", "F", "FALSE", "0", "×"))


def _number(raw: str) -> Decimal | None:
    text = _THOUSANDS.sub("", clean_text(raw)).replace(" ", "")
    found = _NUMBER.fullmatch(text)
    number = Decimal(found[1]) if found else None
    return number if number is not None and abs(number) < _LESS_THAN else None


def standardise_integer(raw: str) -> tuple[int | None]:
    """A whole number, with or without its unit; 3.0 is 3, 3.5 is none."""
    number = _number(raw)
    return (int(number) if number is not None and number == number.to_integral_value() else None,)


def standardise_decimal(raw: str) -> tuple[Decimal | None]:
    """A decimal number, with or without thousands separators and unit."""
    return (_number(raw),)


def standardise_boolean(raw: str) -> tuple[bool | None]:
    """Yes or no: 是/否, 有/无, Y/N, true/false, 1/0."""
    text = clean_text(raw).upper()
    return (True if text in _TRUE else False if text in _FALSE else None,)
