"""Where the parts of an address stand in the text as it is written."""

import re
from difflib import SequenceMatcher

from ingestion.standardise.address_parts import Parts, Span
from ingestion.standardise.address_text import readable

# Between these, only a numeral and its unit can change the length, and equal lengths mean equal places.
_SAME_PLACES = re.compile("[^第\\s]+")


def spans_of(parts: Parts, written: str) -> tuple[Span, ...]:
    """The spans of the parts, which are places in the readable text, as places in the text as written."""
    text = readable(written)
    if text == written or (len(text) == len(written) and _SAME_PLACES.fullmatch(written)):
        return tuple(Span(*span) for span in parts.spans)
    starts, ends = _places(text, written)
    found = (_trimmed(label, written, starts[start], ends[end]) for label, start, end in parts.spans)
    return tuple(span for span in found if span.start < span.end)


def _trimmed(label: str, written: str, start: int, end: int) -> Span:
    inside = written[start:end]
    return Span(label, start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip()))


def _places(text: str, written: str) -> tuple[list[int], list[int]]:
    """Where a span begins in the written text that begins at each place of the text, and where one ends."""
    starts, ends = [len(written)] * (len(text) + 1), [0] * (len(text) + 1)
    for _, first, last, begin, end in SequenceMatcher(None, text, written, autojunk=False).get_opcodes():
        for place in range(first, last):
            starts[place] = min(begin + place - first, end)
            ends[place + 1] = end if place + 1 == last else min(begin + place + 1 - first, end)
    return starts, ends
