"""Chinese addresses: one pass over the text reads numbers with their units and the names between them.

Parts may be left out, doubled or in another order; numbers without a unit are read by what stands before them.
"""

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from ingestion.standardise.address_names import first_names, read_names
from ingestion.standardise.address_parts import Address, Parts, estate_key, is_one_building, keys_of, settle_village
from ingestion.standardise.address_spans import spans_of
from ingestion.standardise.address_text import readable
from ingestion.standardise.text import clean_text, is_default

ADDRESS_FIELDS = (
    "town", "committee", "road", "lane", "sub_lane", "number", "building", "entrance", "floor", "room",
    "village", "village_group", "estate", "address_key", "building_key", "precision",
)  # fmt: skip

_ONE = (
    r"(?:\d+[A-Z]?(?![A-Z])|[A-Z]{1,2}\d+[A-Z]?|[A-Z]{1,2}(?=[座幢栋室]|单元|号楼|楼)|[甲乙丙丁](?=[座幢栋室号]|单元))"
)
# One character class in front, so that the engine finds the next number or bracket without trying each character.
_FIRST = (
    r"[0-9A-Z甲乙丙丁负地()](?:(?<=\d)\d*(?:[A-Z](?![A-Z])|[甲乙丙丁](?=号))?(?![A-Z])"
    r"|(?<=[A-Z])(?:[A-Z]?\d+[A-Z]?|[A-Z]?(?=[座幢栋室]|单元|号楼|楼)|(?<=[层楼].)$)"
    r"|(?<=[甲乙丙丁])(?:(?=[座幢栋室号]|单元)|\d+(?=号))|(?<=负)\d(?=[层楼])|(?<=地)下\d(?=[层楼])|(?<=[()]))"
)
_TOKEN = re.compile(
    rf"({_FIRST}(?:-{_ONE})*)((?<![()])(?:支弄|弄|巷|号院|号楼|#楼|号门|号[甲乙丙丁](?![座幢栋])|号(?!路|线|桥)|#|幢|栋|座|单元|梯|门(?![路街镇村口面卫])|层"
    r"|楼(?![宅上下])|室|房(?![屋间])|村民小组|小组|组|生产队|队|社(?!区)|(?=[国省县]道|号?路|期|坊|街坊|区|村|号线|号桥)))?"
)
_BRACKETS = ("(", ")")
_PARTS = re.compile(r"[^-]+")
_STEMS = "甲乙丙丁"
_BELOW_GROUND = re.compile(r"(?:负|地下|B)(\d)")
_ROOM_DIGITS = 3


def _plain(number: str) -> str:
    return number.lstrip("0") or "0"


def _in_one_spelling(number: str, unit: str | None) -> str:
    """甲12号 and 12号甲 are 12甲; a floor below ground is written with a minus, as B1层, 负一层 or 地下一层."""
    if number[0] in _STEMS and len(number) > 1:
        return f"{number[1:]}{number[0]}"
    if unit and unit[-1] in _STEMS:
        return f"{number}{unit[-1]}"
    if unit in ("层", "楼") and (below := _BELOW_GROUND.fullmatch(number)):
        return f"-{below[1]}"
    return _plain(number) if number[0] == "0" else number


def _set_lane(parts: Parts, number: str) -> str:
    if parts.lane is None:
        parts.lane, parts.latest = number, "lane"
    elif parts.lane != number and parts.sub_lane is None:
        parts.sub_lane = number
        return "sub-lane"
    return "lane"


def _set_sub_lane(parts: Parts, number: str) -> str:
    parts.sub_lane = parts.sub_lane or number
    return "sub-lane"


def _is_room(parts: Parts, number: str) -> bool:
    """Whether a number with 号 is a room's, as in 5幢9单元3164号."""
    inside = parts.number is None and parts.building is not None
    return inside and (parts.entrance is not None or parts.floor is not None or len(number) >= _ROOM_DIGITS)


def _set_number(parts: Parts, number: str) -> str:
    if parts.latest == "non-dwelling" or _is_room(parts, number):
        return _set_room(parts, number)
    if parts.number is None:
        parts.number = number
        parts.building_first = parts.building is not None
        parts.estate_numbered = parts.latest == "estate"
        parts.latest = "number"
    elif parts.number == number:
        return "repeated"
    elif len(number) >= _ROOM_DIGITS and parts.room is None:
        return _set_room(parts, number)
    elif parts.building is None:
        parts.building = number
        return "building"
    return "number"


