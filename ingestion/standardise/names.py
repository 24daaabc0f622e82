"""Names of persons: Han, of other peoples with a middle dot, Latin, masked, and mixtures of these.

The name stays as written but for dots, spaces and width; simplified form and pinyin are comparison keys only.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ingestion.standardise.pinyin import (
    COMPOUND_SURNAMES,
    HAN,
    SURNAMES,
    simplified,
    surname_syllables,
    syllables,
    without_accents,
)
from ingestion.standardise.text import clean_text, is_default

_DOTS = re.compile(r"\s*[·•・‧∙⋅●･ᐧ⸱◦．.。,，、﹒∘\u0387]\s*")
_HAN = re.compile(HAN)
_PLAIN_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z]")
_BRACKETS = re.compile(r"[(\[【〔{<].*?[)\]】〕}>]|[(\[【〔{<].*$")
_MASKS = re.compile(r"[＊﹡✱×?■□█●]|[xX](?=" + HAN + r")|(?<=" + HAN + r")[xX]+$")
_NOT_NAME = re.compile(r"[^\w·*' -]|[\d_]")
_TITLES = ("先生", "女士", "小姐", "师傅", "阿姨", "老师", "老板", "同志", "太太", "大爷", "大妈")
_LATIN_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|dr|sir|dame|prof|rev|jr|sr|esq)\b\.?", re.IGNORECASE)
_PARTICLES = frozenset(
    ("de", "del", "della", "der", "den", "di", "da", "du", "la", "le", "van", "von", "bin", "ibn", "al", "el", "st")
)
_PINYIN_SURNAMES = frozenset("".join(surname_syllables(surname)) for surname in SURNAMES)
_PINYIN_COMPOUNDS = frozenset("".join(surname_syllables(surname)) for surname in COMPOUND_SURNAMES)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"})
_APOSTROPHES = re.compile(r"['’`]")
_NOT_LETTER = re.compile(r"[^a-z*]+")
# What clerks write for somebody whose name they do not have: a part in the contract, or a relative of somebody named.
_UNKNOWN = re.compile(
    "测试|不详|未知|无名氏|^某某|^(?:户主|本人|房东|业主|租客|房客|承租人|租户|住户|空户|家属)$"
    "|(?:(?<=..)[之的]|(?<=...) )(?:妻子?|子|女|父亲?|母亲?|夫|儿子|女儿|爱人|家属|[弟兄姐妹])$"
)
_HIDDEN = re.compile(rf"({HAN}{{1,2}}?)某{{1,2}}人?")
_CALLED = re.compile(f"[老小]([{''.join(sorted(SURNAMES))}])")
_SEVERAL = re.compile(r"\s*[/、，,;；]\s*")
_HAN_WITH_ENGLISH = re.compile(rf"({HAN}{{2,4}}) [A-Z][a-z]+|[A-Z][a-z]+ ({HAN}{{2,4}})")
_ENGLISH_GIVEN = re.compile(rf"([A-Z][a-z]+) ({HAN})")
_DASH_FOR_DOT = re.compile(rf"(?<={HAN})-(?={HAN})")
_STOP_IN_NAME = re.compile(rf"^([{''.join(sorted(SURNAMES))}])[·-](?={HAN}{{1,2}}$)")


class PersonName(NamedTuple):
    """A person's name and its comparison keys; keys are ASCII. A name of a surname alone has no name_key."""

    name: str | None = None
    name_simplified: str | None = None
    surname: str | None = None
    given_name: str | None = None
    name_key: str | None = None
    surname_key: str | None = None
    given_key: str | None = None


NOBODY = PersonName()


def _cleaned_han(text: str) -> str:
    text = _MASKS.sub("*", text)
    text = _STOP_IN_NAME.sub(r"\1", _DOTS.sub("·", text).strip("·"))
    text = _DASH_FOR_DOT.sub("·", text)
    text = _NOT_NAME.sub("", text.replace(" ", ""))
    return re.sub(r"\*+$", lambda run: "*" * min(2, len(run[0])), text)


def _split_han(name: str) -> tuple[str | None, str | None]:
    """Surname and given name; no surname for names with a dot and for long ones that begin with none."""
    plain = simplified(name)
    if "·" in name:
        return None, name
    if len(name) >= 3 and plain[:2] in COMPOUND_SURNAMES:
        return name[:2], name[2:]
    if len(name) >= 5 or (len(name) == 4 and plain[0] not in SURNAMES):
        return None, name
    return name[0], name[1:] or None


def _split_mixed(name: str) -> tuple[str | None, str | None]:
    """Split of a name in which Latin letters stand for a character: the first sign is the surname."""
    first = re.match(rf"{HAN}|\*|[A-Za-z]+", name)
    if first is None:
        return None, None
    return first[0], name[first.end() :].strip() or None


