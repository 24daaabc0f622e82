"""One record against an index: found, graded and held back as batch linking would, however crowded its blocks are."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.match_index import write_register
from resolution.blocking import pairs_sql
from resolution.columns import fit_model
from resolution.kept import Kept
from resolution.models import score
from resolution.realtime.matching import MOST_COMPARED, Candidate, Grade, Matcher
from resolution.realtime.scoring import Scorer
from resolution.weights import default_weights
from schemas.declarations import load_declarations
from stores.home import Home
from stores.match_file import MatchFile, MatchFileWriter
from stores.snapshots import MATCH, SnapshotShelf
from stores.warehouse import open_warehouse
from tests.resolution.townsfolk import MODEL, Town, person, town

DECLARED = load_declarations()
ID, OTHER_ID = "310114199001011236", "310114199001011260"
BORN = date(1990, 1, 1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


@contextmanager
def matcher(here: Town, tmp_path: Path, *, most_compared: int | None = MOST_COMPARED) -> Iterator[Matcher]:
    """A matcher of the town's persons as they are linked now."""
    here.resolve()
    with MatchFileWriter(tmp_path / "match.sqlite") as index:
        write_register(here.warehouse, index, MODEL, here.weights)
    with closing(MatchFile(tmp_path / "match.sqlite")) as file:
        yield Matcher(file, DECLARED, most_compared=most_compared)


def found(here: Town, tmp_path: Path, **given: str) -> tuple[Candidate, ...]:
    with matcher(here, tmp_path) as looking:
        return looking.match("person", given).candidates


def test_a_checked_number_with_the_same_name_is_certain(here: Town, tmp_path: Path) -> None:
    here.add(person(1, "王伟", "wang wei", id_number=ID), person(2, "王芳", "wang fang", id_number=OTHER_ID))
    [only] = found(here, tmp_path, name="王炜", id_number=ID)
    assert (only.record_id, only.grade, only.probability) == (1, Grade.CERTAIN, 1.0)


def test_a_number_under_another_name_is_only_possible_and_says_why(here: Town, tmp_path: Path) -> None:
    here.add(person(1, "王伟", "wang wei", id_number=ID))
    [only] = found(here, tmp_path, name="黎晓", id_number=ID)
    assert only.grade is Grade.POSSIBLE
    assert only.doubt is not None and only.doubt.id == "id_alone"


def test_another_checked_number_anywhere_in_the_entity_holds_a_match_back(here: Town, tmp_path: Path) -> None:
    same = {"birth_date": BORN, "phone": "13917264085"}
    here.add(
        person(1, "王伟", "wang wei", id_number=ID, **same),
        person(2, "王伟", "wang wei", feed="field_visits", **same),
    )
    told = {"name": "王伟", "birth_date": "1990-01-01", "phone": "13917264085"}
    [free] = found(here, tmp_path, **told)
    (tmp_path / "match.sqlite").unlink()
    [held] = found(here, tmp_path, **told, id_number=OTHER_ID)
    assert free.grade is Grade.PROBABLE
    assert held.grade is Grade.POSSIBLE and held.doubt is not None


def test_whoever_shares_more_than_the_crowd_is_found_in_a_full_dormitory(here: Town, tmp_path: Path) -> None:
    crowd = [
        person(number, "王伟", "wang wei", birth_date=date(1950 + number % 40, 1 + number % 12, 1), phone="13917264085")
        for number in range(2, 150)
    ]
    here.add(*crowd, person(1, "王伟", "wang wei", birth_date=BORN, phone="13917264085"))
    with matcher(here, tmp_path) as looking:
        match = looking.match("person", {"name": "王伟", "birth_date": "1990-01-01", "phone": "13917264085"})
    assert match.brought == 149 and match.compared == MOST_COMPARED
    assert match.candidates[0].record_id == 1


def test_the_steps_of_a_candidate_add_up_to_its_weight(here: Town, tmp_path: Path) -> None:
    here.add(person(1, "王伟", "wang wei", birth_date=BORN, phone="13917264085", sex="male"))
    [only] = found(here, tmp_path, name="王炜", birth_date="1990-01-02", phone="13917264085")
    assert only.prior_weight + sum(step.weight for step in only.steps) == pytest.approx(only.weight, abs=1e-9)
    assert {step.comparison for step in only.steps} == {"name", "born", "phone"}


def test_weights_of_a_district_equal_splink_s(finished: Home) -> None:
    """Every pair that the linking of a whole district scored, for each register that scores any."""
    weights = default_weights(DECLARED.tree)
    with (
        SnapshotShelf(finished.snapshots).reading() as snapshot,
        closing(MatchFile(snapshot.file(MATCH))) as file,
        open_warehouse(None) as warehouse,
    ):
        warehouse.execute(f"ATTACH '{finished.root / 'warehouse.duckdb'}' AS run (READ_ONLY)")
        model, kept, index = DECLARED.linkage["person"], Kept("person"), file.register("person")
        assert index is not None
        warehouse.execute(f"CREATE TEMP TABLE node AS FROM run.{kept.nodes}")
        warehouse.execute(pairs_sql(f"run.{kept.keys}", f"run.{kept.full}"))
        score(warehouse, fit_model(warehouse, model, table="node").model, weights["person"], records=index.nodes)
        scored = warehouse.rows("SELECT record_id_l, record_id_r, match_weight FROM scored")
        nodes = {node.record_id: node.values for node in file.nodes("person", range(index.nodes)).values()}
    columns = tuple(name for name, _ in index.columns)
    scorer = Scorer(model, weights["person"], nodes=index.nodes, columns=columns)
    assert len(scored) > 1000
    assert max(abs(scorer.weight(nodes[left], nodes[right]) - weight) for left, right, weight in scored) < 1e-9


def test_weights_that_changed_since_the_linking_are_told(here: Town, tmp_path: Path) -> None:
    here.add(person(1, "王伟", "wang wei", id_number=ID))
    here.weights = replace(here.weights, model_hash="another")
    with pytest.raises(Exception, match="run `hub train`"):
        found(here, tmp_path, name="王伟", id_number=ID)
