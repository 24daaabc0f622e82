"""Everyone: sex, age, name, number, phone, hukou and arrival, as members of families."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, BEGIN, NEVER, YEAR
from synthetic.dice import Dice
from synthetic.families import (
    CHILD,
    CITY,
    DEAD,
    HEAD,
    LOCAL,
    NEWCOMER,
    OTHER,
    PARENT,
    RESIDENT,
    SIBLING,
    SPOUSE,
    TEMPLATES,
    Families,
    Plant,
)
from synthetic.geography import origins
from synthetic.identifiers import draw_phones, issue_numbers
from synthetic.names import HAN, LATIN, MINORITY, NameStock, draw_given
from synthetic.text import Flags, Ints, Reals, year_of

DISTRICT = 310114


@dataclass(frozen=True)
class People:
    """One entry per person; days are numbers, NEVER is an end that has not come, no phone is 0.

    `issued` is the division where the ID was first issued, `hukou` the division of the household register.
    """

    family: Ints
    role: Ints
    status: Ints
    sex: Ints
    born: Ints
    died: Ints
    tokens: Ints
    form: Ints
    issued: Ints
    hukou: Ints
    first17: Ints
    phone: Ints
    phone_before: Ints
    phone_changed: Ints
    arrived: Ints

    def __len__(self) -> int:
        return len(self.family)

    @property
    def age(self) -> Ints:
        """Full years at the day of the full dumps, near enough."""
        return (AS_OF - self.born) * 4 // 1461

    @property
    def resident(self) -> Flags:
        """Whether the person truly lives in the district."""
        return np.equal(self.status, RESIDENT)

    @property
    def newcomer(self) -> Flags:
        """Whether the hukou is outside the city."""
        return np.not_equal(self.hukou // 10000, DISTRICT // 10000)


def draw_people(dice: Dice, stock: NameStock, families: Families) -> People:
    """The members of all families."""
    family, role = families.members()
    status = families.status[family]
    head = families.first[family]
    sex = _draw_sex(dice, role, head)
    born = _draw_births(dice, families, family, role)
    issued, hukou = _draw_hukou(dice, families, family, role)
    issued = np.where((issued == DISTRICT) & (year_of(born) < 1993), 310222, issued)
    form = _draw_form(dice, families, family, role)
    tokens = _draw_names(dice, stock, _Kinship(families, family, role, sex, born))
    tokens = _foreign_names(dice, stock, tokens, form, sex)
    phone = _draw_phones(dice, born, head)
    before = np.where(dice.happens(0.3, len(phone)) & (phone > 0), draw_phones(dice, len(phone)), phone)
    return People(
        family=family,
        role=role,
        status=status,
        sex=sex,
        born=born,
        died=np.where(status == DEAD, dice.between(BEGIN, AS_OF - 20, len(sex)), NEVER),
        tokens=tokens,
        form=form,
        issued=issued,
        hukou=hukou,
        first17=issue_numbers(dice, issued, born, sex),
        phone=phone,
        phone_before=before,
        phone_changed=dice.between(BEGIN - YEAR, AS_OF - 30, len(sex)),
        arrived=_draw_arrival(dice, families, family, born, hukou),
    )


@dataclass(frozen=True)
class _Kinship:
    families: Families
    family: Ints
    role: Ints
    sex: Ints
    born: Ints

    @property
    def head(self) -> Ints:
        return self.families.first[self.family]


def _draw_sex(dice: Dice, role: Ints, head: Ints) -> Ints:
    share = np.array([0.70, 0.0, 0.53, 0.0, 0.52, 0.62])
    sex = (dice.rng.random(len(role)) < share[role]).astype(np.int64)
    sex = np.where(role == SPOUSE, 1 - sex[head], sex)
    previous = np.r_[HEAD, role[:-1]]
    second_parent = (role == PARENT) & (previous == PARENT)
    return np.where(role == PARENT, np.where(second_parent, 1, 0), sex)


def _draw_births(dice: Dice, families: Families, family: Ints, role: Ints) -> Ints:
    ages = np.array([each.age for each in TEMPLATES])[families.template]
    spread = np.array([each.spread for each in TEMPLATES])[families.template]
    head_age = _mirrored(dice.rng.normal(ages, spread), np.where(ages > 60, 60, 18.2), 97)
    head_born = (AS_OF - head_age * 365.25).astype(np.int64)[family]
    size = len(role)
    gap = dice.within(np.full(size, 22 * YEAR), np.full(size, 33 * YEAR))
    born = np.select(
        [role == SPOUSE, role == CHILD, role == PARENT, role == SIBLING, role == OTHER],
        [
            head_born + dice.between(-3 * YEAR, 5 * YEAR, size),
            head_born + gap,
            head_born - gap,
            head_born + dice.between(YEAR, 6 * YEAR, size),
            AS_OF - np.clip(dice.rng.normal(31, 8, size), 18, 60).astype(np.int64) * YEAR - dice.between(0, 364, size),
        ],
        default=head_born,
    )
    twin = (role == CHILD) & (np.r_[HEAD, role[:-1]] == CHILD) & dice.happens(0.05, size)
    born = np.where(born > AS_OF - 10, AS_OF - dice.between(10, 4 * YEAR, size), born)
    born = np.where(twin, np.r_[born[:1], born[:-1]], born)
    oldest = AS_OF - 100 * YEAR
    return np.where(born < oldest, 2 * oldest - born, born)


def _mirrored(drawn: Reals, low: Reals, high: float) -> Reals:
    """What lies beyond a limit, as far inside it: cut off at the limit, many people would be born on one day."""
    inside = np.where(drawn < low, 2 * low - drawn, drawn)
    return np.where(inside > high, 2 * high - inside, inside)


def _draw_hukou(dice: Dice, families: Families, family: Ints, role: Ints) -> tuple[Ints, Ints]:
    known = origins()
    size = len(family)
    own = known.elsewhere[dice.weighted(known.weights, size)]
    shared = own[families.first[family]]
    elsewhere = np.where((role == OTHER) & dice.happens(0.6, size), own, shared)
    elsewhere = np.where((role == SPOUSE) & dice.happens(0.25, size), own, elsewhere)
    city = known.city[dice.one_of(len(families), len(known.city))][family]
    origin = families.origin[family]
    married_in = (role == SPOUSE) & (origin == LOCAL) & (families.status[family] == RESIDENT)
    newcomer_spouse = married_in & dice.happens(0.08, size) & (families.plant[family] != Plant.LARGE_FAMILY)
    moved_hukou = married_in & ~newcomer_spouse & dice.happens(0.15, size)
    hukou = np.select([(origin == NEWCOMER) | newcomer_spouse, origin == CITY], [elsewhere, city], default=DISTRICT)
    return np.where(moved_hukou, own, hukou), hukou


def _draw_form(dice: Dice, families: Families, family: Ints, role: Ints) -> Ints:
    newcomer = families.origin == NEWCOMER
    minority = newcomer & dice.happens(0.008, len(families))
    latin = newcomer & dice.happens(0.005, len(families))
    form = np.select([latin, minority], [LATIN, MINORITY], default=HAN)[family]
    return np.where(role == OTHER, HAN, form)


def _draw_names(dice: Dice, stock: NameStock, kin: _Kinship) -> Ints:
    """Surnames by descent; given names by fashion, with the likeness that brothers, sisters and cousins have."""
    size, head, role = len(kin.role), kin.head, kin.role
    own = stock.surnames[dice.weighted(stock.surname_weights, size)]
    cousins = dice.happens(0.35, len(kin.families))[kin.family]
    like_head = (role == SIBLING) | ((role == OTHER) & cousins & dice.happens(0.7, size))
    surname = np.where(like_head | ((role == PARENT) & (kin.sex == 1)), own[head], own)
    spouse = np.minimum(head + 1, size - 1)
    father = np.where((kin.sex[head] == 1) | (role[spouse] != SPOUSE), head, spouse)
    surname = np.where(role == CHILD, surname[father], surname)
    year = year_of(kin.born)
    first, second = (draw_given(dice, stock, year, kin.sex) for _ in range(2))
    two = dice.rng.random(size) < np.where((year > 1965) & (year < 1996), 0.68, 0.86)
    second = np.where(two, second, 0)
    alike = dice.happens(0.5, len(kin.families))[kin.family]
    elder = np.where(role == CHILD, np.arange(size) - 1, head)
    sibling = (role == SIBLING) | ((role == CHILD) & (np.r_[HEAD, role[:-1]] == CHILD)) | ((role == OTHER) & like_head)
    shares = sibling & alike
    first = np.where(shares, first[elder], first)
    second = np.where(shares & (second == 0), draw_given(dice, stock, year, kin.sex), second)
    after_father = (role == CHILD) & ~sibling & (kin.sex == 1) & dice.happens(0.12, size)
    first = np.where(after_father, first[father], first)
    echo = shares & dice.happens(0.04, size) & (second[elder] > 0)
    second = np.where(echo, stock.same.another(dice, second[elder]), second)
    return np.column_stack([surname, first, second])


def _foreign_names(dice: Dice, stock: NameStock, tokens: Ints, form: Ints, sex: Ints) -> Ints:
    tokens = tokens.copy()
    for code in (0, 1):
        rows = np.flatnonzero((form == MINORITY) & (sex == code))
        tokens[rows, 0] = stock.minority[code][dice.one_of(len(rows), len(stock.minority[code]))]
        tokens[rows, 1] = stock.minority[1][dice.one_of(len(rows), len(stock.minority[1]))]
        rows = np.flatnonzero((form == LATIN) & (sex == code))
        tokens[rows, 1] = stock.latin[code][dice.one_of(len(rows), len(stock.latin[code]))]
        tokens[rows, 0] = stock.latin[2][dice.one_of(len(rows), len(stock.latin[2]))]
    tokens[form != HAN, 2] = 0
    return tokens


def _draw_phones(dice: Dice, born: Ints, head: Ints) -> Ints:
    age = (AS_OF - born) // YEAR
    own = draw_phones(dice, len(born))
    phone = np.where((age > 74) & dice.happens(0.4, len(born)), own[head], own)
    return np.where(age < 14, 0, phone)


def _draw_arrival(dice: Dice, families: Families, family: Ints, born: Ints, hukou: Ints) -> Ints:
    stay = np.minimum(dice.rng.exponential(5 * YEAR, len(families)).astype(np.int64) + 20, 25 * YEAR)
    together = (AS_OF - stay)[family]
    later = dice.happens(0.2, len(family)) * dice.between(0, YEAR, len(family))
    arrived = np.minimum(together + later, AS_OF - 15)
    return np.where(hukou // 10000 == DISTRICT // 10000, born, np.maximum(arrived, born))