def _han_name(text: str) -> PersonName:
    is_plain = _PLAIN_HAN.fullmatch(text) is not None
    if not is_plain:
        text = _one_person(text)
    name = text if is_plain else _cleaned_han(text)
    if not is_plain and (not _HAN.search(name) or is_default(name)):
        return NOBODY
    if addressed := _family_alone(name):
        return PersonName(name, simplified(name), addressed, surname_key="".join(surname_syllables(addressed)))
    name = _without_title(name)
    if not is_plain and (english := _ENGLISH_GIVEN.fullmatch(text)):
        return _with_keys(f"{english[2]}{english[1]}", english[2], english[1])
    surname, given = (_split_mixed if not is_plain and _LATIN.search(name) else _split_han)(name)
    return _with_keys(name, surname, given)


def _one_person(text: str) -> str:
    """The name of the first of several persons, in brackets where it is Han only there, without an English one."""
    bare = _BRACKETS.sub("", text).strip()
    if not _HAN.search(bare):
        bare = text.strip("()[]{}【】〔〕<> ").rpartition("(")[2]
    if english := _HAN_WITH_ENGLISH.fullmatch(bare):
        return english[1] or english[2]
    first, *others = _SEVERAL.split(bare)
    return first if others and all(_begins_with_surname(each) for each in (first, *others)) else bare


def _begins_with_surname(name: str) -> bool:
    plain = simplified(name)
    return 2 <= len(plain) <= 4 and (plain[0] in SURNAMES or plain[:2] in COMPOUND_SURNAMES)


def _family_alone(name: str) -> str | None:
    """The surname where no more is said: 王女士, 欧阳先生, 王某某, 老王."""
    if "某" in name and (hidden := _HIDDEN.fullmatch(name)):
        return hidden[1]
    if name[0] in "老小" and (called := _CALLED.fullmatch(name)):
        return called[1]
    family = _without_title(name)
    is_surname = len(family) == 1 or (len(family) == 2 and simplified(family) in COMPOUND_SURNAMES)
    return family if family != name and is_surname else None


def _without_title(name: str) -> str:
    if not name.endswith(_TITLES):
        return name
    family = next(name.removesuffix(title) for title in _TITLES if name.endswith(title))
    return family if 1 <= len(family) <= 3 else name


@lru_cache(maxsize=1 << 12)
def _surname_reading(surname: str) -> tuple[str, ...]:
    return tuple(surname_syllables(surname))


@lru_cache(maxsize=1 << 16)
def _reading(given: str) -> tuple[str, ...]:
    return tuple(syllables(given))


def _with_keys(name: str, surname: str | None, given: str | None) -> PersonName:
    first = _surname_reading(surname) if surname else ()
    rest = _reading(given) if given else ()
    return PersonName(
        name,
        simplified(name),
        surname,
        given,
        " ".join(first + rest) if rest else None,
        "".join(first) or None,
        "".join(rest) or None,
    )


def _ascii(text: str) -> str:
    plain = without_accents(text.lower()).translate(_LETTERS)
    return _NOT_LETTER.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def _latin_split(text: str) -> tuple[str, str]:
    """Given names and surname of a name in Latin letters, `Surname, Given` included; particles join the surname."""
    before, comma, after = text.partition(",")
    if comma and after.strip() and not re.search(r"\d", after):
        return after.strip(), before.strip()
    words = before.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _latin_name(given: str, surname: str) -> PersonName:
    given, surname = given.strip(" .,-"), surname.strip(" .,-")
    given_key, surname_key = _ascii(given), _ascii(surname)
    if not given_key and not surname_key:
        return NOBODY
    name = " ".join(part for part in (given, surname) if part)
    return PersonName(
        name,
        name,
        surname or None,
        given or None,
        f"{surname_key} {given_key}" if surname_key and given_key else None,
        surname_key.replace(" ", "") or None,
        given_key.replace(" ", "") or None,
    )


def standardise_person_name(raw: str) -> PersonName:
    """The name of a person in a Chinese feed, Han or not.

    A romanised Chinese name may have its surname first: it does where the first word is the reading of one.
    """
    text = clean_text(raw)
    if is_default(text) or is_default(text.strip("*() ")) or _UNKNOWN.search(text):
        return NOBODY
    if _HAN.search(text):
        return _han_name(text)
    text = _LATIN_TITLE.sub(" ", _DOTS.sub(" ", _BRACKETS.sub("", text))) if "," not in text else text
    words = text.split()
    if len(words) == 3 and "".join(words[:2]).lower() in _PINYIN_COMPOUNDS:
        return _latin_name(words[2], " ".join(words[:2]))
    if 2 <= len(words) <= 3 and words[0].lower() in _PINYIN_SURNAMES | _PINYIN_COMPOUNDS:
        return _latin_name(" ".join(words[1:]), words[0])
    return _latin_name(*_latin_split(text))


def standardise_latin_name(raw: str) -> PersonName:
    """A name in Latin letters: `given<U+001F>surname`, `Given Surname` or `Surname, Given`; titles are left out."""
    given, _, surname = (clean_text(part) for part in raw.partition("\x1f"))
    if "\x1f" in raw:
        given, surname = ("" if is_default(part) else _LATIN_TITLE.sub(" ", part) for part in (given, surname))
        return _latin_name(given, surname)
    text = " ".join(_LATIN_TITLE.sub(" ", _BRACKETS.sub(" ", given)).split())
    return NOBODY if is_default(text) else _latin_name(*_latin_split(text))
