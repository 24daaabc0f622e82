"""Text as written → clean text: full-width to half-width, odd spaces out, and default values that say nothing."""

import re
import unicodedata

_CONTROL = re.compile(r"[\u0000-\u0008\u000b\u000c\u000e-\u001e\u007f\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_CLEAN_HAN = re.compile(r"[\u4e00-\u9fff0-9A-Za-z-]+")

DEFAULT_VALUES = frozenset(
    (
        "", "-", "--", "---", "—", "——", "/", "\\", "*", "**", "***", ".", "。", "?", "??", "0", "00", "#N/A",
        "N/A", "NA", "NULL", "NONE", "NIL", "无", "无无", "没有", "暂无", "空", "不详", "不祥", "不明", "不清",
        "不知", "不知道", "未知", "未填", "未填写", "未登记", "未提供", "待定", "待补", "待查", "待核",
        "拒绝提供", "测试", "TEST", "某", "某某", "某某某", "XX", "XXX", "XXXX", "无名", "无名氏", "佚名",
        "同上", "其他", "其它", "UNKNOWN",
    )
)  # fmt: skip

_LONGEST_DEFAULT = max(map(len, DEFAULT_VALUES))


def clean_text(raw: str) -> str:
    """The text in NFKC, without control characters, with single spaces and none at the ends."""
    if _CLEAN_HAN.fullmatch(raw):
        return raw
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip()
    return _SPACES.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFKC", raw))).strip()


def is_default(text: str) -> bool:
    """True for what clerks and systems write where nothing is known: 无, 不详, 测试, -, *, null."""
    return len(text) <= _LONGEST_DEFAULT and text.upper() in DEFAULT_VALUES


def known_text(raw: str) -> str | None:
    """The clean text, or None where it is empty or a default value."""
    text = clean_text(raw)
    return None if is_default(text) else text


def standardise_text(raw: str) -> tuple[str | None]:
    """Free text: clean, or None for a default value."""
    return (known_text(raw),)


def standardise_code(raw: str) -> tuple[str | None]:
    """A code: clean, without spaces, upper case."""
    text = known_text(raw)
    return (text.replace(" ", "").upper() if text else None,)
