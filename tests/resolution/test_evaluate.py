from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resolution.evaluate import Evaluation, evaluate, export
from resolution.evaluate_truth import TruthError, truth_files
from schemas.declarations import Declarations, load_declarations
from schemas.files import DeclarationTree
from schemas.readers.linkage import KeyRule
from schemas.readers.registers import read_registers
from stores.warehouse import Warehouse, open_warehouse
from tests.resolution.tables import FACT, LINK, RECORD, TYPES, insert

FEEDS = ("household_register", "school_roll", "utilities")


@pytest.fixture(scope="module")
def declarations() -> Declarations:
    return load_declarations()


@pytest.fixture
def snapshot(declarations: Declarations) -> Iterator[Warehouse]:
    """A snapshot's tables, empty, at 2026-07-03."""
    with open_warehouse(None) as warehouse:
        for register in read_registers(DeclarationTree()).values():
            fields = {field.name: TYPES[field.type] for field in register.fields}
            columns = ", ".join(f'"{name}" {kind}' for name, kind in (RECORD | fields).items())
            warehouse.execute(f"CREATE TABLE {register.id}_record ({columns})")
        for model in declarations.linkage.values():
            prepared = ", ".join(["record_id BIGINT", *(f"{column} VARCHAR" for column in model.prepared)])
            warehouse.execute(f"CREATE TABLE prepared_{model.id} ({prepared})")
        warehouse.execute(f"CREATE TABLE fact ({FACT})")
        warehouse.execute(f"CREATE TABLE link ({LINK})")
        warehouse.execute("CREATE TABLE member (register VARCHAR, record_id BIGINT, entity_id VARCHAR)")
        warehouse.execute(
            "CREATE TABLE residence (person_id VARCHAR, house_id VARCHAR, valid_from DATE, valid_to DATE)"
        )
        warehouse.execute("CREATE TABLE run AS SELECT DATE '2026-07-03' AS as_of")
        yield warehouse


def truth_file(folder: Path, name: str, header: str, *rows: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def link(snapshot: Warehouse, folder: Path, register: str, rows: list[tuple[str, str, str, str | None]]) -> None:
    """Records feed:key of found entity and true entity (None: not in the truth file)."""
    first = snapshot.rows(f"SELECT count(*) FROM {register}_record")[0][0]
    for number, (feed, key, entity, _) in enumerate(rows, start=first + 1):
        insert(snapshot, f"{register}_record", [{"record_id": number, "feed": feed, "record_key": key}])
        insert(snapshot, "member", [{"register": register, "record_id": number, "entity_id": entity}])
    truths = [f"{feed},{key},{true},{true}" for feed, key, _, true in rows if true is not None]
    truth_file(folder, register, "feed,record_key,entity_id,decidable_group", *truths)


# Found clusters: X = {a, b, c}, Y = {d, e}, Z = {f}; true entities: 1 = {a, b}, 2 = {c, d, e}, 3 = {f}.
SIX = [
    ("household_register", "a", "X", "1"),
    ("school_roll", "b", "X", "1"),
    ("utilities", "c", "X", "2"),
    ("household_register", "d", "Y", "2"),
    ("school_roll", "e", "Y", "2"),
    ("utilities", "f", "Z", "3"),
]


def test_pairs_are_counted_as_by_hand(snapshot: Warehouse, tmp_path: Path, declarations: Declarations) -> None:
    link(snapshot, tmp_path, "person", SIX)
    person = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).registers["person"]
    # Found: ab ac bc de; true: ab cd ce de; right: ab de.
    assert (person.pairs.found, person.pairs.true, person.pairs.right) == (4, 4, 2)
    assert (person.pairs.precision, person.pairs.recall, person.pairs.f1) == (0.5, 0.5, 0.5)


def test_b_cubed_is_computed_as_by_hand(snapshot: Warehouse, tmp_path: Path, declarations: Declarations) -> None:
    link(snapshot, tmp_path, "person", SIX)
    clusters = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).registers["person"].clusters
    # Precision per record: a 2/3, b 2/3, c 1/3, d 1, e 1, f 1. Recall: a 1, b 1, c 1/3, d 2/3, e 2/3, f 1.
    assert clusters.b3_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 3) / 6)
    assert clusters.b3_recall == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1) / 6)
    assert (clusters.clusters, clusters.wrongly_merged, clusters.largest) == (3, 1, 3)


