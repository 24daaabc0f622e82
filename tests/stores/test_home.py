import stat
from pathlib import Path

import pytest

from stores.errors import HomeError
from stores.home import HomeKind, create_home, open_home


def test_a_home_keeps_the_kind_it_was_made_with(tmp_path: Path) -> None:
    create_home(tmp_path / "home", kind="synthetic")

    assert open_home(tmp_path / "home").kind is HomeKind.SYNTHETIC
    with pytest.raises(HomeError, match="is a synthetic home and stays one"):
        create_home(tmp_path / "home", kind="real")


def test_making_a_home_again_keeps_its_keys(tmp_path: Path) -> None:
    first = create_home(tmp_path / "home", kind="real").key("archive")

    assert create_home(tmp_path / "home", kind="real").key("archive") == first


def test_keys_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="real")

    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.keys.iterdir()} == {0o600}


def test_synthetic_homes_mint_the_same_ids_and_real_ones_their_own(tmp_path: Path) -> None:
    made_up = [create_home(tmp_path / name, kind="synthetic").key("identity") for name in "ab"]
    real = [create_home(tmp_path / name, kind="real").key("identity") for name in "cd"]

    assert made_up[0] == made_up[1]
    assert len({*made_up, *real}) == 3


def test_a_home_whose_making_was_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "home" / "keys").mkdir(parents=True)

    assert create_home(tmp_path / "home", kind="real").key("archive")


def test_a_folder_with_other_files_is_not_made_a_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("")

    with pytest.raises(HomeError, match=r"not empty \(thesis.doc\): choose an empty folder"):
        create_home(tmp_path, kind="real")


def test_opening_what_is_not_a_home_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="make one with `hub init`"):
        open_home(tmp_path)


@pytest.mark.parametrize(
    ("description", "problem"),
    [("layout = 1\nkind = 'other'", "kind is 'other'"), ("layout = 2", "layout is 2"), ("kind", "not valid TOML")],
)
def test_a_description_that_is_not_understood_is_refused(tmp_path: Path, description: str, problem: str) -> None:
    (tmp_path / "home.toml").write_text(description)

    with pytest.raises(HomeError, match=problem):
        open_home(tmp_path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="real")
    (home.keys / "archive.key").unlink()

    with pytest.raises(HomeError, match=r"archive.key is missing"):
        home.key("archive")
