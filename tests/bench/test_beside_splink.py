"""The hub and plain Splink link the same records, and each has its clusters counted against truth."""

from pathlib import Path

import duckdb
import pytest

from bench.beside_splink import accuracy
from bench.contender import CONTENDERS
from bench.same_records import SameRecords, prepare_records
from hub.stages import bring_in, link, take_up
from stores.home import Home, create_home
from synthetic.district import synthesize
from tests.hub.district import at_work

SOUND = {"precision": 0.97, "recall": 0.6}


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("district")
    synthesize(persons=300, seed=5, days=0, out=folder)
    return folder


@pytest.fixture(scope="module")
def resolved(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = create_home(tmp_path_factory.mktemp("resolved") / "home", kind="synthetic")
    with at_work(home) as site:
        bring_in([district / "feeds"], site)
        link(site, take_up(site).run_id)
    return home


@pytest.fixture(scope="module")
def as_they_are(resolved: Home, district: Path, tmp_path_factory: pytest.TempPathFactory) -> SameRecords:
    folder = tmp_path_factory.mktemp("same") / "records"
    return prepare_records(resolved, district / "truth", folder, halve_ids=False)


@pytest.mark.parametrize("contender", CONTENDERS)
def test_every_contender_links_all_records(as_they_are: SameRecords, contender: str) -> None:
    outcome = CONTENDERS[contender](as_they_are)
    [(records, distinct)] = duckdb.sql(
        f"SELECT count(*), count(DISTINCT record_id) FROM '{as_they_are.clusters(contender)}'"
    ).fetchall()
    assert records == distinct == outcome.records > 1500
    assert outcome.pairs > 1000
    found = accuracy(as_they_are, contender)
    assert all(found[name] > least for name, least in SOUND.items())


def test_the_hub_links_them_as_the_whole_run_did(resolved: Home, district: Path, tmp_path: Path) -> None:
    alone = prepare_records(resolved, district / "truth", tmp_path / "records", halve_ids=False)
    assert CONTENDERS["hub"](alone).columns_seconds > 0
    again = alone.clusters("hub")
    with duckdb.connect(str(resolved.warehouse), read_only=True) as connection:
        differ = connection.execute(f"""
            SELECT record_id, entity_id, cluster_id
            FROM (FROM resolved.member WHERE register = 'person') FULL JOIN '{again}' USING (record_id)
            WHERE entity_id IS DISTINCT FROM cluster_id
        """).fetchall()
    assert differ == []


def test_half_of_the_records_lose_their_number_and_all_that_was_read_from_it(
    resolved: Home, district: Path, tmp_path: Path
) -> None:
    halved = prepare_records(resolved, district / "truth", tmp_path / "records", halve_ids=True)
    columns = "count(id_number), count(id_valid), count(id_birth_date), count(id_sex), count(name)"
    with duckdb.connect(str(halved.home.warehouse), read_only=True) as connection:
        (_, *even), (_, *odd) = connection.execute(
            f"SELECT record_id % 2 <> 0 AS odd, {columns} FROM standard.person_record GROUP BY odd ORDER BY odd"
        ).fetchall()
    assert even[:4] == [0, 0, 0, 0]
    assert even[4] > 0
    assert all(odd)