def test_figures_are_split_by_the_feeds_of_a_pair(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    link(snapshot, tmp_path, "person", SIX)
    feeds = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).registers["person"].feeds
    counts = {(each.feed_l, each.feed_r): (each.pairs.true, each.pairs.found, each.pairs.right) for each in feeds}
    assert counts == {
        ("household_register", "school_roll"): (2, 2, 2),
        ("household_register", "utilities"): (1, 1, 0),
        ("school_roll", "utilities"): (1, 1, 0),
    }


def test_undecidable_pairs_do_not_count_against_the_recall_of_the_decidable(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    link(snapshot, tmp_path, "person", SIX)
    groups = {"a": "1", "b": "1", "c": "2.2", "d": "2.1", "e": "2.1", "f": "3"}
    truth_file(
        tmp_path,
        "person",
        "feed,record_key,entity_id,decidable_group",
        *(f"{feed},{key},{true},{groups[key]}" for feed, key, _, true in SIX),
    )
    person = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).registers["person"]
    assert (person.pairs.recall, person.decidable.true, person.decidable.recall) == (0.5, 2, 1.0)
    assert sum(each.decidable.true for each in person.feeds) == sum(each.decidable.right for each in person.feeds) == 2


def test_records_without_truth_and_truth_without_a_record_are_reported_and_change_nothing(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    link(snapshot, tmp_path, "person", [*SIX, ("utilities", "g", "X", None)])
    with (tmp_path / "person.csv").open("a", encoding="utf-8") as file:
        file.write("utilities,never_delivered,1,1\n")
    person = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).registers["person"]
    assert (person.records, person.without_truth, person.missing_records) == (7, 1, 1)
    assert (person.pairs.found, person.pairs.true) == (4, 4)


