"""Numbers of people and units as they are issued, with right check characters (GB 11643, GB 32100, GB 11714)."""

import numpy as np

from synthetic.dice import Dice
from synthetic.text import Flags, Ints, Text, join, number, packed_number, take, words, year_of

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECK = words(list("10X98765432"))
_NUMBERS_A_DAY = 500
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_USCC_SIGNS = words(list(_USCC_ALPHABET))
MOBILE_PREFIXES = np.array(
    [130, 131, 132, 135, 136, 137, 138, 139, 150, 151, 152, 156, 158, 159, 177, 180, 186, 188, 189, 199]
)


def issue_numbers(dice: Dice, area: Ints, born: Ints, sex: Ints) -> Ints:
    """The first 17 digits of a resident ID per person; no two persons get the same.

    Raises ValueError where more are born on one day than an area has numbers for.
    """
    group = area.astype(np.int64) * 10**8 + packed_number(born)
    order = np.lexsort((sex, group))
    ordered, ordered_sex = group[order], sex[order]
    start = np.r_[True, (ordered[1:] != ordered[:-1]) | (ordered_sex[1:] != ordered_sex[:-1])]
    begin = np.maximum.accumulate(np.where(start, np.arange(len(order)), 0))
    rank = np.arange(len(order)) - begin
    if rank.max(initial=0) >= _NUMBERS_A_DAY:
        raise ValueError(f"{rank.max() + 1} of one sex, area and day of birth: there are {_NUMBERS_A_DAY} ID numbers")
    offset = dice.between(0, _NUMBERS_A_DAY - 1, len(order))[begin]
    sequence = np.empty(len(order), dtype=np.int64)
    sequence[order] = ((offset + rank * 7) % _NUMBERS_A_DAY) * 2 + ordered_sex
    return group * 1000 + sequence


def resident_ids(first17: Ints) -> Text:
    """The 18 characters of each resident ID."""
    check = (_digits(first17, 17) * _ID_WEIGHTS).sum(axis=1) % 11
    return join(number(first17, 17), take(_ID_CHECK, check))


def old_resident_ids(first17: Ints) -> Text:
    """The 15 digits that the ID had before 1999: two-digit year, no check character."""
    area, rest = first17 // 10**11, first17 % 10**9
    return number(area * 10**9 + rest, 15)


def _digits(values: Ints, width: int) -> Ints:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers) % 10


def credit_codes(kind: Ints, area: Ints, serial: Ints) -> Text:
    """The 18 characters of each unified social credit code: 91 enterprise, 92 sole trader, 12 institution."""
    organisation = _digits(serial, 8)
    check = (11 - (organisation * _ORGANISATION_WEIGHTS).sum(axis=1) % 11) % 11
    organisation_check = np.where(check == 10, _USCC_ALPHABET.index("X"), check)
    signs = np.column_stack([_digits(kind, 2), _digits(area, 6), organisation, organisation_check])
    last = (31 - (signs * _USCC_WEIGHTS).sum(axis=1) % 31) % 31
    return join(
        number(kind, 2),
        number(area, 6),
        number(serial, 8),
        take(_USCC_SIGNS, organisation_check),
        take(_USCC_SIGNS, last),
    )


def draw_phones(dice: Dice, size: int) -> Ints:
    """Mobile numbers; almost never twice the same."""
    return MOBILE_PREFIXES[dice.one_of(size, len(MOBILE_PREFIXES))] * 10**8 + dice.between(10_000_000, 99_999_999, size)


def has_old_number(born: Ints) -> Flags:
    """Whether a person was grown up while numbers still had 15 digits."""
    return np.less(year_of(born), 1984)
