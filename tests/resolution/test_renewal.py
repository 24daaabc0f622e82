"""What is brought up to date after changes equals what is built anew: random schedules over a village."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from random import Random

import pytest

from resolution.golden import build_golden
from resolution.relations import build_relations
from resolution.residence import build_residence
from resolution.resolve import Derivation
from schemas.declarations import Declarations, load_declarations
from stores.warehouse import Warehouse
from tests.resolution.tables import empty_warehouse
from tests.resolution.village import Village
from tests.trials import IS_FULL

SCHEDULES, STEPS = (150, 12) if IS_FULL else (2, 4)
TABLES = (
    *("entity", "person", "house", "unit", "fact_print", "relation"),
    *("living_evidence", "let_out", "kin", "kin_stay", "stay", "residence", "placed_on"),
)


@pytest.fixture(scope="module")
def declarations() -> Declarations:
    return load_declarations()


@pytest.fixture
def kept_and_fresh() -> Iterator[tuple[Warehouse, Warehouse]]:
    with ExitStack() as stack:
        yield stack.enter_context(empty_warehouse()), stack.enter_context(empty_warehouse())


def derive(warehouse: Warehouse, declarations: Declarations, *, is_full: bool) -> dict[str, list[tuple[object, ...]]]:
    """Builds everything after linking; the rows of each table."""
    derivation = Derivation(warehouse, declarations, is_full)
    with warehouse.transaction():
        for build in (build_golden, build_relations, build_residence):
            build(derivation)
    return {table: warehouse.rows(f"SELECT * FROM resolved.{table} ORDER BY ALL") for table in TABLES}


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_a_part_made_anew_equals_the_whole(
    kept_and_fresh: tuple[Warehouse, Warehouse], declarations: Declarations, seed: int
) -> None:
    kept, fresh = kept_and_fresh
    village = Village(Random(seed), date(2026, 7, 3))
    village.write(kept)
    village.tell_touched(kept)
    before = derive(kept, declarations, is_full=True)
    for _ in range(STEPS):
        village.change(times=village.random.choice((0, 1, 3, 9)))
        village.today += timedelta(days=village.random.choice((0, 1, 1, 1, 1, 30, -3)))
        village.write(kept)
        village.tell_touched(kept)
        village.write(fresh)
        after = derive(kept, declarations, is_full=False)
        whole = derive(fresh, declarations, is_full=True)
        assert {table for table in TABLES if after[table] != whole[table]} == set()
    assert after["residence"] != before["residence"]
