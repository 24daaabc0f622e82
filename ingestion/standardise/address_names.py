"""Names inside an address: province, city, district, town, committee, road, village and estate."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ingestion.standardise.address_parts import Parts
from ingestion.standardise.divisions import division_at, is_division

# Divisions that the gazetteer does not know: abolished ones, and those of made-up or foreign places.
_OTHER_DIVISION = re.compile(
    r"(?P<province>[一-龥]{2,3}?省|[一-龥]{2,5}?自治区)"
    r"|(?P<city>[一-龥]{2,4}?(?<![城都超集夜闹])市(?!场|政|民|中心)|[一-龥]{2,6}?(?:自治州|地区))"
    r"|(?P<district>市辖区|[一-龥]{1,4}?(?<![小社园业发新片库校厂街山])区(?![域间内])"
    r"|[一-龥]{2,3}?县(?![城前后]))"
)
_DIVISION_SIGN = re.compile("[省市区县州]")


def _one_of(words: str) -> str:
    """A pattern of these words; what no word begins with fails at the first character."""
    found = sorted(words.split(), key=len, reverse=True)
    return f"(?=[{''.join(sorted({word[0] for word in found}))}])(?:{'|'.join(found)})"


_ON_ROAD = r"(?![东南西北中前后]?(?:支路|公路|路|街(?![道村])|巷|弄)(?!村))"
_TOWN = (
    r"[一-龥]{2,6}?(?=[镇新街乡业工开度])(?:镇街道|新村街道|街道办事处|街道|镇(?:人民政府)?"
    + _ON_ROAD
    + "|乡(?![村路东南西北])"
    "|[业新]园区|工业区|开发区|度假区|新区(?=[一-龥0-9]))(?:管委会)?"
)
_COMMITTEE = (
    "[一-龥0-9]{1,8}?(?=[社居村])(?:社区居民委员会|社区居委会|社区居委|居民委员会|居委会|居委"
    "|村民委员会|村委会|村委|社区(?![路医卫]))"
)
_ESTATE_WORD = _one_of(
    "新村 小区 花园 花苑 公寓 家园 新苑 雅苑 名苑 嘉苑 佳苑 家苑 丽苑 苑 大厦 广场 别墅 名邸 公馆 大楼 商城 "
    "工业园 产业园 创业园 科技园"
)
_ESTATE_PART = r"(?:[东南西北中新][区苑村坊]|[一二三四五六七八九十\d]{1,3}(?:期|坊|街坊|区|村)|[A-Z]区)"
_ESTATE = rf"[一-龥A-Z](?:(?!路)[一-龥A-Z]){{0,7}}?{_ESTATE_WORD}{_ON_ROAD}(?!{_ESTATE_WORD}){_ESTATE_PART}*(?:小区)?"
_VILLAGE = (
    r"[一-龥](?:(?!路)[一-龥]){0,5}?(?:新村(?![东南西北]?[路街])|(?<!新)村)村?"
    "(?![前后中]?(?:公路|路|街(?!道)|巷|弄)|[东南西北](?:路|大街)|委|民委)"
)
_ROAD = (
    r"(?:[一-龥]|\d(?=号?[路国省县]|\d)){1,8}?(?=[公大支路街国省县胡线堤巷道])(?:公路|大道|支路|路(?![口边旁])|大街|街(?![道坊])|国道|省道|县道"
    r"|胡同|[线堤](?=[东南西北]?\d)|巷(?![村子])|(?<=[一-龥]{2})(?<!街)道$)(?:[一二三四五六七八九]段)?(?!新村|[一二三四五六七八九十]村|小区|花园)|\d{2,3}(?:国道|省道|县道)"
)
_PLACE_WORD = _one_of(
    "有限公司 公司 集团 市场 商贸城 汽配城 服装城 轻纺城 商城 中心 酒店 宾馆 饭店 医院 卫生院 卫生服务站 学校 中学 "
    "小学 幼儿园 学院 大学 校区 银行 支行 商场 超市 体育馆 图书馆 博物馆 车站 火车站 派出所 "
    "人民政府 政府 工业区 工业城 园区 开发区 新区 新城 组团 住宅区 人家 山庄 宿舍 厂"
)
_PLACE = rf"[一-龥A-Z](?:(?!路|大道)[一-龥A-Z]){{0,11}}?{_PLACE_WORD}{_ON_ROAD}(?!{_PLACE_WORD}){_ESTATE_PART}*"
_PIECE = re.compile(
    f"(?P<town>{_TOWN})|(?P<committee>{_COMMITTEE})|(?P<estate>{_ESTATE})|(?P<village>{_VILLAGE})"
    f"|(?P<place>{_PLACE})|(?P<road>{_ROAD})"
)
_ROAD_ENDING = re.compile(r"[东南西北中]?[一二三四五六七八九十]?(?:公路|(?<![支公])路|大?街)$")
_PART_OF_ESTATE = re.compile(rf"(?<=[村区园苑寓厦场墅邸馆楼城心市院司团])(?<!新苑)({_ESTATE_PART}(?:小区)?)+$")
_ESTATE_VILLAGE = re.compile(r"(?:[一二三四五六七八九十]|新)村$")
_HOMESTEAD = re.compile("[宅浜角湾埭圩桥庄]$")
_NEAR = re.compile(r"(?:靠近|邻近|临近|近)[一-龥]{1,6}(?:路|街|公路)(?:口)?")
_ROAD_TAIL = re.compile(r"[东南西北中][段侧面边首]|尾|与|和|交叉口|交界处?|路口|口")
_RELATION = re.compile(
    "斜?正?对面|对过|旁边?|附近|隔壁|(?:大|村|路)?门?口|交[叉汇](?:路?口|处)?|交界(?:处|口)?|[东南西北前后左右里外][面侧边]"
    "|与|和|及|院?内|楼[上下]|往?[东南西北](?:行)?(?=$|[\\d])|[东南西北]"
)
_AROUND_PLACE = re.compile(
    "(?P<relation>斜?正?对面|对过|旁边|旁$|附近|隔壁|大?门口|交[叉汇](?:路?口|处)|交界(?:处|口)?|[东南西北后][面侧边]|院?内$|楼[上下]$)"
    "|(?P<remark>电联|电话联系|(?i:null))"
)
_LEADING_RELATION = re.compile("斜?正?对面|旁边|附近|隔壁|交[叉汇](?:路?口|处)|[东南西北后][面侧边]")
_USUAL_ROAD = 4
_AFTER_RELATION = frozenset(("estate", "place"))
_REMARK = re.compile("电联|联系电话|请电话|代收|收$|(?i:null)")
_NOISE = re.compile(
    r"(?:东|南|西|北|左|右|前|后|旁|侧|边|面|附近|对面|隔壁|旁边|交叉口|交界|路口|口|内|里|处|的|间|主卧|次卧|客厅|阳台|厨房|卫生间|过道|复式|跃层|隔间|阁楼|小间|大间|朝南|朝北|半|"
    r"商铺|门面房?|店面|店铺|底商|沿街|厂房|车间|仓库|宿舍|办公楼?|办公室|门卫|附楼|辅房|平房|楼上|楼下|院|门牌|临时?|房屋|房|室|大?门口|出租屋?|出租|群租|合租|空置|无人|待核|全幢|整栋|全部|公安|村民|户)+"
)
_LOW_FLOOR = re.compile(r"(?:底层|底楼|首层)")
_NON_DWELLING = re.compile(r"(?:半?地下室|地下车库|车库|车位|储藏室|阁楼)")


def _read_divisions(parts: Parts, text: str, start: int) -> int:
    """Takes province, city and district, however often they are said; returns where the text behind them begins."""
    at, within, spans = 0, "", parts.spans
    if text.startswith("中国") and (division_at(text, 2, "") or _OTHER_DIVISION.match(text, 2)):
        spans.append(("country", start, start + 2))
        at = 2
    while True:
        again = False
        if division := division_at(text, at, within):
            kind, end, again = division.kind, at + len(division.name), within == division.code
            within = division.code
        elif _DIVISION_SIGN.search(text, at, at + 8) and (found := _OTHER_DIVISION.match(text, at)):
            kind, end = found.lastgroup or "", found.end()
            if kind == "city" and parts.city is not None and parts.district is None:
                kind = "district"
        else:
            return at
        if again and len(text[at:end]) > len(getattr(parts, kind) or ""):
            spans[-1] = ("repeated", *spans[-1][1:])
            setattr(parts, kind, None)
        if getattr(parts, kind) is None and text[at:end] != "市辖区":
            setattr(parts, kind, text[at:end])
            spans.append((kind, start + at, start + end))
        else:
            spans.append(("repeated", start + at, start + end))
        at = end


def _set_road(parts: Parts, name: str) -> str:
    if parts.road is not None:
        name = name.lstrip("与和及")
    label = "road" if parts.road is None else "crossing road"
    if parts.lane is None and parts.number is None:
        parts.road, parts.latest = name, "road"
    elif parts.road is None:
        parts.road = name
    return label


def _set_estate(parts: Parts, name: str) -> str:
    if parts.village is None and parts.estate and parts.estate.endswith("村") and _HOMESTEAD.search(name):
        parts.village, parts.estate, parts.latest = parts.estate, name, "village"
    elif parts.estate is None:
        parts.estate = name
        if parts.number is None and parts.building is None:
            parts.latest = "estate"
    return "estate"


def _set_committee(parts: Parts, name: str) -> str:
    parts.committee = parts.committee or name
    village = re.sub(r"(?<=村)村?(?:民?委员会|民?委会?)$|(?:村民委员会|村委会|村委)$", "", name)
    if "村" in name and "居" not in name and parts.village is None:
        parts.village = village if village.endswith("村") else f"{village}村"
        parts.latest = "village"
    return "committee"


def _set_village(parts: Parts, name: str) -> str:
    if _ESTATE_VILLAGE.search(name):
        return _set_estate(parts, name)
    if parts.village is None:
        parts.village, parts.latest = name.replace("村村", "村"), "village"
    return "village"


def _set_town(parts: Parts, name: str) -> str:
    if parts.town is None:
        parts.town = name
        return "town"
    return "repeated" if name == parts.town else "town"


def _set_place(parts: Parts, name: str, *, bracketed: bool = False) -> str:
    """A firm or another place: where it stands before the house number it names the estate or homestead."""
    if (parts.number is None and parts.building is None) or (bracketed and parts.village is None):
        _set_estate(parts, name)
    return "place"


def _before_road(name: str) -> int:
    """The length of a bare name in front of a road: 绿地新都 of 绿地新都曹安路. Most roads have two characters."""
    ending = _ROAD_ENDING.search(name)
    if ending is None or ending.start() < _USUAL_ROAD or is_division(name[: ending.start()]):
        return 0
    return ending.start() - 2


_SETTERS: Mapping[str, Callable[[Parts, str], str]] = {
    "road": _set_road,
    "estate": _set_estate,
    "village": _set_village,
    "committee": _set_committee,
    "town": _set_town,
    "place": _set_place,
}


@lru_cache(maxsize=1 << 16)
def first_names(text: str) -> Mapping[str, Any]:
    """What `read_names` finds in the first stretch of an address: many thousand addresses begin alike."""
    parts = Parts()
    read_names(parts, text, 0, bracketed=False)
    return vars(parts)


def read_names(parts: Parts, text: str, start: int, *, bracketed: bool) -> None:
    """Takes the names of one stretch without house numbers into the parts; `start` is its place in the address."""
    at = 0
    if parts.road is None and parts.village is None and parts.estate is None:
        at = _read_divisions(parts, text, start)
    if "近" in text and (near := _NEAR.search(text, at)):
        parts.spans.append(("relation", start + near.start(), start + near.end()))
        _read_pieces(parts, text[at : near.start()], start + at, bracketed=bracketed)
        _read_pieces(parts, text[near.end() :], start + near.end(), bracketed=bracketed)
    else:
        _read_pieces(parts, text[at:], start + at, bracketed=bracketed)


def _read_pieces(parts: Parts, text: str, start: int, *, bracketed: bool) -> None:
    at, spans = 0, parts.spans
    while at < len(text) and (found := _PIECE.match(text, at)):
        kind, end = found.lastgroup or "", found.end()
        if kind in _AFTER_RELATION and (leading := _LEADING_RELATION.match(text, at)) and leading.end() < end - 1:
            spans.append(("relation", start + at, start + leading.end()))
            at = leading.end()
        if kind == "road" and end - at > _USUAL_ROAD and (before := _before_road(text[at:end])):
            label = _set_place(parts, text[at : at + before], bracketed=bracketed)
            spans.append((label, start + at, start + at + before))
            at += before
        label = _SETTERS[kind](parts, text[at:end])
        if kind in _AFTER_RELATION and (part := _PART_OF_ESTATE.search(text, at + 2, end)):
            spans.append((label, start + at, start + part.start()))
            spans.append(("estate part", start + part.start(), start + end))
        else:
            spans.append((label, start + at, start + end))
        at = end
        if kind == "road" and (tail := _ROAD_TAIL.match(text, at)):
            spans.append(("relation", start + at, start + tail.end()))
            at = tail.end()
    if at < len(text):
        _read_rest(parts, text[at:], start + at, bracketed=bracketed)


def _read_rest(parts: Parts, rest: str, start: int, *, bracketed: bool) -> None:
    """What bears no suffix of a name: low floors, parts that are no dwelling, relations, remarks, bare names."""
    if low := _LOW_FLOOR.search(rest):
        parts.floor = parts.floor or "1"
        parts.spans.append(("floor", start + low.start(), start + low.end()))
        _read_rest(parts, rest[low.end() :], start + low.end(), bracketed=bracketed)
        rest = rest[: low.start()]
    if not rest:
        return
    if room := _NON_DWELLING.match(rest):
        if parts.room is None:
            parts.room, parts.latest = room[0], "non-dwelling"
        parts.spans.append(("room", start, start + room.end()))
        return
    if len(rest) < 2 or rest.isascii() or _NOISE.fullmatch(rest):
        kind = "relation" if _RELATION.fullmatch(rest) else "remark" if _REMARK.fullmatch(rest) else "place"
        parts.spans.append((kind, start, start + len(rest)))
        return
    _set_place(parts, rest, bracketed=bracketed)
    _split_place(parts, rest, start)


def _split_place(parts: Parts, rest: str, start: int) -> None:
    """Spans of a bare name with the relations and remarks around it."""
    at = 0
    for found in _AROUND_PLACE.finditer(rest):
        if found.start() > at:
            parts.spans.append(("place", start + at, start + found.start()))
        parts.spans.append((found.lastgroup or "", start + found.start(), start + found.end()))
        at = found.end()
    if at < len(rest):
        parts.spans.append(("place", start + at, start + len(rest)))