def _set_building(parts: Parts, number: str) -> str:
    if parts.building is None:
        parts.building = number
        if parts.number is None:
            parts.estate_numbered = parts.latest == "estate"
            parts.latest = "building"
    elif parts.building != number and number.isalpha():
        return _set_entrance(parts, number)
    return "building"


def _set_entrance(parts: Parts, number: str) -> str:
    parts.entrance = parts.entrance or number
    return "entrance"


def _set_floor(parts: Parts, number: str) -> str:
    if parts.number is None and parts.building is None and number[0] != "-" and not is_one_building(parts.estate):
        return _set_building(parts, number)
    parts.floor = parts.floor or number
    return "floor"


def _set_room(parts: Parts, number: str) -> str:
    if parts.latest == "non-dwelling":
        parts.room, parts.latest = f"{parts.room}{number}", "room"
    else:
        parts.room = parts.room or number
    return "room"


def _set_group(parts: Parts, number: str) -> str:
    if parts.village_group is None:
        parts.village_group = number
        parts.latest = "village"
    return "group"


def _set_unnamed(parts: Parts, number: str) -> str:
    """A number without a unit: the house in a road, lane, estate or village; the room once the house is known."""
    if parts.latest == "estate" and len(number) >= _ROOM_DIGITS and is_one_building(parts.estate):
        return _set_room(parts, number)
    if parts.number is None and parts.building is None:
        return _set_number(parts, number)
    if (parts.room is None and number != parts.number) or parts.latest == "non-dwelling":
        return _set_room(parts, number)
    return "repeated" if number == parts.number else "room"


_SETTERS: dict[str | None, Callable[[Parts, str], str]] = {
    None: _set_unnamed,
    **dict.fromkeys(("弄", "巷"), _set_lane),
    "支弄": _set_sub_lane,
    **dict.fromkeys(("号", "号门", "号院", "号甲", "号乙", "号丙", "号丁"), _set_number),
    **dict.fromkeys(("号楼", "#楼", "#", "幢", "栋", "座"), _set_building),
    **dict.fromkeys(("单元", "梯", "门"), _set_entrance),
    **dict.fromkeys(("层", "楼"), _set_floor),
    **dict.fromkeys(("室", "房"), _set_room),
    **dict.fromkeys(("村民小组", "小组", "组", "生产队", "队", "社"), _set_group),
}


def _is_range(first: str, last: str) -> bool:
    """456-458: house numbers of one front, not a house and its room."""
    return first.isdigit() and last.isdigit() and len(first) == len(last) and 0 < int(last) - int(first) < 50


def _set_chain(parts: Parts, numbers: list[str], unit: str | None) -> list[str]:
    """Numbers joined by dashes: house, entrance and room as far as they are not known yet; the label of each."""
    *before, last = numbers
    if unit == "号" and len(numbers) == 2 and (_is_range(*numbers) or len(last) < _ROOM_DIGITS):
        return [_set_number(parts, "-".join(numbers))]
    if unit in ("弄", "巷", "组", "队", "层", "楼"):
        return [*("number" for _ in before), _SETTERS[unit](parts, last)]
    labels = []
    if parts.lane is None and parts.road and parts.latest == "road" and parts.number is None and len(before) > 1:
        labels.append(_set_number(parts, before.pop(0)))
    if unit in (None, "室", "房", "号"):
        if (parts.number or parts.building) and len(before) == 1 and (parts.floor or len(before[0]) >= _ROOM_DIGITS):
            return [*labels, _set_unnamed(parts, f"{before[0]}-{last}")]
        labels += _set_house(parts, before)
        return [*labels, _set_room(parts, last) if before else _set_unnamed(parts, last)]
    return [*labels, *_set_house(parts, before), _SETTERS[unit](parts, last)]


def _set_house(parts: Parts, numbers: list[str]) -> list[str]:
    """House number, building and entrance out of the numbers before the last one of a chain; the label of each."""
    return [_set_house_number(parts, number, alone=len(numbers) == 1) for number in numbers]


