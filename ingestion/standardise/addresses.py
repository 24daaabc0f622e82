"""Chinese addresses: one pass over the text reads numbers with their units and the names between them.

Parts may be left out, doubled or in another order; numbers without a unit are read by what stands before them.
"""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from ingestion.standardise.address_names import first_names, read_names
from ingestion.standardise.address_parts import Address, Parts, estate_key, is_one_building, keys_of, settle_village
from ingestion.standardise.address_text import readable
from ingestion.standardise.text import clean_text, is_default

ADDRESS_FIELDS = (
    "town", "committee", "road", "lane", "sub_lane", "number", "building", "entrance", "floor", "room",
    "village", "village_group", "estate", "address_key", "building_key", "precision",
)  # fmt: skip

_ONE = (
    r"(?:\d+[A-Z]?(?![A-Z])|[A-Z]{1,2}\d+[A-Z]?|[A-Z]{1,2}(?=[座幢栋室]|单元|号楼|楼)|[甲乙丙丁](?=[座幢栋室号]|单元))"
)
_TOKEN = re.compile(
    rf"({_ONE}(?:-{_ONE})*)(支弄|弄|巷|号院|号楼|#楼|号门|号(?!路|线|桥)|#|幢|栋|座|单元|梯|门(?![路街镇村口面卫])|层|楼(?![宅上下])|室|房(?![屋间])"
    r"|村民小组|小组|组|生产队|队|(?=[国省县]道|号?路|期|坊|街坊|区|村|号线|号桥))?|([()])"
)
_PARTS = re.compile(r"[^-]+")
_ROOM_DIGITS = 3


def _plain(number: str) -> str:
    return number.lstrip("0") or "0"


def _set_lane(parts: Parts, number: str) -> None:
    if parts.lane is None:
        parts.lane, parts.latest = number, "lane"
    elif parts.lane != number and parts.sub_lane is None:
        parts.sub_lane = number


def _set_sub_lane(parts: Parts, number: str) -> None:
    parts.sub_lane = parts.sub_lane or number


def _is_room(parts: Parts, number: str) -> bool:
    """Whether a number with 号 is a room's, as in 5幢9单元3164号."""
    inside = parts.number is None and parts.building is not None
    return inside and (parts.entrance is not None or parts.floor is not None or len(number) >= _ROOM_DIGITS)


def _set_number(parts: Parts, number: str) -> None:
    if parts.latest == "non-dwelling" or _is_room(parts, number):
        _set_room(parts, number)
    elif parts.number is None:
        parts.number = number
        parts.building_first = parts.building is not None
        parts.estate_numbered = parts.latest == "estate"
        parts.latest = "number"
    elif parts.number == number:
        return
    elif len(number) >= _ROOM_DIGITS and parts.room is None:
        parts.room = number
    elif parts.building is None:
        parts.building = number


def _set_building(parts: Parts, number: str) -> None:
    if parts.building is None:
        parts.building = number
        if parts.number is None:
            parts.estate_numbered = parts.latest == "estate"
            parts.latest = "building"


def _set_entrance(parts: Parts, number: str) -> None:
    parts.entrance = parts.entrance or number


def _set_floor(parts: Parts, number: str) -> None:
    if parts.number is None and parts.building is None:
        _set_building(parts, number)
    else:
        parts.floor = parts.floor or number


def _set_room(parts: Parts, number: str) -> None:
    if parts.latest == "non-dwelling":
        parts.room, parts.latest = f"{parts.room}{number}", "room"
    else:
        parts.room = parts.room or number


def _set_group(parts: Parts, number: str) -> None:
    if parts.village_group is None:
        parts.village_group = number
        parts.latest = "village"


def _set_unnamed(parts: Parts, number: str) -> None:
    """A number without a unit: the house in a road, lane, estate or village; the room once the house is known."""
    if parts.latest == "estate" and len(number) >= _ROOM_DIGITS and is_one_building(parts.estate):
        _set_room(parts, number)
    elif parts.number is None and parts.building is None:
        _set_number(parts, number)
    elif (parts.room is None and number != parts.number) or parts.latest == "non-dwelling":
        _set_room(parts, number)


_SETTERS: dict[str | None, Callable[[Parts, str], None]] = {
    None: _set_unnamed,
    **dict.fromkeys(("弄", "巷"), _set_lane),
    "支弄": _set_sub_lane,
    **dict.fromkeys(("号", "号门", "号院"), _set_number),
    **dict.fromkeys(("号楼", "#楼", "#", "幢", "栋", "座"), _set_building),
    **dict.fromkeys(("单元", "梯", "门"), _set_entrance),
    **dict.fromkeys(("层", "楼"), _set_floor),
    **dict.fromkeys(("室", "房"), _set_room),
    **dict.fromkeys(("村民小组", "小组", "组", "生产队", "队"), _set_group),
}


