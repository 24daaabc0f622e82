"""Training: weights out of records, as a versioned artefact."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resolution.errors import ResolutionError, UntrainedError
from resolution.training import train
from resolution.weights import LevelWeight, Weights, default_weights, parse_weights, weights_json
from schemas.declarations import load_declarations
from schemas.readers.linkage import KeyRule, LinkageModel
from tests.resolution.townsfolk import MODEL, Town, stated_weights, town

SMALL = replace(
    MODEL,
    comparisons=tuple(
        each for each in MODEL.comparisons if each.id in ("other_number", "sex", "postcode", "birth_place")
    ),
    blocking=(KeyRule("same_name", ("name_key",), "the name finds every pair"),),
    training=replace(MODEL.training, max_pairs=100_000, em=(("name_key",),), prior_rules=(("name_key", "postcode"),)),
)
SOURCE = "standard.person_record"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """400 people, each recorded twice: the postcode is off in every tenth pair, the sex in every fiftieth."""
    with town(tmp_path_factory.mktemp("town")) as found:
        found.warehouse.execute("""
            INSERT INTO standard.person_record
                (record_id, feed, record_key, row_key, name, name_key, surname_key, given_key, sex, postcode,
                 birth_place, other_number)
            SELECT 2 * person + copy, 'feed', record, record, 'n' || person, 'k' || person, 'k', 'g' || person,
                   CASE WHEN (person + CASE WHEN copy = 1 AND person % 50 = 0 THEN 1 ELSE 0 END) % 2 = 0
                        THEN 'male' ELSE 'female' END,
                   CASE WHEN copy = 1 AND person % 20 = 0 THEN '999' WHEN copy = 1 AND person % 10 = 0 THEN '1009'
                        ELSE (1000 + person % 7)::VARCHAR END,
                   'place ' || CASE WHEN copy = 1 AND person % 8 = 0 THEN 99 ELSE person % 11 END,
                   'number ' || hash(person)
            FROM (SELECT person, copy, (2 * person + copy)::VARCHAR AS record
                  FROM range(400) AS people(person), range(2) AS copies(copy))
        """)
        yield found


def learnt(here: Town, model: LinkageModel = SMALL, earlier: Weights | None = None) -> Weights:
    return train(here.warehouse, here.operational, model=model, source=SOURCE, earlier=earlier)


def test_levels_are_learnt_and_fixed_ones_kept(here: Town) -> None:
    weights = learnt(here, earlier=stated_weights())
    assert weights.levels["postcode", "same"].m == pytest.approx(0.9, abs=0.03)
    assert weights.levels["postcode", "same"].u == pytest.approx(1 / 7, abs=0.03)
    assert weights.levels["sex", "different"] == LevelWeight(0.01, 0.5)
    assert weights.links_per_record == pytest.approx(400 / 800, abs=0.02)  # what the probabilities add up to


def test_an_artefact_reads_back_as_it_was_written(here: Town) -> None:
    weights = learnt(here, earlier=stated_weights())
    read = parse_weights(weights_json(weights), "postcode.json")
    assert (read, read.version) == (weights, weights.version)


def test_a_level_that_nothing_teaches_fails_by_name(here: Town) -> None:
    stuck = replace(SMALL, training=replace(SMALL.training, em=(("name_key", "birth_place"),)))
    with pytest.raises(UntrainedError, match=r"birth_place\.same \(m\)"):
        learnt(here, stuck)


def test_what_no_record_can_answer_keeps_its_earlier_weights(here: Town) -> None:
    model = replace(SMALL, comparisons=(*SMALL.comparisons, *(x for x in MODEL.comparisons if x.id == "occupation")))
    weights = learnt(here, model, stated_weights())
    assert weights.levels["occupation", "same"] == stated_weights().levels["occupation", "same"]


def test_the_prior_falls_as_the_register_grows_but_what_a_shared_home_proves_does_not() -> None:
    weights = stated_weights()
    small, large = (weights.prior(size, smallest_population=20_000) for size in (2**17, 2**20))
    assert small / large == pytest.approx(8, rel=1e-3)
    at_small, at_large = (weights.at_size(MODEL, size).levels["dwelling", "same_and_name"] for size in (2**17, 2**20))
    assert at_small.u / at_large.u == pytest.approx(8)
    assert weights.prior(50, smallest_population=20_000) == weights.prior(20_000, smallest_population=20_000)


def test_a_few_more_records_leave_the_prior_as_it_was() -> None:
    weights = stated_weights()
    assert len({weights.prior(size, smallest_population=20_000) for size in range(1_000_000, 1_050_000, 10_000)}) == 1


def test_what_is_no_artefact_is_refused() -> None:
    with pytest.raises(ResolutionError, match="hub train"):
        parse_weights('{"format": 1}', "person.json")


def test_shipped_weights_fit_the_shipped_models() -> None:
    declarations = load_declarations()
    shipped = default_weights(declarations.tree)
    assert {name: each.model_hash for name, each in shipped.items()} == {
        name: model.hash for name, model in declarations.linkage.items()
    }


def test_shipped_weights_name_every_level() -> None:
    declarations = load_declarations()
    for name, weights in default_weights(declarations.tree).items():
        levels = {(each.id, level.id) for each in declarations.linkage[name].comparisons for level in each.levels}
        assert levels <= set(weights.levels)


def test_weights_lie_where_the_tree_says(tmp_path: Path) -> None:
    folder = tmp_path / "linkage" / "weights"
    folder.mkdir(parents=True)
    weights = stated_weights()
    (folder / "person.json").write_text(weights_json(weights), encoding="utf-8")
    assert default_weights(load_declarations(tmp_path).tree)["person"].version == weights.version
