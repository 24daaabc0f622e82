"""Own ids: one for each entity and department, that only the hub leads back, and that lead somewhere for good."""

import hmac
import random
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from hub.sharing.own_id_keys import fingerprint_of, own_id_key_file, read_own_id_keys, renew_own_id_keys
from hub.sharing.own_ids import CROCKFORD, OWN, OwnIds
from stores.errors import SettingsError
from stores.home import Home, create_home
from stores.operational import open_operational
from stores.operational.accounts import Change
from tests.trials import trials

KEY, NEWER = b"k" * 32, b"n" * 32
HOUSING = OwnIds("housing", {1: KEY})
EDUCATION = OwnIds("education", {1: KEY})
CHANGE = Change("zhao", datetime(2026, 7, 1))


def drawn(count: int, letter: str = "P", seed: int = 1) -> list[str]:
    chosen = random.Random(seed)
    return [letter + "".join(map(chr, chosen.choices(CROCKFORD, k=16))) for _ in range(count)]


PERSONS = drawn(500)
ALL = [*PERSONS, *drawn(200, "H", 2), *drawn(100, "U", 3), "P" + "0" * 16, "P" + "Z" * 16]


def test_a_department_is_always_given_the_same_id_and_led_back() -> None:
    own = HOUSING.of(ALL)
    assert own == OwnIds("housing", {1: KEY}).of(ALL)
    assert own[::-1] == HOUSING.of(ALL[::-1])
    assert all(OWN.fullmatch(each) for each in own)
    assert HOUSING.entities(own) == ALL


def test_an_id_is_what_the_construction_says() -> None:
    """The same, computed number by number as docs/own-ids.md has it."""
    number = sum(CROCKFORD.index(each) << 5 * place for place, each in enumerate(b"F0123456789ABCDE"[::-1]))
    drawn = hmac.digest(bytes(32), KEY, "sha256")
    key = hmac.digest(drawn, b"own ids\0H\0housing\x01", "sha256")
    sealed = Cipher(AES256(key), ECB()).encryptor().update((number << 48).to_bytes(16, "big"))
    left = int.from_bytes(sealed, "big")
    text = "".join(chr(CROCKFORD[left >> 5 * place & 31]) for place in reversed(range(26)))
    assert OwnIds("housing", {33: KEY}).of(["HF0123456789ABCDE"]) == [f"H11{text}"]


def test_two_departments_share_no_id_and_cannot_read_each_others() -> None:
    theirs = HOUSING.of(ALL)
    assert not set(theirs) & set(EDUCATION.of(ALL))
    assert not {each[3:] for each in theirs} & {each[3:] for each in EDUCATION.of(ALL)}
    assert set(EDUCATION.entities(theirs)) == {None}


def test_of_a_hundred_thousand_entities_each_has_its_own_id() -> None:
    own = HOUSING.of(drawn(100_000))
    assert len(set(own)) == 100_000


def test_nothing_of_an_entity_shows_in_its_id() -> None:
    """Neighbours by id are none by own id, and one bit of the entity changes about half of the id's."""
    ordered = sorted(PERSONS)
    own = HOUSING.of(ordered)
    ascending = sum(one < other for one, other in pairwise(own))
    assert 200 < ascending < 300
    one, other = (
        int(each[3:], 32) for each in (translated(each) for each in HOUSING.of(["P" + "0" * 16, "P" + "0" * 15 + "1"]))
    )
    assert 40 < (one ^ other).bit_count() < 88


def translated(text: str) -> str:
    return text.translate(str.maketrans(CROCKFORD.decode(), "0123456789abcdefghijklmnopqrstuv"))


def test_without_the_key_an_id_opens_as_nothing() -> None:
    own = HOUSING.of(PERSONS[:20])
    chosen = random.Random(1)
    for _ in range(trials(few=200, full=20_000)):
        assert set(OwnIds("housing", {1: chosen.randbytes(32)}).entities(own)) == {None}


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "P",
        "王小明",
        "P0123456789ABCDEF",
        "P01" + "0" * 26,
        "P01" + "7" + "Z" * 25,
        "P02" + "0" * 26,
        "X01" + "0" * 26,
        "P01" + "8" + "0" * 25,
    ],
)
def test_what_was_never_given_out_is_answered_as_an_unknown_id_is(forged: str) -> None:
    assert HOUSING.redirected(forged, lambda _: pytest.fail("was looked up")) is None
    [unknown] = HOUSING.of(["P" + "0" * 16])
    assert HOUSING.redirected(unknown, lambda _: None) is None