def test_blocking_recall_counts_true_pairs_that_a_rule_brings_together(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    link(snapshot, tmp_path, "person", SIX)
    model = replace(
        declarations.linkage["person"],
        blocking=(KeyRule("phone", ("phones", "left(surname_key, 1)"), "", max_block=2),),
    )
    insert(snapshot, "link", [{"register": "person", "record_l": 3, "record_r": 4, "origin": "collapse"}])
    snapshot.execute("UPDATE person_record SET phone = 'p', surname_key = 'wang' WHERE record_key IN ('a', 'b')")
    snapshot.execute("UPDATE person_record SET phone = 'q', surname_key = 'li' WHERE record_key IN ('d', 'e', 'f')")
    person = evaluate(
        snapshot, truth_files(tmp_path), declarations=replace(declarations, linkage={"person": model})
    ).registers["person"]
    # Of ab cd ce de: ab by phone, cd by collapse; the block q of three records is too large for its rule.
    assert person.blocking_recall == 0.5


def test_a_person_counts_as_placed_right_in_the_true_dwelling_only(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    link(snapshot, tmp_path, "person", [("utilities", str(n), f"P{n}", f"p{n}") for n in range(1, 6)])
    link(snapshot, tmp_path, "house", [("utilities", f"h{n}", f"H{n}", f"h{n}") for n in range(1, 3)])
    truth_file(
        tmp_path,
        "residence",
        "person_id,house_id,valid_from,valid_to,decidable",
        "p1,h1,2020-01-01,,true",
        "p2,h1,2020-01-01,2027-01-01,true",
        "p3,h1,2020-01-01,,false",
        "p4,h1,2020-01-01,2026-07-03,true",
        "p5,h1,2020-01-01,2025-01-01,true",
        "p5,h2,2025-01-01,,true",
        "p6,h2,2025-01-01,,true",
    )
    stays = [("P1", "H1", None), ("P2", "H2", None), ("P4", "H1", None), ("P5", "H2", "2026-12-31")]
    insert(
        snapshot,
        "residence",
        [{"person_id": p, "house_id": h, "valid_from": "2021-01-01", "valid_to": end} for p, h, end in stays],
    )
    score = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).residence
    assert score is not None
    assert (score.persons, score.placed, score.right, score.accuracy) == (4, 3, 2, 0.5)
    assert (score.decidable, score.right_of_decidable) == (3, 2)


def test_people_who_live_together_and_are_made_one_are_counted(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    records = [("utilities", "1", "P1", "p1"), ("utilities", "2", "P1", "p2"), ("utilities", "3", "P3", "p3")]
    link(snapshot, tmp_path, "person", [*records, ("utilities", "4", "P3", "p4"), ("utilities", "5", "P5", "p5")])
    snapshot.execute("UPDATE person_record SET id_valid = true, id_number = record_key WHERE record_key IN ('1', '2')")
    truth_file(
        tmp_path,
        "residence",
        "person_id,house_id,valid_from,valid_to,decidable",
        "p1,h1,2020-01-01,,true",
        "p2,h1,2021-01-01,2022-01-01,true",
        "p5,h1,2022-01-01,,true",
        "p3,h2,2020-01-01,2021-01-01,true",
        "p4,h2,2021-01-01,,true",
    )
    score = evaluate(snapshot, truth_files(tmp_path), declarations=declarations).households
    assert score is not None
    assert (score.together, score.merged, score.share, score.two_numbers) == (2, 1, 0.5, 1)


def test_answers_are_scored_as_true_entities(snapshot: Warehouse, tmp_path: Path, declarations: Declarations) -> None:
    houses = [("utilities", f"h{n}", f"H{n}", f"h{n}") for n in range(1, 5)]
    link(snapshot, tmp_path, "house", [*houses, ("field_visits", "h1", "H1b", "h1")])
    link(snapshot, tmp_path, "person", SIX)
    link(snapshot, tmp_path, "unit", [])
    truth_file(
        tmp_path,
        "questions",
        "question,register,entity_id,kind,planted,reason",
        "overcrowded_dwellings,house,h1,situation,true,",
        "overcrowded_dwellings,house,h2,situation,false,",
        "overcrowded_dwellings,house,h3,decoy,true,large family",
        "overcrowded_dwellings,house,h5,decoy,true,dormitory",
        "old_people_alone,person,1,situation,true,",
    )
    answers = {"overcrowded_dwellings": ["H1", "H1b", "H3", "H4"]}
    result = evaluate(snapshot, truth_files(tmp_path), declarations=declarations, answers=answers)
    score = result.questions["overcrowded_dwellings"]
    assert (score.answers, score.situations, score.right, score.decoys, score.decoys_answered) == (3, 2, 1, 2, 1)
    assert (score.precision, score.recall, score.decoys_flagged) == (1 / 3, 0.5, 0.5)
    assert set(result.questions) == {"overcrowded_dwellings"}


def test_the_json_has_the_promised_shape(snapshot: Warehouse, tmp_path: Path, declarations: Declarations) -> None:
    link(snapshot, tmp_path, "person", SIX)
    result: Evaluation = evaluate(snapshot, truth_files(tmp_path), declarations=declarations)
    shape: dict[str, Any] = result.as_json()
    assert set(shape) == {"registers", "residence", "households", "questions"}
    assert {"precision", "recall", "recall_of_decidable", "f1", "b3_f1", "feeds"} <= set(shape["registers"]["person"])


def test_every_record_is_exported_with_its_entity(snapshot: Warehouse, tmp_path: Path) -> None:
    link(snapshot, tmp_path, "person", SIX[:2])
    link(snapshot, tmp_path, "house", [("utilities", "a#house", "H1", None)])
    assert export(snapshot, tmp_path / "entities.csv") == 3
    lines = (tmp_path / "entities.csv").read_text(encoding="utf-8").replace('"', "").split()
    assert lines == ["feed,record_key,entity_id", "household_register,a,X", "school_roll,b,X", "utilities,a#house,H1"]


def test_a_folder_without_truth_or_with_a_broken_file_is_refused(
    snapshot: Warehouse, tmp_path: Path, declarations: Declarations
) -> None:
    with pytest.raises(TruthError, match="no truth files"):
        evaluate(snapshot, truth_files(tmp_path), declarations=declarations)
    truth_file(tmp_path, "person", "feed,key,entity", "utilities,1,P1")
    with pytest.raises(TruthError, match="column record_key, entity_id is missing"):
        evaluate(snapshot, truth_files(tmp_path), declarations=declarations)
