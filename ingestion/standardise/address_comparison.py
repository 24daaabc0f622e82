"""Whether two written addresses mean the same place, read part by part from the district down to the room."""

from dataclasses import dataclass
from enum import StrEnum

from ingestion.standardise.address_parts import Address, estate_key, road_key
from ingestion.standardise.addresses import parse_address
from ingestion.standardise.pinyin import syllables

# How much of a place each part tells; what stands above the road tells little of the house.
_AREA_WEIGHTS = {"province": 1, "city": 1, "district": 1, "town": 1}
_CHAIN_WEIGHTS = {"place": 3, "sub-lane": 1, "number": 3, "building": 2, "entrance": 1, "floor": 1, "room": 4}
_SOUNDS_ALIKE = 0.5


class Agreement(StrEnum):
    """Same place to the same part; one part unsaid or in doubt; two parts that exclude each other."""

    SAME = "same"
    PARTIAL = "partial"
    DIFFERENT = "different"


@dataclass(frozen=True)
class AddressComparison:
    """How two addresses agree: 1 is every part that either names, and the reason says which part decides."""

    agreement: Agreement
    score: float
    reason: str


def compare_addresses(one: str, other: str) -> AddressComparison:
    """Compares two addresses as written (each may be several columns joined with U+001F).

    `same` needs a house number, building or room on both sides and equal parts down to the finest. Other road and
    number with one estate's name on both sides is `partial`: that a lane and an estate are one quarter is for the
    register of houses to know. Towns that differ are `partial` too, for towns are renamed and joined.
    """
    first, second = parse_address(one), parse_address(other)
    for address, text in ((first, one), (second, other)):
        if not any(_chain(address).values()):
            return AddressComparison(Agreement.PARTIAL, 0.0, f"no road, village, estate or number in {text!r}")
    areas, chains = _both(_area(first), _area(second)), _both(*_chains(first, second))
    score = _score(areas, chains)
    if excluded := _excluded(areas, chains):
        part, (left, right) = excluded
        return AddressComparison(Agreement.DIFFERENT, round(score / 2, 3), f"{part} differs: {left} / {right}")
    doubt = _doubt(first, second, areas, chains)
    return AddressComparison(
        Agreement.PARTIAL if doubt else Agreement.SAME, score, doubt or f"all parts agree down to {_finest(chains)}"
    )


_Pairs = dict[str, tuple[str | None, str | None]]


def _area(address: Address) -> dict[str, str | None]:
    """The names above the road without their endings, so that 上海 and 上海市 agree."""
    named = {part: getattr(address, part) for part in _AREA_WEIGHTS}
    return {part: name and (name.removesuffix("街道").rstrip("省市区县镇乡") or name) for part, name in named.items()}


def _chain(address: Address) -> dict[str, str | None]:
    """The parts from the quarter down, number and building as the key has them: in a lane 号 and 幢 are one."""
    number, building = address.number, address.building
    if building and address.building_key and f"|{building}幢" not in address.building_key:
        number, building = number or building, None
    return {
        "place": _place(address),
        "sub-lane": address.sub_lane,
        "number": number,
        "building": building,
        "entrance": address.entrance,
        "floor": address.floor if not address.room or len(address.room) < 3 else None,
        "room": address.room,
    }


def _chains(first: Address, second: Address) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Both chains; an estate that both name is their place where one says no road."""
    one, other = _chain(first), _chain(second)
    if first.estate and first.estate == second.estate and not (first.road and second.road):
        one["place"] = other["place"] = first.estate
    return one, other


def _place(address: Address) -> str | None:
    if address.road:
        return f"{road_key(address.road)}{address.lane}弄" if address.lane else road_key(address.road)
    if address.village:
        group = f"{address.village_group}组" if address.village_group else estate_key(address.estate or "")
        return f"{address.village}{group}"
    return address.estate


def _both(one: dict[str, str | None], other: dict[str, str | None]) -> _Pairs:
    return {part: (one[part], other[part]) for part in one if one[part] or other[part]}


def _agreed(left: str | None, right: str | None) -> float:
    if left == right:
        return 1.0
    return _SOUNDS_ALIKE if left and right and _sound_alike(left, right) else 0.0


def _sound_alike(left: str, right: str) -> bool:
    return len(left) == len(right) and not left.isascii() and syllables(left) == syllables(right)


def _closer(left: str, right: str) -> bool:
    """Whether one is the other with a lane or group more."""
    return left.startswith(right) or right.startswith(left)


def _score(areas: _Pairs, chains: _Pairs) -> float:
    """The share of the parts said by both, of all that either says; an area said by one alone does not count."""
    said = {part: pair for part, pair in areas.items() if all(pair)}
    weights = _AREA_WEIGHTS | _CHAIN_WEIGHTS
    pairs = {**said, **chains}
    total = sum(weights[part] for part in pairs)
    return round(sum(weights[part] * _agreed(*pair) for part, pair in pairs.items()) / total, 3) if total else 0.0


def _excluded(areas: _Pairs, chains: _Pairs) -> tuple[str, tuple[str | None, str | None]] | None:
    """The first part that both name and that cannot be the same."""
    for part, (left, right) in {**areas, **chains}.items():
        if left and right and left != right and part not in ("town", "place"):
            return part, (left, right)
    left, right = chains.get("place", (None, None))
    if left and right and _one_kind(left, right) and not _agreed(left, right) and not _closer(left, right):
        return "place", (left, right)
    return None


def _one_kind(left: str, right: str) -> bool:
    """Whether both are roads or both are not: an estate and a road can be one quarter."""
    return left.endswith(("路", "街", "道", "弄", "巷")) == right.endswith(("路", "街", "道", "弄", "巷"))


def _doubt(first: Address, second: Address, areas: _Pairs, chains: _Pairs) -> str | None:
    left, right = chains.get("place", (None, None))
    if left != right:
        if not (left and right):
            return f"one side names no road, village or estate: {left or right}"
        if _sound_alike(left, right):
            return f"names sound alike: {left} / {right}"
        if _closer(left, right):
            return f"one side names its place more closely: {left} / {right}"
        return f"one side names the road, the other the estate: {left} / {right}"
    missing = next((part for part, pair in chains.items() if not all(pair)), None)
    if missing:
        return f"one side names no {missing}"
    if "town" in areas and all(areas["town"]) and areas["town"][0] != areas["town"][1]:
        return f"town differs: {first.town} / {second.town}"
    return None if _finest(chains) not in ("place", "sub-lane") else "neither side names a house number"


def _finest(chains: _Pairs) -> str:
    return [part for part in _CHAIN_WEIGHTS if part in chains][-1]