def test_an_id_that_was_changed_anywhere_is_nobodys() -> None:
    [own] = HOUSING.of(PERSONS[:1])
    letters = CROCKFORD.decode()
    changed = [
        own[:place] + letter + own[place + 1 :]
        for place in range(len(own))
        for letter in (letters if place else "PHU")
        if letter != own[place]
    ]
    assert set(HOUSING.entities(changed)) == {None}
    assert HOUSING.entities([own.lower(), own + "\n", f" {own}"]) == [None] * 3


def test_a_newer_key_gives_new_ids_and_reads_those_of_before() -> None:
    renewed = OwnIds("housing", {1: KEY, 2: NEWER})
    before, after = HOUSING.of(ALL), renewed.of(ALL)
    assert not set(before) & set(after)
    assert renewed.entities([*before, *after]) == [*ALL, *ALL]
    assert set(HOUSING.entities(after)) == {None}


@dataclass(frozen=True)
class Stands:
    lead: str | None
    parts: tuple[str, ...] = ()


def test_an_id_of_before_leads_to_what_became_of_it_in_ids_of_now() -> None:
    first, second, third = PERSONS[:3]
    renewed = OwnIds("housing", {1: KEY, 2: NEWER})
    [asked] = HOUSING.of([first])
    merged = renewed.redirected(asked, {first: Stands(second)}.get)
    split = renewed.redirected(asked, {first: Stands(first, (third,))}.get)
    ended = renewed.redirected(asked, {first: Stands(None)}.get)
    assert merged is not None and split is not None and ended is not None
    assert (merged.lead, merged.parts) == (renewed.of([second])[0], ())
    assert (split.lead, split.parts) == (renewed.of([first])[0], tuple(renewed.of([third])))
    assert (ended.lead, ended.parts) == (None, ())


def test_what_is_no_entity_has_no_own_id() -> None:
    with pytest.raises(ValueError, match="no entity id"):
        HOUSING.of([PERSONS[0], "王小明"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="real")


def keys(home: Home) -> dict[int, bytes]:
    with open_operational(home) as operational:
        return dict(read_own_id_keys(home, operational.accounts.own_id_keys()))


def renewed(home: Home) -> int:
    with open_operational(home) as operational:
        return renew_own_id_keys(home, operational.accounts, CHANGE)


def test_keys_are_kept_in_one_file_that_nobody_else_reads(home: Home) -> None:
    assert [renewed(home), renewed(home)] == [1, 2]
    file = own_id_key_file(home)
    assert file.stat().st_mode & 0o777 == 0o600
    held = keys(home)
    assert sorted(held) == [1, 2]
    assert held[1] != held[2]
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="may be read by others"):
        keys(home)


def test_a_renewal_that_was_cut_off_changes_no_id(home: Home) -> None:
    renewed(home)
    before = keys(home)
    with own_id_key_file(home).open("a") as file:
        file.write("2 " + "A" * 43 + "=\n")
    assert keys(home) == before
    assert renewed(home) == 2
    assert fingerprint_of(keys(home)[2]) != fingerprint_of(bytes(32))


@pytest.mark.parametrize("damage", ["lost", "another", "short", "text"])
def test_keys_that_are_lost_or_anothers_are_noticed_and_never_made_anew(home: Home, damage: str) -> None:
    renewed(home)
    file = own_id_key_file(home)
    content = {"another": "1 " + "A" * 43 + "=\n", "short": "1 AAAA\n", "text": "机密\n"}
    if damage == "lost":
        file.unlink()
    else:
        file.write_text(content[damage])
    for use in (keys, renewed):
        with pytest.raises(SettingsError) as raised:
            use(home)
        assert "机密" not in str(raised.value) and "AAAA" not in str(raised.value)


def test_a_home_without_keys_is_told_what_makes_them(home: Home) -> None:
    with pytest.raises(SettingsError, match="hub account renew-own-ids"):
        keys(home)
