"""Organisations: companies with branches, shops of sole traders, schools; their codes, names and places."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np

from schemas.files import StrictModel, read_yaml
from synthetic.calendar import AS_OF, BEGIN, NEVER, YEAR
from synthetic.dice import Dice
from synthetic.district_map import DistrictMap
from synthetic.geography import stems
from synthetic.houses import Houses, Kind, Use
from synthetic.identifiers import credit_codes, draw_phones
from synthetic.names import VOCABULARY, NameStock
from synthetic.people import People
from synthetic.text import Flags, Ints, Text, join, take, where, words


class Sort(IntEnum):
    """What kind of organisation."""

    COMPANY = 0
    BRANCH = 1
    SOLE_TRADER = 2
    SCHOOL = 3


SORT_WORDS = ("有限责任公司", "分公司", "个体工商户", "事业单位")
STATUS_WORDS = ("存续", "注销", "吊销")
ACTIVE, CLOSED, REVOKED = 0, 1, 2


class _Trade(StrictModel):
    word: str
    industry: str
    weight: int


class _Stems(StrictModel):
    first: str
    second: str
    third: tuple[str, ...]


class _UnitFile(StrictModel):
    stems: _Stems
    companies: tuple[_Trade, ...]
    shops: tuple[_Trade, ...]


@dataclass(frozen=True)
class Units:
    """One entry per unit. `registered` is the house of the licence, `works_at` where it really is (-1: nowhere);
    `parent` is the head office of a branch (the unit itself otherwise); `core` is what its short name keeps; units that
    are not `licensed` were never entered in the business register.
    """

    sort: Ints
    name: Text
    short: Text
    core: Text
    code: Text
    parent: Ints
    registered: Ints
    works_at: Ints
    industry: Text
    status: Ints
    founded: Ints
    ended: Ints
    legal_rep: Ints
    phone: Ints
    size: Ints
    town: Ints
    licensed: Flags

    def __len__(self) -> int:
        return len(self.sort)

    @property
    def schools(self) -> Ints:
        """Indexes of the schools."""
        return np.flatnonzero(self.sort == Sort.SCHOOL)


@cache
def _vocabulary() -> _UnitFile:
    return read_yaml(VOCABULARY / "units.yml", _UnitFile)


@dataclass(frozen=True)
class UnitWorld:
    """What units are founded on."""

    map: DistrictMap
    stock: NameStock
    houses: Houses
    people: People


def draw_units(dice: Dice, world: UnitWorld, persons: int) -> Units:
    """All units; schools last. Sole traders sit in shops, companies in offices, plants and flats."""
    counts = [persons // 16 + 8, persons // 250 + 3, persons // 20 + 8, max(persons // 1500, 4)]
    sort = np.repeat(np.arange(4), counts)
    registered, works_at = _places(dice, world.houses, sort)
    town = world.map.places.town_of[world.houses.committee[np.maximum(registered, works_at)]]
    parent = np.arange(len(sort))
    companies = np.flatnonzero(sort == Sort.COMPANY)
    branches = np.flatnonzero(sort == Sort.BRANCH)
    parent[branches] = dice.sample(companies, len(branches))[: len(branches)]
    legal_rep = _legal_reps(dice, world.people, len(sort))
    name, short, core, industry = _names(dice, world, _Naming(sort, parent, town, legal_rep))
    founded = dice.between(BEGIN - 12 * YEAR, AS_OF - 60, len(sort))
    closed = (sort != Sort.SCHOOL) & dice.happens(0.09, len(sort))
    status = np.where(closed, np.where(dice.happens(0.3, len(sort)), REVOKED, CLOSED), ACTIVE)
    ended = np.where(closed, np.maximum(founded + 40, dice.between(BEGIN, AS_OF - 5, len(sort))), NEVER)
    kind = np.array([91, 91, 92, 12])[sort]
    serial = dice.rng.permutation(len(sort)) * 61 + 30_000_017
    return Units(
        sort=sort,
        name=name,
        short=short,
        core=core,
        code=credit_codes(kind, np.full(len(sort), 310114), serial),
        parent=parent,
        registered=registered,
        works_at=np.where(closed, -1, works_at),
        industry=industry,
        status=status,
        founded=founded,
        ended=ended,
        legal_rep=legal_rep,
        phone=draw_phones(dice, len(sort)),
        size=_sizes(dice, sort, persons),
        town=town,
        licensed=(sort == Sort.SCHOOL) | closed | ~dice.happens(0.04, len(sort)),
    )


def _sizes(dice: Dice, sort: Ints, persons: int) -> Ints:
    """How many work there, few in most and very many in some; six at most at a stall."""
    drawn = dice.rng.pareto(1.3, len(sort)) * np.array([6, 4, 1, 30])[sort]
    most = np.clip(np.array([persons // 50, persons // 100, 0, 60]), 6, 3000)[sort]
    return np.asarray(np.clip(drawn, 1, most).astype(np.int64))


def _places(dice: Dice, houses: Houses, sort: Ints) -> tuple[Ints, Ints]:
    """Where each is registered and where it works: a quarter of companies elsewhere, many in one registered flat."""
    shops = dice.rng.permutation(np.flatnonzero(houses.kind == Kind.ROAD_HOUSE))
    offices = np.flatnonzero((houses.use == Use.OFFICE) | (houses.kind == Kind.PLANT))
    flats = np.flatnonzero(houses.kind == Kind.FLAT)
    size = len(sort)
    company = sort <= Sort.BRANCH
    shared = np.r_[dice.sample(offices, max(size // 120, 2)), dice.sample(flats, max(size // 200, 1))]
    real = np.where(company, offices[dice.one_of(size, len(offices))], shops[np.arange(size) % len(shops)])
    at_home = company & dice.happens(0.12, size)
    real = np.where(at_home, flats[dice.one_of(size, len(flats))], real)
    elsewhere = np.r_[offices, dice.sample(flats, max(size // 10, 2))]
    registered = np.where(company & dice.happens(0.12, size), elsewhere[dice.one_of(size, len(elsewhere))], real)
    registered = np.where(company & dice.happens(0.14, size), shared[dice.one_of(size, len(shared))], registered)
    schools = sort == Sort.SCHOOL
    real = np.where(schools, shops[::-1][np.arange(size) % len(shops)], real)
    return np.where(schools, real, registered), real


def _legal_reps(dice: Dice, people: People, size: int) -> Ints:
    grown = np.flatnonzero((people.age >= 24) & (people.age <= 66) & (people.died > AS_OF))
    representatives = grown[dice.one_of(max(size * 4 // 5, 1), len(grown))]
    return representatives[dice.one_of(size, len(representatives))]


@dataclass(frozen=True)
class _Naming:
    sort: Ints
    parent: Ints
    town: Ints
    legal_rep: Ints


def _names(dice: Dice, world: UnitWorld, naming: _Naming) -> tuple[Text, Text, Text, Text]:
    vocabulary, sort, size = _vocabulary(), naming.sort, len(naming.sort)
    bare = dice.rng.permutation(np.array(stems(vocabulary.stems.first, vocabulary.stems.second)))
    core = join(
        take(words(bare.tolist()), np.arange(size) % len(bare)),
        take(words(vocabulary.stems.third), (np.arange(size) // len(bare) + dice.between(0, 1, size) * 5) % 11),
    )
    owner = take(world.stock.text, world.people.tokens[naming.legal_rep, 0])
    core = where((sort == Sort.SOLE_TRADER) & dice.happens(0.3, size), join(owner, "记"), core)
    trades, shops = vocabulary.companies, vocabulary.shops
    trade = np.where(
        sort == Sort.SOLE_TRADER,
        len(trades) + dice.weighted([each.weight for each in shops], size),
        dice.weighted([each.weight for each in trades], size),
    )
    word = take(words([each.word for each in (*trades, *shops)]), trade)
    industry = where(sort == Sort.SCHOOL, "教育", take(words([each.industry for each in (*trades, *shops)]), trade))
    town = take(world.map.towns, naming.town)
    level = take(words(["小学", "中学", "中等职业学校"]), np.arange(size) % 3)
    company = join(take(words(["上海", "上海", "上海市嘉定区", "嘉定"]), dice.one_of(size, 4)), core, word, "有限公司")
    company_short = join(core, word)
    stall = join("嘉定区", town, core, word)
    school = join("上海市嘉定区", core, level)
    branch = join(
        take(company, naming.parent),
        take(words(["嘉定分公司", "安亭分公司", "南翔分公司", "第一分公司"]), dice.one_of(size, 4)),
    )
    name = where(
        sort == Sort.SOLE_TRADER, stall, where(sort == Sort.SCHOOL, school, where(sort == Sort.BRANCH, branch, company))
    )
    short = where(
        sort == Sort.SCHOOL,
        join(core, level),
        where(sort == Sort.BRANCH, join(take(company_short, naming.parent), "分公司"), company_short),
    )
    return name, short, core, where(sort == Sort.BRANCH, take(industry, naming.parent), industry)
