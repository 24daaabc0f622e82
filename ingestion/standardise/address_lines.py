"""Addresses in Latin letters: one lower-case line with the usual words in their short form."""

import re
import unicodedata

from ingestion.standardise.text import clean_text, is_default

_WORDS = {
    "street": "st", "str": "st", "avenue": "ave", "av": "ave", "boulevard": "blvd", "boul": "blvd",
    "road": "rd", "drive": "dr", "lane": "ln", "place": "pl", "square": "sq", "highway": "hwy",
    "parkway": "pkwy", "court": "ct", "terrace": "ter", "circle": "cir", "plaza": "plz", "building": "bldg",
    "apartment": "apt", "suite": "ste", "floor": "fl", "room": "rm", "north": "n", "south": "s", "east": "e",
    "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "saint": "st",
    "mount": "mt", "fort": "ft", "number": "no", "first": "1st", "second": "2nd", "third": "3rd",
    "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th",
    "tenth": "10th", "and": "", "the": "", "between": "btw", "near": "nr",
}  # fmt: skip
_APOSTROPHES = re.compile(r"['’`.]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def standardise_address_line(raw: str) -> tuple[str | None, str | None]:
    """address, address_line: the clean text, and its ASCII lower-case form with abbreviated words."""
    text = clean_text(raw.replace("\x1f", ", "))
    if is_default(text):
        return None, None
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = _NOT_WORD.sub(" ", _APOSTROPHES.sub("", plain).replace("&", " ")).split()
    return text, " ".join(short for word in words if (short := _WORDS.get(word, word))) or None