def _is_range(first: str, last: str) -> bool:
    """456-458: house numbers of one front, not a house and its room."""
    return first.isdigit() and last.isdigit() and len(first) == len(last) and 0 < int(last) - int(first) < 50


def _set_chain(parts: Parts, numbers: list[str], unit: str | None) -> None:
    """Numbers joined by dashes: house, entrance and room as far as they are not known yet."""
    *before, last = numbers
    if unit == "号" and len(numbers) == 2 and (_is_range(*numbers) or len(last) < _ROOM_DIGITS):
        _set_number(parts, "-".join(numbers))
        return
    if unit in ("弄", "巷", "组", "队", "层", "楼"):
        _SETTERS[unit](parts, last)
        return
    if parts.lane is None and parts.road and parts.latest == "road" and parts.number is None and len(before) > 1:
        _set_number(parts, before.pop(0))
    if unit in (None, "室", "房", "号"):
        if (parts.number or parts.building) and len(before) == 1 and len(before[0]) >= _ROOM_DIGITS:
            before, last = [], f"{before[0]}-{last}"
        _set_house(parts, before)
        _set_unnamed(parts, last) if not before else _set_room(parts, last)
    else:
        _set_house(parts, before)
        _SETTERS[unit](parts, last)


def _set_house(parts: Parts, numbers: list[str]) -> None:
    """House number, building and entrance out of the numbers before the last one of a chain."""
    for number in numbers:
        if parts.number is None and parts.building is None:
            (_set_number if len(numbers) == 1 or parts.lane else _set_building)(parts, number)
        elif number in (parts.number, parts.building):
            continue
        elif parts.number is not None and parts.building is None and not parts.lane and parts.latest != "estate":
            _set_building(parts, number)
        else:
            _set_entrance(parts, number)


def _read(parts: Parts, text: str) -> None:
    """Reads one text into the parts, which are empty yet, left to right."""
    at, bracketed = 0, False
    for token in _TOKEN.finditer(text):
        start = token.start()
        number, unit = token[1], token[2]
        if unit == "":
            continue
        if start > at:
            stretch = text[at:start].strip("-#.")
            if stretch and at == 0:
                vars(parts).update(first_names(stretch))
            elif stretch:
                read_names(parts, stretch, bracketed=bracketed)
        at = token.end()
        if number is None:
            bracketed = token[3] == "("
        elif "-" in number:
            _set_chain(parts, [_plain(each) for each in _PARTS.findall(number)], unit)
        else:
            _SETTERS[unit](parts, _plain(number))
    stretch = text[at:].strip("-#.")
    if stretch:
        read_names(parts, stretch, bracketed=bracketed)


def parse_address(text: str) -> Address:
    """The parts of an address and its keys.

    Several columns joined with U+001F: the first one is the address, the others name the estate (or another
    part) and fill what the first leaves out.
    """
    texts = text.split("\x1f")
    parts = _parts_of(texts, [clean_text(each) for each in texts])
    return Address(parts.province, parts.city, parts.district, *_fields_of(parts))


def _parts_of(texts: list[str], cleaned: list[str]) -> Parts:
    parts = Parts()
    if not is_default(cleaned[0]):
        _read(parts, readable(texts[0]))
    for text, clean in zip(texts[1:], cleaned[1:], strict=True):
        if not is_default(clean):
            read_names(parts, readable(text).strip("()"), bracketed=True)
    settle_village(parts)
    return parts


_as_read = attrgetter(*ADDRESS_FIELDS[: ADDRESS_FIELDS.index("estate")])


def _fields_of(parts: Parts) -> tuple[Any, ...]:
    """The values of ADDRESS_FIELDS."""
    return *_as_read(parts), parts.estate and estate_key(parts.estate), *keys_of(parts)


def address_standardiser(official_town: Callable[[str], str]) -> Callable[[str], tuple[str | None, ...]]:
    """A standardiser for Chinese addresses; `official_town` gives the town's name from what is written."""

    def standardise(raw: str) -> tuple[str | None, ...]:
        """The address as one clean text, then the fields of ADDRESS_FIELDS; all none for a default value."""
        texts = raw.split("\x1f")
        cleaned = [clean_text(text) for text in texts]
        known = [text for text in cleaned if not is_default(text)]
        if not known:
            return (None,) * (1 + len(ADDRESS_FIELDS))
        town, *fields = _fields_of(_parts_of(texts, cleaned))
        address = " ".join(known) if is_default(cleaned[0]) else cleaned[0]
        return address, town and official_town(town), *fields

    return standardise
