"""Names of organisations: the name as written, its distinctive core (字号), its branch part, and a pinyin key."""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from ingestion.standardise.areas import place_stems
from ingestion.standardise.numerals import NUMERALS, arabic
from ingestion.standardise.pinyin import HAN, simplified, syllables, without_accents
from ingestion.standardise.text import clean_text, is_default
from ingestion.standardise.unit_words import BRANCH_KINDS, FORM_END, LATIN_EMPTY_WORDS, PROVINCES, TRADE_END

_SPACE_IN_HAN = re.compile(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_PROVINCE = "|".join(PROVINCES)
_REGION = re.compile(
    rf"中华人民共和国|中国|(?:{_PROVINCE})(?:壮族|回族|维吾尔)?(?:自治区|特别行政区|省|市)?"
    r"|[一-龥]{2,4}?(?<![城都超])市(?!场)|[一-龥]{2,4}?(?<![小社园业发])(?:区|县|旗)(?![域])"
    r"|[一-龥]{2,4}?工业区|[一-龥]{2,4}?(?:镇街道|街道|镇|乡)"
)
_PARTNERSHIP = re.compile(r"\((?:有限合伙|普通合伙|特殊普通合伙|个体工商户|个体)\)")
_KINDS = "|".join(BRANCH_KINDS)
_BRANCH_OF_COMPANY = re.compile(
    rf"^(.+?(?:公司|集团|银行|合作社|事务所|中心))(?!股份|有限|集团)(.*?(?:{_KINDS}|中心|门市|餐厅))$"
)
_BRANCH_OF_SHOP = re.compile(
    r"^(.+?(?:店|超市|厂|行|院|馆|药房|诊所|学校|幼儿园|中学|小学))(.*?分(?:店|公司|部|厂|院|校|园|号))$"
)
_NUMBERED_BRANCH = re.compile(
    r"^(.{2,}?)(第?\d+(?:分店|分公司|分厂|分部|门店|店)|(?<=超市|药房|便利|面馆)第?[一二三四五六七八九十]+店|分店|分公司)$"
)
_ORDINAL = re.compile(rf"第([{NUMERALS}]+)")
_SCHOOL = re.compile(
    r"(?:中学|小学|幼儿园|学校|高中|初中|中心校|中心[小幼]|实小|附[小中]|[一二三四五六七八九十][中小幼]|学院|大学)$"
)
_GENERIC_SCHOOL = re.compile(
    r"(?:第?[一二三四五六七八九十\d]+|实验|中心|中心小|高级|职业|工业|职业技术|特殊教育|机关|附属|民办|外国语|业余|成人|开放|青少年)*"
    r"(?:高级)?(?:中学|小学|幼儿园|学校|高中|初中|中心校|[中小幼]|学院|大学)(?:附属(?:小学|中学|幼儿园))?"
)
# 第一中学 is said 一中, 第三小学 三小; what else is said in short is written out: 实小, 附小, 高中.
_NUMBERED_SCHOOL = re.compile(r"第?([一二三四五六七八九十]+)(?:高级)?(中|小|幼)(?:学|儿园)(?=$|附属)")
_SHORT_SCHOOL = (
    (re.compile("实小$"), "实验小学"),
    (re.compile("附小$"), "附属小学"),
    (re.compile("附中$"), "附属中学"),
    (re.compile("中心小$"), "中心小学"),
    (re.compile("中心幼$"), "中心幼儿园"),
    (re.compile("高中$"), "高级中学"),
)
_NAMED_FOR_REGION = re.compile(r"(?:银行|大学|学院|医院|人民|师范|总工会|图书馆|博物馆|体育|海关)")
# Offices and public bodies have no name but their region's and what they are; 嘉定区教育局 is 嘉定教育局.
_PUBLIC_BODY = (
    r"(?:[一-龥]{0,6}(?:局|派出所|法院|检察院|消防救援\w{2}|税务所|司法所|敬老院|养老院|福利院|文化馆|少年宫|妇幼保健院"
    r"|疾病预防控制中心|社区卫生服务(?:中心|站)|社区(?:文化|事务受理服务)中心|中心医院|中医医院))$"
)
_OF_REGION = re.compile(
    rf"(?:{'|'.join(PROVINCES)})?市?((?:[一-龥]{{2,3}}?(?:新?区|县|镇街道|街道|镇|乡))*)({_PUBLIC_BODY})"
)
_OF_POLICE = re.compile("^.*分局(?=..+派出所$)")
_COMMITTEE = (
    (re.compile("(?<=..)(?:社区)?(?:居民委员会|居委会?)$"), "居委会"),
    (re.compile("村?(?:村民委员会|村委会?)$"), "村委会"),
    (re.compile("(?<=[镇乡区市])政府$"), "人民政府"),
)
_LATER_SAID = re.compile("^(?:原|个体(?:工商)?户)(?=..)")
_HAN = re.compile(HAN)
_APOSTROPHES = re.compile(r"['’`.]")
_NOT_LATIN = re.compile(r"[^0-9a-z]+")
_TOWN = re.compile(r"(?:镇|街道|乡|新区|工业区)$")
_PUNCTUATION = re.compile(r"[\s\"'“”‘’《》<>【】\[\]、,，.。·\-_/]+")


class OrganisationName(NamedTuple):
    """An organisation's name with its core, the core's pinyin key in ASCII, and its branch part."""

    name: str | None = None
    name_core: str | None = None
    name_key: str | None = None
    branch: str | None = None


def _cleaned(raw: str) -> str:
    text = clean_text(raw).replace("〔", "(").replace("〕", ")").replace("【", "(").replace("】", ")")
    return _SPACE_IN_HAN.sub("", text.strip(" \"'“”.,;、-"))


@cache
def _stems(places: frozenset[str]) -> re.Pattern[str]:
    names = sorted(places, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, names)) if names else r"(?!)")


