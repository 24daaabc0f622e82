"""Resident ID numbers (GB 11643) and unified social credit codes (GB 32100): clean form, check, what they tell."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import mul

from stdnum.cn import uscc

from ingestion.standardise.text import clean_text, known_text

_SEPARATORS = re.compile(r"[\s\-—–‐−_'\"`.,·]")
# Letters that look like X and stand for it: multiplication signs, Greek and Cyrillic.
_FOR_X = str.maketrans(dict.fromkeys("×✕ΧХχх", "X"))
_RESIDENT_INSIDE = re.compile(r"(?<![0-9A-Z])\d{17}[\dX](?![0-9A-Z])")
_CODE_INSIDE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
_LABEL = re.compile(r"^[\u4e00-\u9fff]+:?(?=[0-9A-Z*]+$)")
_DIGIT = re.compile(r"[0-9*]")
_RESIDENT = re.compile(r"\d{17}[\dX]")
_OLD_RESIDENT = re.compile(r"\d{15}")
_FLOAT = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_OF_ZEROS = ord("0") * sum(_WEIGHTS)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    f"{region}{place}"
    for region, places in {1: 5, 2: 3, 3: 7, 4: 6, 5: 4, 6: 5}.items()
    for place in range(0 if region == 5 else 1, places + 1)
) | {"71", "81", "82", "83", "91"}
_EARLIEST, _LATEST = 1880, 2099
_RUN = re.compile("12345678|87654321")


def check_character(first17: str) -> str:
    """The check character of a resident ID by ISO 7064 MOD 11-2."""
    digits = first17.encode() if first17.isascii() else bytes(ord("0") + int(digit) for digit in first17)
    return _CHECKS[(sum(map(mul, _WEIGHTS, digits)) - _OF_ZEROS) % 11]


def birth_date_of(number: str) -> date | None:
    """The birth date inside an 18-character ID number; None where it is no plausible date."""
    return _plausible_date(number[6:14])


@lru_cache(maxsize=1 << 16)
def _plausible_date(digits: str) -> date | None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if _EARLIEST <= born.year <= _LATEST else None


def _is_dummy(number: str) -> bool:
    """A number that someone typed to get past the form: one digit only, a run, no area at all."""
    body = number[:-1]
    return number.startswith("000000") or _RUN.search(body) is not None or len(set(body)) <= 2


def _cleaned(raw: str) -> str | None:
    text = known_text(raw)
    if text is None:
        return None
    text = _LABEL.sub("", _SEPARATORS.sub("", text.upper().translate(_FOR_X)))
    return text if _DIGIT.search(text) and not _FLOAT.fullmatch(text) and set(text) - set("*?X") else None


def _cleaned_number(raw: str) -> str | None:
    text = known_text(raw)
    return None if text is None or _FLOAT.fullmatch(text.upper()) else _cleaned(raw)


def _inside(pattern: re.Pattern[str], raw: str, is_right: Callable[[str], object]) -> str | None:
    """The only right number in a text that says more: what it is, whose it is, a second one that is wrong."""
    found = {number for number in pattern.findall(clean_text(raw).upper().translate(_FOR_X)) if is_right(number)}
    return found.pop() if len(found) == 1 else None


def _lengthened(number: str) -> str:
    """An old 15-digit number with its century and check character; any other text as it is."""
    if not _OLD_RESIDENT.fullmatch(number):
        return number
    longer = f"{number[:6]}19{number[6:]}"
    longer += check_character(longer)
    return longer if birth_date_of(longer) is not None and number[:2] in _PROVINCES else number


def _certain_birth_date(number: str) -> date | None:
    """The birth date of a number whose form, area, date and check character are all right."""
    if not _RESIDENT.fullmatch(number) or number[:2] not in _PROVINCES or check_character(number[:17]) != number[17]:
        return None
    return birth_date_of(number)


def _starred(number: str) -> str:
    """The number with X for a star at its end, as keyboards without an X give it."""
    return f"{number[:17]}X" if len(number) == 18 and number[17] == "*" else number


def standardise_resident_id(raw: str) -> tuple[str | None, bool | None, date | None, str | None]:
    """id_number, id_valid, id_birth_date, id_sex.

    Valid means: 18 characters, right check character, plausible birth date, area of a province; letters
    O, I and L are read as digits and a star at the end as X where all this then holds; words around the only
    valid number are left out. A number that fails stays as cleaned text with
    id_valid False; dummies and defaults are none.
    """
    number = raw if _RESIDENT.fullmatch(raw) and raw.isascii() else _cleaned_number(raw)
    if number is None or _is_dummy(number):
        return None, None, None, None
    number = _lengthened(number)
    if len(number) != 18:
        number = _inside(_RESIDENT_INSIDE, raw, _certain_birth_date) or number
    for candidate in (number, number.replace("O", "0").replace("I", "1").replace("L", "1"), _starred(number)):
        born = _certain_birth_date(candidate)
        if born is not None:
            return candidate, True, born, "male" if int(candidate[16]) % 2 else "female"
    return number, False, None, None


def standardise_uscc(raw: str) -> tuple[str | None, bool | None]:
    """uscc, uscc_valid; letters O and I, which no code has, are read as digits where the check then holds.

    Old 15-digit registration numbers and 9-character organisation codes stay as cleaned text, not valid.
    """
    code = _cleaned(raw)
    if code is None or len(set(code)) <= 2:
        return None, None
    if len(code) != 18:
        code = _inside(_CODE_INSIDE, raw, uscc.is_valid) or code
    for candidate in (code, code.replace("O", "0").replace("I", "1")):
        if len(candidate) == 18 and uscc.is_valid(candidate):
            return candidate, True
    return code, False
