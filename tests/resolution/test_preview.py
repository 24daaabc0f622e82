"""What a preview says a decision would change is what the run after the decision changes."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random

import pytest

from resolution.preview import FieldChange, Move, Preview, Rules, preview
from schemas.files import DeclarationTree
from schemas.readers.golden import read_golden
from schemas.readers.registers import read_registers
from stores.operational.decisions import Decision, DecisionKind
from tests.resolution.test_changes import somebody
from tests.resolution.townsfolk import KEY, MODEL, Town, person, town
from tests.trials import trials

ID = "310114199001011234"
GOLDEN, REGISTER = read_golden(DeclarationTree())["person"], read_registers(DeclarationTree())["person"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        for name in ("link", "member"):
            found.warehouse.execute(f"CREATE VIEW main.{name} AS FROM resolved.{name}")
        found.warehouse.execute("CREATE VIEW main.person_record AS FROM standard.person_record")
        found.warehouse.execute("CREATE VIEW main.fact AS FROM standard.fact")
        yield found


def decision(left: int, right: int, kind: DecisionKind) -> Decision:
    return Decision("person", left, right, kind, "wang", datetime(2026, 7, 1), "seen")


def previewed(here: Town, given: Decision) -> Preview:
    """What the preview says of a decision, which is then made."""
    files = here.operational.identity.current("person")
    assert files is not None
    rules = Rules(MODEL, here.weights, REGISTER, GOLDEN, files.entities, KEY)
    before = here.operational.decisions("person")
    here.operational.decide(given)
    return preview(here.warehouse, rules, before, here.operational.decisions("person"))


def test_a_must_link_tells_which_id_ends_and_which_golden_fields_change(here: Town) -> None:
    here.add(
        person(1, "陈静", "chen jing", phone="13911111111"),
        person(2, "陈静", "chen jing", phone="13911111111", feed="utilities"),
        person(3, "刘洋", "liu yang", birth_date=date(1971, 5, 2), feed="field_visits"),
    )
    here.house("H1", 3)
    here.resolve()
    one, other = here.entities()[1], here.entities()[3]
    found = previewed(here, decision(1, 3, DecisionKind.MUST_LINK))
    assert (found.moves, dict(found.merged), found.born) == ((Move(other, one, 1),), {other: one}, ())
    assert FieldChange(one, "birth_date", None, "1971-05-02") in found.fields
    assert [(each.kind, each.facts) for each in found.facts] == [("hukou", 1)]


def test_a_cannot_link_tells_the_id_that_a_run_would_mint(here: Town) -> None:
    here.add(person(1, "李小明", "li xiao ming", id_number=ID), person(2, "李小明", "li xiao ming", id_number=ID))
    here.resolve()
    found = previewed(here, decision(1, 2, DecisionKind.CANNOT_LINK))
    here.resolve()
    assert found.partition == here.entities()
    assert found.born == tuple(set(here.entities().values()) - {found.moves[0].entity})


def test_a_preview_writes_nothing(here: Town) -> None:
    here.add(person(1, "陈静", "chen jing"), person(2, "刘洋", "liu yang"))
    here.resolve()
    before = here.entities(), here.links()
    previewed(here, decision(1, 2, DecisionKind.MUST_LINK))
    assert (here.entities(), here.links()) == before


@pytest.mark.parametrize("seed", range(trials(few=2, full=60)))
def test_previews_of_random_decisions_come_true(here: Town, seed: int) -> None:
    chance = Random(seed)
    here.house("H1")
    here.house("H2")
    for number in range(25):
        here.add(somebody(chance, number))
        if chance.random() < 0.4:
            here.house(chance.choice(["H1", "H2"]), number)
    here.resolve()
    for _ in range(4):
        left, right = chance.sample(range(25), 2)
        found = previewed(here, decision(left, right, chance.choice(list(DecisionKind))))
        here.resolve()
        entities = here.entities()
        assert found.partition == {record: entities[record] for record in found.partition}


def test_a_decision_that_is_in_force_changes_nothing_more(here: Town) -> None:
    here.add(person(1, "陈静", "chen jing"), person(2, "刘洋", "liu yang"))
    given = decision(1, 2, DecisionKind.MUST_LINK)
    here.operational.decide(given)
    here.resolve()
    found = previewed(here, given)
    assert (found.moves, found.fields, found.facts, found.solved) == ((), (), (), 0)
