"""A whole resolution: every table of the schema, and the same again on a rerun."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from resolution.errors import ResolutionError
from resolution.identity import Churn
from resolution.resolve import ResolutionContext, resolve
from schemas.declarations import Declarations, load_declarations
from tests.resolution.townsfolk import KEY, Town, person, town

TABLES = ("member", "link", "person", "house", "unit", "relation", "residence", "run")


@pytest.fixture(scope="module")
def declarations() -> Declarations:
    return load_declarations()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


def context(here: Town, declarations: Declarations, run: str) -> ResolutionContext:
    return ResolutionContext(here.warehouse, here.operational, declarations, run, KEY)


def contents(here: Town) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: here.warehouse.rows(
            f"SELECT * {'EXCLUDE (run_id)' if table == 'run' else ''} FROM resolved.{table} ORDER BY ALL"
        )
        for table in TABLES
    }


def test_a_rerun_gives_the_same_entities_links_and_records(here: Town, declarations: Declarations) -> None:
    born = date(1990, 1, 1)
    here.add(
        person(1, "欧阳明月", "ouyang ming yue", birth_date=born, phone="13911111111"),
        person(2, "欧阳明悦", "ouyang ming yue", feed="school_roll", birth_date=born, phone="13911111111"),
        person(3, "王伟", "wang wei"),
    )
    report = resolve(context(here, declarations, "run-000001"))
    first = contents(here)
    assert (report.as_of, report.registers["person"].churn) == (date(2026, 6, 30), Churn(born=2))
    assert here.partition() == {frozenset({1, 2}), frozenset({3})}
    assert first["run"][0][0] == date(2026, 6, 30)
    again = resolve(context(here, declarations, "run-000002"))
    assert again.registers["person"].churn == Churn(records=3)
    assert contents(here) == first


def test_nothing_to_resolve_is_said(here: Town, declarations: Declarations) -> None:
    with pytest.raises(ResolutionError, match="hub ingest"):
        resolve(context(here, declarations, "run-000001"))


def test_a_register_without_weights_is_refused(here: Town, declarations: Declarations) -> None:
    empty = ResolutionContext(here.warehouse, here.operational, declarations, "run-000001", KEY, weights={})
    with pytest.raises(ResolutionError, match=r"weights/house\.json"):
        resolve(empty)
