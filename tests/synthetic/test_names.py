"""Names are written and misheard as people do."""

import numpy as np

from synthetic.dice import dice
from synthetic.names import HAN, LATIN, MINORITY, name_stock, write_names


def tokens(*texts: str) -> np.ndarray:
    words = name_stock().text.to_pylist()
    return np.array([words.index(text) for text in texts])


def test_minority_names_have_a_dot_and_latin_ones_a_space() -> None:
    stock = name_stock()
    written = np.vstack([tokens("买买提", "艾力", ""), tokens("SMITH", "JAMES", ""), tokens("王", "伟", "明")])

    names = write_names(stock, written, np.array([MINORITY, LATIN, HAN]), np.array([1, 0, 0])).to_pylist()

    assert names == ["买买提•艾力", "JAMES SMITH", "王伟明"]


def test_another_character_of_the_same_sound_keeps_the_key_of_the_name() -> None:
    stock = name_stock()
    name = np.vstack([tokens("李", "晓", "伟")] * 40)
    slipped = name.copy()
    slipped[:, 0] = stock.same.another(dice(1, "test"), name[:, 0])

    assert (slipped[:, 0] != name[:, 0]).all()
    assert (stock.key(slipped) == stock.key(name)).all()
    assert "黎" in stock.text.take(slipped[:, 0]).to_pylist()


def test_a_surname_is_read_as_a_surname() -> None:
    stock = name_stock()

    assert [stock.spelled.to_pylist()[token] for token in tokens("曾", "单", "尉迟")] == ["Zeng", "Shan", "Yuchi"]