def _without_regions(text: str, places: frozenset[str]) -> tuple[str, str]:
    """The name behind its region prefix, and the last region's stem; two characters at least stay."""
    last = ""
    while True:
        found = _REGION.match(text) or _stems(places).match(text)
        if found is None or len(text) - found.end() < 2 or _NAMED_FOR_REGION.match(text, found.end()):
            return text, last
        last = re.sub(r"(?:省|市|新区|工业区|区|县|镇街道|街道|镇|乡)$", "", found[0])
        text = text[found.end() :]


def _without_form(text: str) -> str:
    """The name without its legal forms; 馆 of 面馆 is part of a trade and stays."""
    while (found := FORM_END.search(text)) is not None and found.start() >= 2:
        trade = TRADE_END.search(text)
        if text.endswith("银行") or (trade is not None and trade.start() < found.start()):
            break
        text = text[: found.start()]
    return text


def _without_trade(text: str) -> str:
    while (found := TRADE_END.search(text)) is not None and found.start() >= 2:
        text = text[: found.start()]
    return text


@cache
def _branch_at_place(places: frozenset[str]) -> re.Pattern[str]:
    """A branch named for its place behind a name without a legal form: 肯德基嘉定店, 小米科技上海分公司."""
    names = "|".join(map(re.escape, sorted({*places, *PROVINCES}, key=lambda name: (-len(name), name))))
    return re.compile(rf"^(.{{2,}}?)((?:{names})(?:市|区|镇)?(?:分公司|分店|餐厅|门店|店))$")


def _split_branch(text: str, places: frozenset[str] = frozenset()) -> tuple[str, str | None]:
    """Head office's name and branch part; brackets hold a region, a legal form or the branch."""
    branch = None
    for inner in _BRACKETED.findall(text):
        if re.search(rf"(?:{_KINDS})$", inner):
            branch = inner
    bare = _BRACKETED.sub("", _PARTNERSHIP.sub("", text))
    for pattern in (_BRANCH_OF_COMPANY, _BRANCH_OF_SHOP, _branch_at_place(places), _NUMBERED_BRANCH):
        found = pattern.match(bare)
        if found and branch is None:
            return found[1], found[2]
    return bare, branch


def _ordinals_as_digits(text: str) -> str:
    return _ORDINAL.sub(lambda found: f"第{arabic(found[1]) or found[1]}", text)


def _branch_name(branch: str | None) -> str | None:
    """The branch without province and city, so that 上海嘉定分公司 and 嘉定分公司 are one."""
    if branch is None:
        return None
    branch = _ordinals_as_digits(branch)
    found = _REGION.match(branch)
    while found and re.match(rf"(?:{_PROVINCE})", branch) and len(branch) - found.end() > 3:
        branch = branch[found.end() :]
        found = _REGION.match(branch)
    return re.sub(r"^([一-龥]{2,3})(?:区|镇|街道)(?=分)", r"\1", branch)


