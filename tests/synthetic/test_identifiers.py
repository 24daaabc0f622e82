"""Numbers have the check characters that their standards ask for."""

import numpy as np
import pytest
from stdnum.cn import ric, uscc

from synthetic.dice import dice
from synthetic.identifiers import credit_codes, draw_phones, issue_numbers, old_resident_ids, resident_ids
from synthetic.text import day


def test_resident_ids_carry_area_birth_date_sex_and_check_character() -> None:
    born = np.full(400, day("1987-03-05"))
    sex = np.arange(400) % 2
    numbers = resident_ids(issue_numbers(dice(1, "test"), np.full(400, 310114), born, sex)).to_pylist()

    assert len(set(numbers)) == 400
    assert all(number[:14] == "31011419870305" for number in numbers)
    assert all(ric.calc_check_digit(number) == number[-1] for number in numbers)
    assert [int(number[16]) % 2 for number in numbers] == sex.tolist()


def test_a_day_that_has_run_out_of_numbers_is_refused() -> None:
    born, sex = np.full(501, day("1987-03-05")), np.zeros(501, dtype=np.int64)

    with pytest.raises(ValueError, match="501 of one sex, area and day of birth: there are 500 ID numbers"):
        issue_numbers(dice(1, "test"), np.full(501, 310114), born, sex)


def test_old_ids_leave_out_the_century_and_the_check_character() -> None:
    first17 = np.array([31022219560412123])

    assert old_resident_ids(first17).to_pylist() == ["310222560412123"]


def test_credit_codes_are_valid() -> None:
    size = 300
    codes = credit_codes(np.full(size, 91), np.full(size, 310114), np.arange(size) * 61 + 30_000_017).to_pylist()

    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == size


def test_phones_are_mobile_numbers() -> None:
    phones = draw_phones(dice(1, "test"), 50)

    assert ((phones >= 13 * 10**9) & (phones < 2 * 10**10)).all()
