"""Linkage files are read whole or refused with every mistake."""

from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.linkage import KeyRule, read_linkage

GOOD = """
id: pet
version: 1.0.0
why: pets
thresholds: {accept: 0.9, review: 0.5}
columns:
  - {id: name, value: lower(name), why: the name}
  - {id: tags, value: tag, many: true, why: tags}
blocking:
  - {id: name, "on": [name, tags], why: the same name}
comparisons:
  - id: name
    why: names
    needs: [name]
    levels:
      - {id: same, when: name_l = name_r, term_frequency: name, zh: 相同, en: the same}
      - {id: other, zh: 不同, en: another}
repair: {bridge_weight: 5, bridge_side: 3, size_alarm: 50, alarm_weight: 9}
training: {prior_rules: [[name]], prior_recall: 0.9, smallest_population: 100, max_pairs: 1000, seed: 1, em: [[name]]}
"""


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "linkage").mkdir()
    (folder / "linkage" / "pet.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as refused:
        read_linkage(DeclarationTree(folder))
    return [(problem.key, problem.message) for problem in refused.value.problems]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "linkage").mkdir()
    (tmp_path / "linkage" / "pet.yml").write_text(GOOD, encoding="utf-8")
    model = read_linkage(DeclarationTree(tmp_path))["pet"]
    assert (model.accept, model.many, model.comparisons[0].levels[1].when) == (0.9, {"tags"}, None)


@pytest.mark.parametrize(
    ("written", "instead", "key", "message"),
    [
        ("id: pet\n", "id: cat\n", "id", "must be the file's stem"),
        ("accept: 0.9", "accept: 0.4", "thresholds.review", "must not exceed accept"),
        ('"on": [name, tags]', '"on": [nme]', "name.on", "no declared column"),
        ('"on": [name, tags]', '"on": [soundex(name)]', "name.on", "is not a column or"),
        ("when: name_l = name_r", "when: nme_l = name_r", "comparisons.name.same.when", "no declared column"),
        ("when: name_l = name_r", 'when: "hamming(name_l, name_r) < 2"', "comparisons.name.same.when", "hamming()"),
        ("term_frequency: name", "term_frequency: tags", "comparisons.name.same.term_frequency", "one value"),
        ("{id: other, zh", "{id: other, when: name_l <> name_r, zh", "comparisons.name", "the last level"),
        ("{id: tags, value", "{id: name, value", "columns", "declared 2 times"),
        ("term_frequency: name", "others: 2, u: 0.1", "comparisons.name.same.others", "in place of u"),
    ],
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, written: str, instead: str, key: str, message: str) -> None:
    assert written in GOOD
    found = problems(tmp_path, GOOD.replace(written, instead, 1))
    assert any(where == key and message in what for where, what in found), found


def test_all_mistakes_of_a_file_are_told_together(tmp_path: Path) -> None:
    text = GOOD.replace("id: pet\n", "id: cat\n").replace("accept: 0.9", "accept: 0.4")
    assert {key for key, _ in problems(tmp_path, text)} == {"id", "thresholds.review"}


def test_a_rule_knows_the_columns_that_it_reads() -> None:
    assert KeyRule("r", ("left(name, 3)", "substr(born, 1, 4)", "sex"), "").columns == ("name", "born", "sex")


def test_the_hash_changes_with_a_level_and_not_with_a_threshold(tmp_path: Path) -> None:
    hashes = []
    for number, text in enumerate(
        (GOOD, GOOD.replace("accept: 0.9", "accept: 0.8"), GOOD.replace("name_l = name_r", "name_r = name_l, m: 0.9"))
    ):
        folder = tmp_path / str(number) / "linkage"
        folder.mkdir(parents=True)
        (folder / "pet.yml").write_text(text.replace("term_frequency: name, ", ""), encoding="utf-8")
        hashes.append(read_linkage(DeclarationTree(folder.parent))["pet"].hash)
    assert hashes[0] == hashes[1] != hashes[2]