def _school_core(text: str, places: frozenset[str]) -> str:
    """A school by its short name: 上海市嘉定区第一中学 is 嘉定一中; a place stays where the rest names no school."""
    for short, full in _SHORT_SCHOOL:
        text = short.sub(full, text)
    rest, region = _without_regions(text, places)
    generic = _GENERIC_SCHOOL.fullmatch(rest) is not None
    return _NUMBERED_SCHOOL.sub(r"\1\2", f"{region}{rest}" if generic else rest)


def _public_body(text: str) -> str | None:
    """A public body by the innermost region and its kind; None for all other names."""
    found = _OF_REGION.fullmatch(_OF_POLICE.sub("", text))
    if found is None:
        return None
    regions = re.findall("[一-龥]{2,3}?(?:新?区|县|镇街道|街道|镇|乡)", found[1])
    stem = re.sub("(?:新?区|县|镇街道|街道|镇|乡)$", "", regions[-1]) if regions else ""
    return f"{stem}{found[2]}"


def _core(head: str, places: frozenset[str]) -> str:
    plain = _LATER_SAID.sub("", simplified(_PUNCTUATION.sub("", head)))
    if _SCHOOL.search(plain):
        return _school_core(plain, places)
    for written, said in _COMMITTEE:
        plain = written.sub(said, plain)
    if body := _public_body(plain):
        return body
    rest, _ = _without_regions(plain, places)
    return _without_trade(_without_form(rest))


def unit_name_core(name: str, *, places: frozenset[str] | None = None) -> str | None:
    """The distinctive core (字号) of an organisation's name, without region, trade, legal form and branch.

    A school keeps its short name (嘉定一中), a public body its region (嘉定教育局), a name in Latin letters its words
    in lower case. `places` are stems of place names (嘉定, 安亭) that count as a region where they stand in front
    without 区 or 镇; those of the shipped gazetteer unless given. None for a default value.
    """
    return organisation_name(name, place_stems() if places is None else places).name_core


class UnitNameParts(NamedTuple):
    """What tells two names apart: head office without region and legal form, its core, town and branch."""

    short: str
    core: str
    town: str | None
    branch: str | None


def unit_name_parts(name: str, *, places: frozenset[str] = frozenset()) -> UnitNameParts | None:
    """The parts of a name: 诚宇小吃, 诚宇 and 江桥 of 嘉定区江桥镇诚宇小吃店; None for a default value.

    The trade stays in `short`; `town` is named only where the name says 镇, 街道 or 乡.
    """
    text = _cleaned(name)
    if is_default(text):
        return None
    head, branch = _split_branch(text, places)
    plain = simplified(_PUNCTUATION.sub("", head))
    core = _core(head, places)
    if _SCHOOL.search(plain) or _public_body(plain):
        return UnitNameParts(core, core, None, _branch_name(branch))
    rest, region = _without_regions(plain, places)
    town = _TOWN.search(plain[: len(plain) - len(rest)])
    return UnitNameParts(_without_form(rest), core, region if town else None, _branch_name(branch))


def _latin_words(head: str) -> list[str]:
    """The words of a name in Latin letters without articles, legal forms and the bare word restaurant."""
    plain = without_accents(head.lower())
    words = _NOT_LATIN.sub(" ", _APOSTROPHES.sub("", plain)).split()
    return [word for word in words if word not in LATIN_EMPTY_WORDS] or words


def organisation_name(raw: str, places: frozenset[str]) -> OrganisationName:
    """Name, core, key and branch of one name as written; `places` as in unit_name_core.

    The core of a name in Latin letters is its words in lower case, its key the same words in alphabetical order.
    """
    text = _cleaned(raw)
    if is_default(text) or "测试" in text:
        return OrganisationName()
    if not _HAN.search(text):
        words = _latin_words(text)
        return OrganisationName(text, " ".join(words) or None, "".join(sorted(words)) or None)
    head, branch = _split_branch(text, places)
    core = _core(head, places)
    key = "".join(syllables(core)) or None
    return OrganisationName(text, core or None, key, _branch_name(branch))


def organisation_standardiser(places: Callable[[], frozenset[str]]) -> Callable[[str], OrganisationName]:
    """A standardiser for names of organisations in a region whose place names are `places`."""

    def standardise(raw: str) -> OrganisationName:
        return organisation_name(raw, places())

    return standardise
