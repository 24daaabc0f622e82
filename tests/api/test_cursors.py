"""Cursors: they say nothing, and nobody but their asker can use them, there and then."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import LASTS, LONGEST, Bound, Cursors, Place, open_cursors
from api.problems import Refusal
from stores.errors import SettingsError
from stores.home import create_home
from tests.api.calling import CANARY

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
BOUND = Bound("housing", "dwelling_safety", "/v1/changes")
PLACE = Place({"after": CANARY, "sequence": 17}, "2026-06-30-aaaa")
CURSORS = Cursors(b"k" * 32)


def refused(text: str, bound: Bound = BOUND, now: datetime = NOW, cursors: Cursors = CURSORS) -> str:
    with pytest.raises(Refusal) as raised:
        cursors.open(text, bound, now)
    assert raised.value.telling.said == {}
    return raised.value.telling.slug


def test_a_cursor_leads_its_asker_on_and_says_nothing() -> None:
    text = CURSORS.seal(PLACE, BOUND, NOW)
    assert CURSORS.open(text, BOUND, NOW + timedelta(hours=23)) == PLACE
    assert CANARY not in text and len(text) < LONGEST
    assert CURSORS.seal(PLACE, BOUND, NOW) != text


@pytest.mark.parametrize(
    "other",
    [{"caller": "education"}, {"purpose": "training"}, {"route": "/v1/entities"}, {"caller": "", "purpose": "housing"}],
)
def test_it_is_nobody_elses(other: dict[str, str]) -> None:
    assert refused(CURSORS.seal(PLACE, BOUND, NOW), replace(BOUND, **other)) == "invalid-cursor"


def test_it_ends_and_is_no_other_homes() -> None:
    text = CURSORS.seal(PLACE, BOUND, NOW)
    assert refused(text, now=NOW + LASTS) == "invalid-cursor"
    assert refused(text, cursors=Cursors(b"o" * 32)) == "invalid-cursor"


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_what_is_made_up_is_refused(text: str) -> None:
    assert refused(text) == "invalid-cursor"


@given(st.integers(min_value=0), st.integers(1, 255))
def test_what_was_changed_anywhere_is_refused(place: int, by: int) -> None:
    text = CURSORS.seal(PLACE, BOUND, NOW)
    sealed = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    sealed[place % len(sealed)] ^= by
    assert refused(urlsafe_b64encode(sealed).rstrip(b"=").decode()) == "invalid-cursor"


def test_a_home_has_a_key_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="real")
    text = open_cursors(home).seal(PLACE, BOUND, NOW)
    assert open_cursors(home).open(text, BOUND, NOW) == PLACE
    file = home.keys / "cursors.key"
    assert list(home.keys.glob("*.part")) == []
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="may be read by others"):
        open_cursors(home)
