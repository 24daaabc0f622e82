"""A linking that builds on the last one finds what a linking from nothing finds."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from stores.operational.decisions import Decision, DecisionKind
from tests.resolution.townsfolk import MODEL, Town, person, town
from tests.trials import trials

NAMES = [
    ("王伟", "wang wei"),
    ("王维", "wang wei"),
    ("王建国", "wang jian guo"),
    ("王建华", "wang jian hua"),
    ("李娜", "li na"),
]
PHONES = ["13911111111", "13922222222", "13933333333", None]
BIRTHS = [date(1990, 1, 1), date(1990, 1, 2), date(1971, 5, 2), None]
IDS = ["310114199001011234", "310114197105025678", "31011419900101123", None, None]
FEEDS = ["household_register", "field_visits", "school_roll", "utilities"]
# Blocks that fill and empty again are the hardest: with these limits they do so all the time.
CROWDED = replace(MODEL, blocking=tuple(replace(rule, max_block=4) for rule in MODEL.blocking))


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[tuple[Town, Town]]:
    """Two towns to which the same happens: the first builds on its last linking, the second forgets it."""
    with ExitStack() as stack:
        pair = [stack.enter_context(town(tmp_path / name)) for name in ("builds", "forgets")]
        for each in pair:
            each.model = CROWDED
            each.house("H1")
            each.house("H2")
        yield pair[0], pair[1]


def somebody(chance: Random, number: int) -> dict[str, Any]:
    name, sound = chance.choice(NAMES)
    fields = {"phone": chance.choice(PHONES), "birth_date": chance.choice(BIRTHS), "id_number": chance.choice(IDS)}
    return person(number, name, sound, feed=chance.choice(FEEDS), **fields)


def happen(chance: Random, here: tuple[Town, Town]) -> None:
    """A record comes, goes, changes or moves in somewhere, or a steward decides."""
    number, other = chance.randrange(30), chance.randrange(30)
    what = chance.choice(["come", "come", "come", "go", "home", "decide"])
    record, house = somebody(chance, number), chance.choice([1, 2])
    kind = chance.choice(list(DecisionKind))
    for each in here:
        if what in ("come", "go"):
            each.warehouse.execute(f"DELETE FROM standard.person_record WHERE record_id = {number}")
        if what == "come":
            each.add(record)
        if what == "home":
            each.house(f"H{house}", number)
        if what == "decide" and number != other:
            each.operational.decide(Decision("person", number, other, kind, "steward", datetime(2026, 7, 1), "seen"))


def correct(chance: Random, here: tuple[Town, Town]) -> None:
    """Some records that are there say something else now, under their own keys: corrections by their department."""
    there = [number for (number,) in here[0].warehouse.rows("SELECT record_id FROM standard.person_record ORDER BY 1")]
    for number in chance.sample(there, min(3, len(there))):
        name, value = chance.choice([("phone", chance.choice(PHONES)), ("birth_date", chance.choice(BIRTHS))])
        for each in here:
            each.warehouse.execute(
                f"UPDATE standard.person_record SET {name} = $value WHERE record_id = {number}", {"value": value}
            )


def decide_again(chance: Random, here: tuple[Town, Town]) -> None:
    """A steward withdraws or turns round a decision that is in force."""
    rows = here[0].operational.decisions("person").to_pylist()
    if rows:
        row, kind = chance.choice(rows), chance.choice([DecisionKind.WITHDRAWN, *DecisionKind])
        for each in here:
            given = Decision("person", row["record_l"], row["record_r"], kind, "li", datetime(2026, 7, 2), "again")
            each.operational.decide(given)


def outcome(here: Town) -> tuple[list[Any], list[Any], list[Any]]:
    """Members with their ids, links with their weights, and the lineage."""
    members = "SELECT * FROM resolved.member WHERE register = 'person' ORDER BY ALL"
    links = "SELECT * FROM resolved.link ORDER BY ALL"
    return here.warehouse.rows(members), here.warehouse.rows(links), here.operational.identity.events("person")


# In 36 a record about which a steward has decided moves into a node that says the same as before.
@pytest.mark.parametrize("seed", sorted({*range(trials(few=3, full=40)), 36}))
def test_replayed_changes_and_linking_from_nothing_give_the_same_entities_links_and_lineage(
    towns: tuple[Town, Town], seed: int
) -> None:
    chance, (builds, forgets), full = Random(seed), towns, []
    for _ in range(8):
        for _ in range(chance.choice([1, 3, 10])):
            happen(chance, towns)
        correct(chance, towns)
        decide_again(chance, towns)
        forgets.warehouse.execute("DROP TABLE IF EXISTS resolved.kept_basis")
        if builds.warehouse.rows("SELECT 1 FROM standard.person_record"):
            builds.resolve()
            forgets.resolve()
            assert outcome(builds) == outcome(forgets)
            assert builds.linked is not None
            full.append(builds.linked.is_full)
    # A column that is filled for the first time makes it another model: then, and at first, all is linked.
    assert False in full


@pytest.mark.parametrize("seed", range(trials(few=2, full=20)))
def test_a_home_that_is_filled_at_once_finds_the_entities_that_the_deltas_led_to(
    towns: tuple[Town, Town], seed: int
) -> None:
    chance, (builds, fresh) = Random(1000 + seed), towns
    for _ in range(6):
        for _ in range(chance.choice([3, 10])):
            happen(chance, towns)
        correct(chance, towns)
        decide_again(chance, towns)
        if builds.warehouse.rows("SELECT 1 FROM standard.person_record"):
            builds.resolve()
    fresh.resolve()
    assert builds.partition() == fresh.partition()
    # The same id where the smallest record has always been the first; else another, as another home gives it.
    of_builds, of_fresh = builds.entities(), fresh.entities()
    pairs = {(of_builds[record], of_fresh[record]) for record in of_builds}
    assert len(pairs) == len(set(of_builds.values())) == len(set(of_fresh.values()))


def test_what_no_change_can_reach_is_not_solved_again(towns: tuple[Town, Town]) -> None:
    here, _ = towns
    here.add(*(person(number, "王伟", "wang wei", phone=f"1391111{number // 3:04d}") for number in range(60)))
    here.resolve()
    here.add(person(99, "王伟", "wang wei", phone="13911110000"))
    here.resolve()
    assert here.linked is not None
    assert (here.linked.records, here.linked.pairs, here.linked.clusters) == (61, 3, 1)
