"""The public set of Chinese address elements: its spans as places in the text, and the parser's spans in its labels."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.standardise.address_parts import Span

HOUSE_CHAIN = frozenset(("road", "roadno", "subroad", "subroadno", "houseno", "cellno", "floorno", "roomno"))

# The set counts tokens, not characters: a run of digits is one, most often a run of Latin letters too, now and then
# numbers with a dash between them. The first reading under which the last span ends with the address is taken.
_TOKENS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"[0-9]+|[A-Za-z]+|.",
        r"[0-9]+|.",
        r"[0-9]+(?:-[0-9]+)?|[A-Za-z]+|.",
        r"[0-9]+(?:-[0-9]+)*|[A-Za-z]+|.",
        r"[0-9A-Za-z]+|.",
        r"[0-9]+(?:-[0-9]+)?|.",
    )
)


@dataclass(frozen=True)
class LabelledAddress:
    """An address of the set with its spans as places in the text; labels in lower case."""

    text: str
    spans: frozenset[Span]


def labelled_addresses(file: Path) -> tuple[list[LabelledAddress], int]:
    """The addresses of the set, and how many are left out because their spans fit no way of counting tokens."""
    connection = duckdb.connect()
    rows = connection.sql(f"SELECT address, spans FROM read_parquet('{file}') ORDER BY record_id").fetchall()
    connection.close()
    read = [_labelled(text, json.loads(spans)) for text, spans in rows]
    return [each for each in read if each is not None], sum(each is None for each in read)


def _labelled(text: str, spans: Sequence[tuple[str, int, int]]) -> LabelledAddress | None:
    for pattern in _TOKENS:
        places = [token.start() for token in pattern.finditer(text)]
        if len(places) == spans[-1][2]:
            places.append(len(text))
            found = (Span(label.lower(), places[start], places[end]) for label, start, end in spans)
            return LabelledAddress(text, frozenset(found))
    return None


_DIRECT = {
    "province": "prov", "city": "city", "district": "district", "town": "town", "committee": "community",
    "village": "community", "group": "road", "sub-lane": "subroad", "building": "houseno",
    "entrance": "cellno", "floor": "floorno", "room": "roomno", "estate part": "subpoi", "relation": "assist",
    "remark": "redundant", "repeated": "redundant", "country": "country",
}  # fmt: skip
_MUNICIPALITY = re.compile("(?:北京|上海|天津|重庆)市?$")
_ZONE = re.compile("(?:开发区|新区|高新区|度假区)$")
_ESTATE_ZONE = re.compile("(?:工业区|园区|工业园)$")


def in_labels_of_the_set(text: str, spans: Sequence[Span]) -> frozenset[Span]:
    """The parser's spans by the rules of the set: a number is named by what it numbers, a place by its order."""
    return frozenset(_relabelled(text, sorted(spans, key=lambda span: span.start)))


def _relabelled(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    seen: set[str] = set()
    numbered, at = "", 0
    for place, span in enumerate(spans):
        yield from _separators(text, at, span.start)
        written = text[span.start : span.end]
        following = spans[place + 1].label if place + 1 < len(spans) else ""
        label = _label(span.label, written, numbered, following, seen)
        if label in ("road", "subroad", "poi", "subpoi", "community", "town", "devzone", "district"):
            numbered = label
        seen.add(label)
        yield Span(label, span.start, span.end)
        at = max(at, span.end)
    yield from _separators(text, at, len(text))


def _separators(text: str, start: int, end: int) -> Iterator[Span]:
    for found in re.finditer("[-_/]+", text[start:end]):
        yield Span("redundant", start + found.start(), start + found.end())


def _label(label: str, written: str, numbered: str, following: str, seen: set[str]) -> str:
    if label == "province" and _MUNICIPALITY.match(written):
        return "city"
    if label == "town":
        return "devzone" if _ZONE.search(written) else "poi" if _ESTATE_ZONE.search(written) else "town"
    if label in ("road", "crossing road"):
        return "road" if "road" not in seen else "subroad"
    if label == "lane":
        return "subroad" if following == "number" else "roadno"
    if label == "number" and "houseno" in seen:
        return "cellno"
    if label == "number":
        return _number_label(written, numbered)
    if label == "building" and "houseno" in seen:
        return "cellno"
    if label in ("estate", "place"):
        if "roomno" in seen or "floorno" in seen:
            return "person" if "poi" in seen else "poi"
        return "poi" if "poi" not in seen else "subpoi"
    return _DIRECT[label]


def _number_label(written: str, numbered: str) -> str:
    if numbered == "subroad":
        return "subroadno"
    if numbered in ("poi", "subpoi"):
        return "roadno" if written.endswith("号") else "houseno"
    return "roadno"
