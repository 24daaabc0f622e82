"""Names inside an address: province, city, district, town, committee, road, village and estate."""

import re
from collections.abc import Mapping
from functools import lru_cache

from ingestion.standardise.address_parts import Parts

_ADMIN = re.compile(
    r"(?P<province>(?:北京|天津|上海|重庆)(?:市|(?=[一-龥]{2,4}?(?:区|县|镇|街道)))|[一-龥]{2,3}?省"
    r"|(?:内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区)"
    r"|(?P<city>[一-龥]{2,4}?(?<![城都超集夜闹])市(?!场|政|民|中心)|[一-龥]{2,6}?(?:自治州|地区))"
    r"|(?P<district>浦东新区|滨海新区|[一-龥]{1,4}?(?<![小社园业发新片库校厂街山])区(?![域间内])"
    r"|[一-龥]{2,3}?县(?![城前后]))"
)
_ADMIN_UNIT = re.compile("[市区县路街]|镇街道|镇")
_BARE_DISTRICTS = re.compile(
    "上海(?:黄浦|徐汇|长宁|静安|普陀|虹口|杨浦|闵行|宝山|嘉定|浦东|金山|松江|青浦|奉贤|崇明)(?=[一-龥]{2})"
    "|北京(?:东城|西城|朝阳|丰台|石景山|海淀|门头沟|房山|通州|顺义|昌平|大兴|怀柔|平谷|密云|延庆)(?=[一-龥]{2})"
    "|天津(?:和平|河东|河西|南开|河北|红桥|东丽|西青|津南|北辰|武清|宝坻|滨海|宁河|静海|蓟州)(?=[一-龥]{2})"
)
_ON_ROAD = r"(?![东南西北中前后]?(?:支路|公路|路|街(?![道村])|巷|弄)(?!村))"
_TOWN = (
    r"[一-龥]{2,6}?(?:镇街道|新村街道|街道办事处|街道|镇(?:人民政府)?" + _ON_ROAD + "|乡(?![村路东南西北])"
    "|[业新]园区|工业区|开发区|度假区|新区(?=[一-龥0-9]))(?:管委会)?"
)
_COMMITTEE = (
    "[一-龥0-9]{1,8}?(?:社区居民委员会|社区居委会|社区居委|居民委员会|居委会|居委"
    "|村民委员会|村委会|村委|社区(?![路医卫]))"
)
_ESTATE_WORD = (
    "(?:新村|小区|花园|花苑|公寓|家园|新苑|雅苑|名苑|嘉苑|佳苑|家苑|丽苑|苑|大厦|广场|别墅|名邸|公馆|大楼"
    "|商城|工业园|产业园|创业园|科技园)"
)
_ESTATE_PART = r"(?:[东南西北中新][区苑村坊]|[一二三四五六七八九十\d]{1,3}(?:期|坊|街坊|区|村)|[A-Z]区)"
_ESTATE = rf"[一-龥A-Z](?:(?!路)[一-龥A-Z]){{0,7}}?{_ESTATE_WORD}{_ON_ROAD}(?!{_ESTATE_WORD}){_ESTATE_PART}*(?:小区)?"
_VILLAGE = (
    r"[一-龥](?:(?!路)[一-龥]){0,5}?(?:新村(?![东南西北]?[路街])|(?<!新)村)村?"
    "(?![前后中]?(?:公路|路|街(?!道)|巷|弄)|委|民委)"
)
_ROAD = (
    r"(?:[一-龥]|\d(?=号?[路国省县]|\d)){1,8}?(?:公路|大道|支路|路(?![口边旁])|大街|街(?![道坊])|国道|省道|县道|胡同|[线堤](?=[东南西北]?\d)"
    r"|巷(?![村子]))(?!新村|[一二三四五六七八九十]村|小区|花园)|\d{2,3}(?:国道|省道|县道)"
)
_PIECE = re.compile(
    f"(?P<town>{_TOWN})|(?P<committee>{_COMMITTEE})|(?P<estate>{_ESTATE})|(?P<village>{_VILLAGE})|(?P<road>{_ROAD})"
)
_ESTATE_VILLAGE = re.compile(r"(?:[一二三四五六七八九十]|新)村$")
_HOMESTEAD = re.compile("[宅浜角湾埭圩桥庄]$")
_NEAR = re.compile(r"(?:靠近|邻近|临近|近)[一-龥]{1,6}(?:路|街|公路)(?:口)?")
_ROAD_TAIL = re.compile(r"[东南西北中][段侧面边首]|尾|与|和|交叉口|交界处?|路口|口")
_NOISE = re.compile(
    r"(?:东|南|西|北|左|右|前|后|旁|侧|边|面|附近|对面|隔壁|旁边|交叉口|交界|路口|口|内|里|处|的|间|主卧|次卧|客厅|隔间|阁楼|小间|大间|朝南|朝北|半|"
    r"商铺|门面房?|店面|店铺|底商|沿街|厂房|车间|仓库|宿舍|办公楼?|办公室|门卫|附楼|辅房|平房|楼上|楼下|院|门牌|临时?|房屋|房|室|大?门口|出租屋?|出租|群租|合租|空置|无人|待核|全幢|整栋|全部|公安|村民|户)+"
)
_LOW_FLOOR = re.compile(r"(?:底层|底楼|首层)")
_NON_DWELLING = re.compile(r"(?:半?地下室|地下车库|车库|车位|储藏室|阁楼)")


