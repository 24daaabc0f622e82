"""Telephone numbers: Chinese mobiles and landlines as bare digits; dummies are none."""

import re

import phonenumbers

from ingestion.standardise.text import clean_text

_SPLIT = re.compile(r"[/;,、|()]|\s{2,}|或")
_EXTENSION = re.compile(r"(?:转|分机|EXT\.?|X|#).*$", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_WRITTEN_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
# The great cities, with two digits of an area code, have eight digits behind it.
_AREA_LANDLINE = re.compile(r"0(?:(?:10|2\d)[2-8]\d{7}|[3-9]\d{2}[2-8]\d{6,7})")
_DASHED_EXTENSION = re.compile(r"(?<=\d{7})-\d{1,4}$")
_LETTERS_IN_MOBILE = re.compile(r"[1lI][3-9lIO][0-9lIO]{9}")
_LETTERS = str.maketrans("lIO", "110")
_LANDLINE = re.compile(r"[2-8]\d{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_DUMMY_TAILS = ("12345678", "87654321", "00138000", "01234567", "23456789")


def _is_dummy(digits: str) -> bool:
    """True where the subscriber part is one digit repeated or a run that people type to get past a form."""
    tail = digits[-8:]
    return len(set(tail)) == 1 or len(set(digits[-7:])) == 1 or digits.endswith(_DUMMY_TAILS)


def _chinese(text: str) -> str | None:
    digits = _NOT_DIGIT.sub("", text)
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits.removeprefix(prefix)
            break
    if digits.startswith("01") and _MOBILE.fullmatch(digits[1:]):
        digits = digits[1:]
    if len(digits) in (9, 10) and re.fullmatch(r"(?:10|2\d)[2-8]\d{6,7}", digits) and text.lstrip().startswith("+"):
        digits = f"0{digits}"
    known = any(pattern.fullmatch(digits) for pattern in (_MOBILE, _AREA_LANDLINE, _LANDLINE, _SERVICE))
    return digits if known and not _is_dummy(digits) else None


def _foreign(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == 86 or not phonenumbers.is_possible_number(number):
        return None
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def standardise_phone(raw: str) -> tuple[str | None]:
    """The first number that can be one: a mobile as 11 digits, a landline with its area code where it is written.

    Numbers of other countries need their +; they keep the country code.
    """
    if raw.isascii() and _MOBILE.fullmatch(raw) and not _is_dummy(raw):
        return (raw,)
    text = clean_text(raw)
    if _LETTERS_IN_MOBILE.fullmatch(text):
        text = text.translate(_LETTERS)
    for part in (text, *_SPLIT.split(text), *_WRITTEN_MOBILE.findall(text)):
        bare = _DASHED_EXTENSION.sub("", _EXTENSION.sub("", part).strip())
        if bare.startswith("00") and not bare.startswith("0086"):
            bare = f"+{bare[2:]}"
        if number := _chinese(bare) or (_foreign(bare) if bare.startswith("+") else None):
            return (number,)
    return (None,)


def standardise_phone_digits(raw: str) -> tuple[str | None]:
    """Bare digits of a telephone number of any country, for feeds that are not Chinese; 7 digits at least."""
    digits = _NOT_DIGIT.sub("", _EXTENSION.sub("", clean_text(raw)))
    return (digits if 7 <= len(digits) <= 15 and not _is_dummy(digits) else None,)
