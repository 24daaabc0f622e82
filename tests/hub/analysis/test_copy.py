"""A copy keeps its structure and little else: whoever looks for a person in it does not find one."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.analysis.model import analysis_model
from hub.analysis.reading import open_release
from hub.analysis.releases import read_release
from hub.graph.ladybug import LadybugStore, open_ladybug
from hub.graph.port import GraphOrigin
from schemas.declarations import Declarations, load_declarations
from stores.home import Home
from stores.snapshots import GRAPH, SnapshotShelf
from tests.hub.analysis.attack import known_of_graph, known_of_release, share_unique
from tests.hub.analysis.conftest import TODAY, exported


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load_declarations()


@pytest.fixture
def release(housing: Path, declared: Declarations) -> Iterator[LadybugStore]:
    with open_release(housing, declared, today=TODAY) as graph:
        yield graph


@pytest.fixture
def graph(finished: Home, declared: Declarations) -> Iterator[LadybugStore]:
    with SnapshotShelf(finished.snapshots).reading() as snapshot:
        origin = GraphOrigin(snapshot.id, snapshot.manifest.as_of, snapshot.manifest.engines["ladybug"])
        with closing(open_ladybug(snapshot.file(GRAPH), declared.graph, origin)) as store:
            yield store


def test_at_most_one_person_in_a_hundred_is_unique_and_the_manifest_says_how_many(
    release: LadybugStore, housing: Path, declared: Declarations
) -> None:
    people, signatures = known_of_release(release, declared.analysis.studies["housing"].types)
    told = read_release(housing).figures["after"]
    assert len(people) > 300
    assert share_unique(people.values()) == pytest.approx(told["values"])
    assert share_unique(signatures) == pytest.approx(told["structure"])
    assert told["structure"] <= 0.01


def test_the_same_attack_finds_most_people_in_the_graph_itself(
    graph: LadybugStore, housing: Path, declared: Declarations
) -> None:
    people, signatures = known_of_graph(graph, declared.analysis.studies["housing"].types, graph.origin.as_of)
    told = read_release(housing).figures["before"]
    assert share_unique(people.values()) == pytest.approx(told["values"])
    assert share_unique(signatures) == pytest.approx(told["structure"])
    assert told["values"] > 0.7
    assert told["structure"] > 0.8


@pytest.mark.parametrize("label", ["Person", "House", "Unit"])
def test_every_combination_of_values_is_shared_by_ten(
    release: LadybugStore, declared: Declarations, label: str
) -> None:
    model = analysis_model(declared.graph, declared.analysis, declared.analysis.studies["housing"])
    columns = ", ".join(f"n.{each.name}" for each in model.labels[label].properties[1:])
    shared = Counter(tuple(row.values()) for row in release.rows(f"MATCH (n:{label}) RETURN {columns}"))
    assert min(shared.values()) >= 10
    assert len(shared) > 1


@pytest.mark.parametrize("inside", ["(p:Person)-[:LIVES_AT]", "(p:Unit)-[:OCCUPIES]"])
def test_house_and_who_is_in_it_tell_a_place_equally_exactly(release: LadybugStore, inside: str) -> None:
    rows = release.rows(f"MATCH {inside}->(h:House) RETURN p.committee, h.committee, p.town, h.town")
    assert rows
    assert all((row["p.committee"], row["p.town"]) == (row["h.committee"], row["h.town"]) for row in rows)


def test_no_name_address_id_or_number_of_the_graph_is_in_the_copy(graph: LadybugStore, release: LadybugStore) -> None:
    known: set[object] = set()
    for text in (
        "MATCH (p:Person) RETURN p.id, p.name, p.birth_date",
        "MATCH (h:House) RETURN h.id, h.address, h.building",
        "MATCH (u:Unit) RETURN u.id, u.name",
        "MATCH (:Person)-[r:LIVES_AT]->(:House) RETURN r.eid",
        "MATCH (:Person)-[r:OWNS]->(:House) RETURN r.eid",
    ):
        known |= {value for row in graph.rows(text) for value in row.values() if value is not None}
    told: set[object] = set()
    for text in (
        "MATCH (n:Person) RETURN n.*",
        "MATCH (n:House) RETURN n.*",
        "MATCH (n:Unit) RETURN n.*",
        "MATCH ()-[r]->() RETURN r.eid, r.valid_from",
    ):
        told |= {value for row in release.rows(text) for value in row.values() if value is not None}
    assert len(known) > 1000
    assert len(told) > 1000
    assert known & told == set()


def test_structure_is_that_of_the_graph_on_its_day_less_what_the_manifest_names(
    graph: LadybugStore, release: LadybugStore, housing: Path
) -> None:
    left_out = read_release(housing).figures["left_out"]
    in_force = "r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of)"
    for name in ("LIVES_AT", "LETS", "OWNS", "RENTS", "OCCUPIES"):
        text = f"MATCH ()-[r:{name}]->() WHERE {in_force} RETURN count(*) AS n"
        [there] = graph.rows(text, {"as_of": graph.origin.as_of})
        [here] = release.rows(f"MATCH ()-[r:{name}]->() RETURN count(*) AS n")
        assert here["n"] == there["n"] - left_out[name], name
    crowds = "MATCH (:Person)-[r:LIVES_AT]->(h:House) {} WITH h.id AS h, count(*) AS n RETURN n ORDER BY n"
    there = graph.rows(crowds.format(f"WHERE {in_force}"), {"as_of": graph.origin.as_of})
    assert release.rows(crowds.format("")) == there


def test_two_releases_have_no_pseudonym_or_number_in_common(
    finished: Home, release: LadybugStore, declared: Declarations
) -> None:
    with exported(finished) as (site, second):
        folder = site.home.root / "releases" / second.id
    names: list[set[object]] = []
    with open_release(folder, declared, today=TODAY) as other:
        for each in (release, other):
            found = each.rows("MATCH (a:Person)-[r:LIVES_AT]->(b:House) RETURN a.id, r.eid, b.id")
            names.append({value for row in found for value in row.values()})
    assert len(names[0]) == len(names[1]) > 300
    assert names[0] & names[1] == set()


def test_nothing_that_joins_pseudonyms_to_persons_is_left(finished: Home, housing: Path) -> None:
    assert sorted(path.name for path in housing.iterdir()) == ["graph.lbug", "manifest.json"]
    assert list((finished.root / "temp").iterdir()) == []
    manifest = json.loads((housing / "manifest.json").read_text())
    assert set(manifest["figures"]["rows"]) >= {"Person", "House", "Unit", "LIVES_AT"}