def _set_admin(parts: Parts, text: str) -> str:
    """The text behind its province, city and district, however often they are said."""
    at = 0
    while True:
        bare = _BARE_DISTRICTS.match(text, at)
        if bare and not _ADMIN_UNIT.match(text, bare.end()):
            parts.province, parts.district = parts.province or bare[0][:2], parts.district or bare[0][2:]
            at = bare.end()
        elif found := _ADMIN.match(text, at):
            kind = found.lastgroup or ""
            if getattr(parts, kind) is None:
                setattr(parts, kind, found[0])
            at = found.end()
        else:
            break
    return text[at:]


def _set_road(parts: Parts, name: str) -> None:
    if parts.road is not None:
        name = name.lstrip("与和及")
    if parts.lane is None and parts.number is None:
        parts.road, parts.latest = name, "road"
    elif parts.road is None:
        parts.road = name


def _set_estate(parts: Parts, name: str) -> None:
    if parts.village is None and parts.estate and parts.estate.endswith("村") and _HOMESTEAD.search(name):
        parts.village, parts.estate, parts.latest = parts.estate, name, "village"
    elif parts.estate is None:
        parts.estate = name
        if parts.number is None and parts.building is None:
            parts.latest = "estate"


def _set_committee(parts: Parts, name: str) -> None:
    parts.committee = parts.committee or name
    village = re.sub(r"(?<=村)村?(?:民?委员会|民?委会?)$|(?:村民委员会|村委会|村委)$", "", name)
    if "村" in name and "居" not in name and parts.village is None:
        parts.village = village if village.endswith("村") else f"{village}村"
        parts.latest = "village"


def _set_village(parts: Parts, name: str) -> None:
    if _ESTATE_VILLAGE.search(name):
        _set_estate(parts, name)
    elif parts.village is None:
        parts.village, parts.latest = name.replace("村村", "村"), "village"


def _set_rest(parts: Parts, text: str, *, bracketed: bool) -> None:
    """What bears no suffix: an estate or homestead if it stands before the house number, a remark behind it."""
    if len(text) < 2 or _NOISE.fullmatch(text) or text.isascii():
        return
    if (parts.number is None and parts.building is None) or (bracketed and parts.village is None):
        _set_estate(parts, text)


def _set_piece(parts: Parts, kind: str, name: str) -> None:
    if kind == "road":
        _set_road(parts, name)
    elif kind == "estate":
        _set_estate(parts, name)
    elif kind == "village":
        _set_village(parts, name)
    elif kind == "committee":
        _set_committee(parts, name)
    elif parts.town is None:
        parts.town = name


@lru_cache(maxsize=1 << 16)
def first_names(text: str) -> Mapping[str, str | None]:
    """What `read_names` finds in the first stretch of an address: many thousand addresses begin alike."""
    parts = Parts()
    read_names(parts, text, bracketed=False)
    return vars(parts)


def read_names(parts: Parts, text: str, *, bracketed: bool) -> None:
    """Takes the names of one stretch without house numbers into the parts."""
    if parts.road is None and parts.village is None and parts.estate is None:
        text = _set_admin(parts, text)
    if "近" in text:
        text = _NEAR.sub("", text)
    at = 0
    while found := _PIECE.match(text, at):
        _set_piece(parts, found.lastgroup or "", found[0])
        at = found.end()
        if found.lastgroup == "road" and (tail := _ROAD_TAIL.match(text, at)):
            at = tail.end()
    rest = text[at:]
    if rest:
        _read_rest(parts, rest, bracketed=bracketed)


def _read_rest(parts: Parts, rest: str, *, bracketed: bool) -> None:
    if low := _LOW_FLOOR.search(rest):
        parts.floor = parts.floor or "1"
        rest = rest[: low.start()] + rest[low.end() :]
    if room := _NON_DWELLING.match(rest):
        if parts.room is None:
            parts.room, parts.latest = room[0], "non-dwelling"
        return
    _set_rest(parts, rest, bracketed=bracketed)
