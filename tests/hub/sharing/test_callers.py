"""Who types: the home's settings give a name its roles; without them it is a trainee."""

from pathlib import Path

import pytest

from hub.errors import UsageError
from hub.sharing.callers import read_caller
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from schemas.readers.purposes import Role
from stores.home import Home, create_home

DECLARED = load_declarations()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="real")


def write(home: Home, text: str) -> None:
    file = home.root / "home.toml"
    file.write_text(f"{file.read_text()}\n[readers.wang]\n{text}", encoding="utf-8")


def test_a_name_gets_the_roles_department_and_areas_of_the_home(home: Home) -> None:
    write(home, 'roles = ["inspector"]\ndepartment = "town_teams"\nareas = ["310114102"]\n')
    expected = Caller("wang", "town_teams", frozenset({Role.INSPECTOR}), frozenset({"310114102"}))
    assert read_caller(home, "wang", DECLARED) == expected
    assert read_caller(home, "li", DECLARED) == Caller("li")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('roles = ["boss"]', "readers.wang.roles"),
        ("roles = []", "readers.wang.roles"),
        ('roles = ["analyst"]\nkey = 1', "readers.wang.key"),
        ('roles = ["analyst", "administrator"]', "has no role that reads persons"),
        ('roles = ["analyst"]\ndepartment = "moon"', "moon is none"),
        ('roles = ["analyst"]\nareas = ["310199"]', "310199 is neither"),
    ],
)
def test_what_cannot_be_meant_is_told(home: Home, text: str, told: str) -> None:
    write(home, text)
    with pytest.raises(UsageError, match=told):
        read_caller(home, "wang", DECLARED)