def _set_house_number(parts: Parts, number: str, *, alone: bool) -> str:
    if parts.number is None and parts.building is None:
        return (_set_number if alone or parts.lane else _set_building)(parts, number)
    if number in (parts.number, parts.building):
        return "repeated"
    if parts.number is not None and parts.building is None and not parts.lane and parts.latest != "estate":
        return _set_building(parts, number)
    return _set_entrance(parts, number)


def _read_chain(parts: Parts, token: re.Match[str]) -> None:
    """Takes numbers joined by dashes; numbers that are one part, like 456-458号, are one span."""
    found = list(_PARTS.finditer(token[1]))
    labels = _set_chain(parts, [_plain(each[0]) for each in found], token[2])
    start = token.start()
    for label, each in zip(labels, found, strict=False):
        parts.spans.append((label, start + each.start(), start + each.end()))
    label, first, _ = parts.spans[-1]
    parts.spans[-1] = (label, first, token.end())


def _read(parts: Parts, text: str) -> None:
    """Reads one text into the parts, which are empty yet, left to right."""
    at, bracketed, setters = 0, False, _SETTERS
    for token in _TOKEN.finditer(text):
        number, unit = token.groups()
        if unit == "":
            continue
        start, end = token.span()
        if start > at:
            _read_stretch(parts, text, at, start, bracketed=bracketed)
        at = end
        if number in _BRACKETS:
            bracketed = number == "("
        elif "-" in number:
            _read_chain(parts, token)
        else:
            if not number.isdecimal() or number[0] == "0" or (unit and unit[-1] in _STEMS):
                number = _in_one_spelling(number, unit)
            parts.spans.append((setters[unit](parts, number), start, end))
    if at < len(text):
        _read_stretch(parts, text, at, len(text), bracketed=bracketed)


def _read_stretch(parts: Parts, text: str, start: int, end: int, *, bracketed: bool) -> None:
    """Reads the names between two numbers."""
    stretch = text[start:end].rstrip("-#.")
    names = stretch.lstrip("-#.")
    if start == 0 and names == stretch:
        vars(parts).update(first_names(stretch))
        parts.spans = [*parts.spans]
    elif names:
        read_names(parts, names, start + len(stretch) - len(names), bracketed=bracketed)


def parse_address(text: str) -> Address:
    """The parts of an address, its keys and its spans.

    Several columns joined with U+001F: the first one is the address, the others name the estate (or another
    part) and fill what the first leaves out. Spans are places in the first one as it is written.
    """
    written, *beside = text.split("\x1f")
    parts = _parts_of(written, clean_text(written), beside)
    fields = (parts.province, parts.city, parts.district, *_fields_of(parts), spans_of(parts, written))
    return Address(*fields)


def _parts_of(written: str, clean: str, beside: Sequence[str] = ()) -> Parts:
    parts = Parts()
    if not is_default(clean):
        _read(parts, readable(written))
    for text in beside:
        if not is_default(clean_text(text)):
            _read_beside(parts, readable(text).strip("()"))
    settle_village(parts)
    return parts


def _read_beside(parts: Parts, text: str) -> None:
    """Reads a further column, whose names have no place in the address itself."""
    spans, parts.spans = parts.spans, []
    read_names(parts, text, 0, bracketed=True)
    parts.spans = spans


_as_read = attrgetter(*ADDRESS_FIELDS[: ADDRESS_FIELDS.index("estate")])


def _fields_of(parts: Parts) -> tuple[Any, ...]:
    """The values of ADDRESS_FIELDS."""
    return *_as_read(parts), parts.estate and estate_key(parts.estate), *keys_of(parts)


def address_standardiser(official_town: Callable[[str], str]) -> Callable[[str], tuple[str | None, ...]]:
    """A standardiser for Chinese addresses; `official_town` gives the town's name from what is written."""

    def standardise(raw: str) -> tuple[str | None, ...]:
        """The address as one clean text, then the fields of ADDRESS_FIELDS; all none for a default value."""
        written, *beside = raw.split("\x1f")
        address = clean_text(written)
        if is_default(address):
            address = " ".join(text for text in map(clean_text, beside) if not is_default(text))
            if not address:
                return (None,) * (1 + len(ADDRESS_FIELDS))
            written = ""
        town, *fields = _fields_of(_parts_of(written, written and address, beside))
        return address, town and official_town(town), *fields

    return standardise
