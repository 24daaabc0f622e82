"""An address as written → what the parser reads: simplified, half-width, Arabic digits, one sign for every gap."""

import re

from ingestion.standardise.numerals import NUMERALS, arabic
from ingestion.standardise.pinyin import simplified
from ingestion.standardise.text import clean_text

_NUMERAL_BEFORE_UNIT = re.compile(
    rf"第?([{NUMERALS}]+)(?=支弄|弄|号|幢|栋|座|单元|门牌|门(?!路|街|镇|村|口)|层|楼(?!宅)|室|村民小组|小组|组|队|#)"
)
_NUMERAL_AT_END = re.compile(r"(?<=[号元楼层幢栋座#-])[〇零一二三四五六七八九]{3,4}$")
_ORDINAL = re.compile(r"第(?=\d+(?:村民小组|小组|组|队|层|幢|栋|单元|号))")
_DASHES = re.compile(r"[—–‐‑‒―−－ーｰ~～_]+|--+")
_DASH_IN_NAMES = re.compile(r"(?<=[\u4e00-\u9fff])-(?=[\u4e00-\u9fff])")
_HASH = re.compile(r"[＃♯№]|NO\.?(?=\d)")
_OPEN, _SHUT = "([{<【〔《", ")]}>】〕》"
_TO_PLAIN = str.maketrans(
    {**dict.fromkeys(_OPEN, "("), **dict.fromkeys(_SHUT, ")"), **dict.fromkeys("，,、;；。:：|\t", " ")}
)
_GAP_IN_DIGITS = re.compile(r"(?<=[0-9A-Z]) +(?=[0-9])")
_PLAIN = re.compile(r"[\u4e00-\u9fff0-9A-Z()-]+")
# 号-1层 is the first floor below ground; 1001室-3 a part of a room.
_BELOW_GROUND = re.compile(r"(?<=[\u4e00-\u9fff])-(?=[12]层)")
_PART_OF_ROOM = re.compile(r"(\d[0-9A-Z]*)室-(\d{1,2}|[A-Z])(?![0-9A-Z]|[号幢栋楼层单])")
_HOUSE_BY_SIGN = re.compile(r"#(\d+)楼")
_HAS_NUMERAL = re.compile(rf"[{NUMERALS}]")


def _as_digits(found: re.Match[str]) -> str:
    return arabic(found[1]) or found[0]


def readable(raw: str) -> str:
    """The text in the one spelling that the parser reads; a gap between two numbers becomes a dash."""
    text = simplified(raw)
    if not _PLAIN.fullmatch(text):
        text = clean_text(text).upper().translate(_TO_PLAIN)
        text = _HASH.sub("#", _DASHES.sub("-", text))
        if "#" in text:
            text = _HOUSE_BY_SIGN.sub(r"\1号楼", text)
        if " " in text:
            text = _GAP_IN_DIGITS.sub("-", text.strip()).replace(" ", "")
    if "-" in text:
        text = _PART_OF_ROOM.sub(r"\1-\2室", _BELOW_GROUND.sub("负", _DASH_IN_NAMES.sub("", text)))
    if "第" in text:
        text = _ORDINAL.sub("", text)
    if _HAS_NUMERAL.search(text):
        text = _NUMERAL_BEFORE_UNIT.sub(_as_digits, text)
        text = _NUMERAL_AT_END.sub(lambda found: arabic(found[0]) or found[0], text)
    return text
