"""The stock of syllables that names are made of, how they sound, and how a name is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
from opencc import OpenCC
from pydantic import Field
from pypinyin import lazy_pinyin

from schemas.files import StrictModel, read_yaml
from synthetic.dice import Dice
from synthetic.text import Flags, Ints, Text, join, take, where, words

VOCABULARY = Path(__file__).parent / "vocabulary"
EMPTY = 0
HAN, MINORITY, LATIN = 0, 1, 2
DOTS = words(["·", "•", "・", "．", "‧", ".", "•"])


class _Era(StrictModel):
    until: int
    male: str
    female: str


class _BySex(StrictModel):
    male: tuple[str, ...]
    female: tuple[str, ...]
    surnames: tuple[str, ...] = ()


class _NameFile(StrictModel):
    surnames: dict[str, int]
    spelled: dict[str, str]
    given: tuple[_Era, ...]
    rare: str
    alike: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...]
    minority: _BySex
    latin: _BySex


@dataclass(frozen=True)
class SoundGroups:
    """Tokens that sound the same, so that one can be taken for another."""

    order: Ints
    first: Ints
    size: Ints

    def another(self, dice: Dice, tokens: Ints) -> Ints:
        """For each token another one of its group; the token itself where it is alone."""
        size = self.size[tokens]
        place = self.first[tokens] + dice.within(np.zeros(len(tokens), dtype=np.int64), size - 1)
        chosen = self.order[place]
        following = self.first[tokens] + (place - self.first[tokens] + 1) % size
        return np.where(chosen == tokens, self.order[following], chosen)


@dataclass(frozen=True)
class NameStock:
    """Every token (surname, character, minority name, Latin name) with its forms and its sound."""

    text: Text
    traditional: Text
    spelled: Text
    sound: Ints
    same: SoundGroups
    alike: SoundGroups
    rare: Flags
    surnames: Ints
    surname_weights: Ints
    given: tuple[tuple[int, Ints, Ints], ...]  # until year, female tokens, male tokens
    rare_tokens: Ints
    minority: tuple[Ints, Ints]
    latin: tuple[Ints, Ints, Ints]

    def key(self, tokens: Ints) -> Ints:
        """One number per name (rows of three tokens): equal numbers sound the same."""
        sounds = self.sound[tokens].astype(np.int64)
        return (sounds[:, 0] * 4096 + sounds[:, 1]) * 4096 + sounds[:, 2]


@cache
def name_stock() -> NameStock:
    """The stock read from the shipped vocabulary."""
    file = read_yaml(VOCABULARY / "names.yml", _NameFile)
    given = sorted({char for era in file.given for char in era.male + era.female} | set(file.rare))
    pieces = [*file.minority.male, *file.minority.female]
    latin = [*file.latin.surnames, *file.latin.male, *file.latin.female]
    parts = [("", [""]), ("surname", list(file.surnames)), ("given", given), ("piece", pieces), ("latin", latin)]
    texts = [text for _, members in parts for text in members]
    kinds = [kind for kind, members in parts for _ in members]
    place = {(kind, text): index for index, (kind, text) in enumerate(zip(kinds, texts, strict=True))}
    sounds = [_sound(kind, text, file.spelled) for kind, text in zip(kinds, texts, strict=True)]
    heard = [_heard(sound, file.alike) for sound in sounds]
    converter = OpenCC("s2t")

    def find(kind: str, members: Sequence[str]) -> Ints:
        return np.array([place[(kind, text)] for text in members], dtype=np.int64)

    return NameStock(
        text=words(texts),
        traditional=words([converter.convert(text) for text in texts]),
        spelled=words([sound.replace(" ", "").capitalize() for sound in sounds]),
        sound=_numbered(sounds),
        same=_groups(kinds, sounds),
        alike=_groups(kinds, heard),
        rare=np.array([kind == "given" and text in file.rare for kind, text in zip(kinds, texts, strict=True)]),
        surnames=find("surname", list(file.surnames)),
        surname_weights=np.array(list(file.surnames.values())),
        given=tuple((era.until, find("given", era.female), find("given", era.male)) for era in file.given),
        rare_tokens=find("given", file.rare),
        minority=(find("piece", file.minority.female), find("piece", file.minority.male)),
        latin=tuple(find("latin", names) for names in (file.latin.female, file.latin.male, file.latin.surnames)),  # type: ignore[arg-type]
    )


def _sound(kind: str, text: str, spelled: dict[str, str]) -> str:
    if kind == "latin":
        return text.lower()
    return (spelled.get(text) if kind == "surname" else None) or " ".join(lazy_pinyin(text))


def _heard(sound: str, alike: Sequence[Sequence[str]]) -> str:
    for first, *others in alike:
        for other in others:
            sound = sound.replace(first, other)
    return sound


def _numbered(sounds: Sequence[str]) -> Ints:
    numbers = {sound: number for number, sound in enumerate(sorted(set(sounds)))}
    return np.array([numbers[sound] for sound in sounds], dtype=np.int64)


def _groups(kinds: Sequence[str], sounds: Sequence[str]) -> SoundGroups:
    group = _numbered([f"{kind}|{sound}" for kind, sound in zip(kinds, sounds, strict=True)])
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group)
    return SoundGroups(order, (np.cumsum(counts) - counts)[group], counts[group])


def draw_given(dice: Dice, stock: NameStock, born_year: Ints, sex: Ints) -> Ints:
    """One character of a given name per person, by sex and the fashion of the year of birth."""
    chosen = np.zeros(len(sex), dtype=np.int64)
    since = 0
    for until, female, male in stock.given:
        for code, tokens in ((0, female), (1, male)):
            rows = np.flatnonzero((born_year >= since) & (born_year < until) & (sex == code))
            chosen[rows] = tokens[dice.weighted(1 / (np.arange(len(tokens)) + 6), len(rows))]
        since = until
    rare = np.flatnonzero(dice.happens(0.006, len(sex)))
    chosen[rare] = stock.rare_tokens[dice.one_of(len(rare), len(stock.rare_tokens))]
    return chosen


def write_names(stock: NameStock, tokens: Ints, form: Ints, dots: Ints | None = None) -> Text:
    """Each name as properly written; `dots` chooses the middle dot of minority names."""
    pieces = [take(stock.text, tokens[:, column]) for column in range(3)]
    return assemble(pieces, form, np.zeros(len(form), dtype=np.int64) if dots is None else dots)


def assemble(pieces: list[Text], form: Ints, dots: Ints) -> Text:
    """Surname and given characters; minority names joined by a dot, Latin ones turned round with a space."""
    text = join(*pieces)
    if (form == MINORITY).any():
        text = where(form == MINORITY, join(pieces[0], take(DOTS, dots), pieces[1]), text)
    if (form == LATIN).any():
        text = where(form == LATIN, join(pieces[1], " ", pieces[0]), text)
    return text
