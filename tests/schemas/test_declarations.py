"""All declarations load together; what one file says against another is told with the rest."""

import re
import shutil
from pathlib import Path

import pytest

from schemas.declarations import check_declarations, load_declarations
from schemas.errors import DeclarationError
from schemas.files import SHIPPED
from tests.schemas.contracts import small, write_contract


def _overlay(folder: Path, place: str, old: str, new: str) -> None:
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (SHIPPED / place).read_text(encoding="utf-8")
    assert len(re.findall(old, text)) >= 1
    target.write_text(re.sub(old, new, text, count=1), encoding="utf-8")


def test_shipped_declarations_have_no_problems() -> None:
    assert check_declarations() == []


def test_every_shipped_file_is_read() -> None:
    declared = load_declarations()
    assert len(declared.contracts) == len(list(SHIPPED.glob("feeds/*/*.odcs.yml"))) == 11
    assert set(declared.registers) == set(declared.linkage) | ({"house", "unit"} - set(declared.linkage))
    assert set(declared.questions) == {file.stem for file in SHIPPED.glob("questions/*/*.cypher")}


def test_overlay_adds_a_feed_by_its_contract_alone(tmp_path: Path) -> None:
    content = small()
    content["customProperties"][4]["value"][1]["fields"]["address"]["standardiser"] = "address"
    content["customProperties"][5]["value"][0]["kind"] = "visit"
    write_contract(tmp_path, content)
    declared = load_declarations(tmp_path)
    assert declared.contracts["visits"].department == "town_teams"
    assert len(declared.contracts) == 12


CROSSINGS = [
    ("registers/house.yml", "authority: housing_register", "authority: nobody", "authority: nobody is no feed"),
    ("registers/house.yml", "authority: housing_register", "authority: utility", "authority: utility is no feed"),
    (
        "registers/house.yml",
        "authority: housing_register",
        "authority: social_insurance",
        "the rows of social_insurance are of person, not of house",
    ),
    ("linkage/person.yml", "value: postcode", "value: shoe_size", "shoe_size is no field of person"),
    ("linkage/person.yml", r"kinds: \[hukou", "kinds: [friendship", "friendship is a fact of no feed"),
    ("linkage/person.yml", "of: house", "of: boat", "boat is no register"),
    ("linkage/person.yml", "counted_by: name_key", "counted_by: shoe_size", "shoe_size is no field of person"),
    ("linkage/unit.yml", r"\[uscc\], sure", "[seal], sure", "seal is no field of unit"),
    ("golden.yml", r"trust: \[household_register", "trust: [gossip", "person.trust: gossip is no feed"),
    ("golden.yml", "phone: {rule: newest}", "shoe: {rule: newest}", "person.fields.shoe: shoe is no field of person"),
    ("golden.yml", "phone: {rule: newest}", "name_key: {rule: newest}", "name_key is derived and follows name"),
    ("golden.yml", r"\[building_key\]", "[colour]", "house.neighbours.community_code: colour is no field of house"),
    ("residence.yml", "  field_visit:", "  wish:", "evidence.wish: is a fact of no feed"),
    ("residence.yml", "  field_visit:", "  employment:", "evidence.employment: does not tie a person to a house"),
    ("residence.yml", "department: public_security", "department: housing", "the fact comes from public_security"),
    (
        "graph/nodes.yml",
        r"year\(birth_date\)",
        "year(born)",
        "Person.properties.birth_year: born is no field of person",
    ),
    ("graph/relationships.yml", r"kinds: \[ownership\]", "kinds: [love]", "OWNS.kinds: love is a fact of no feed"),
    (
        "graph/relationships.yml",
        r"kinds: \[employment\]",
        "kinds: [lease]",
        "WORKS_AT.ends: facts of kind lease lead from person to house, which is not among its ends",
    ),
    (
        "graph/relationships.yml",
        r"in_force_days: \{unit_seen: 365, ",
        "in_force_days: {",
        "EVIDENCE_AT.in_force_days: unit_seen needs the days that it is in force",
    ),
]


@pytest.mark.parametrize(("place", "old", "new", "expected"), CROSSINGS, ids=[each[3] for each in CROSSINGS])
def test_name_that_another_file_should_declare_is_told(
    tmp_path: Path, place: str, old: str, new: str, expected: str
) -> None:
    _overlay(tmp_path, place, old, new)
    problems = [str(each) for each in check_declarations(tmp_path) if each.file == tmp_path / place]
    assert [each for each in problems if expected in each]


def test_question_with_an_undeclared_label_is_told(tmp_path: Path) -> None:
    place = sorted(SHIPPED.glob("questions/*/*.cypher"))[0].relative_to(SHIPPED).as_posix()
    _overlay(tmp_path, place, r":Person\b|:House\b|:Unit\b|:Community\b", ":Ghost")
    assert "label Ghost is not declared" in "\n".join(map(str, check_declarations(tmp_path)))


def test_problems_of_different_kinds_of_files_are_told_together(tmp_path: Path) -> None:
    _overlay(tmp_path, "registers/unit.yml", "id: unit", "id: unit\ncolour: red")
    _overlay(tmp_path, "golden.yml", "rule: newest", "rule: nicest")
    (tmp_path / "residence.yml").write_text("minimum_confidence: [\n", encoding="utf-8")
    with pytest.raises(DeclarationError) as refused:
        load_declarations(tmp_path)
    assert {each.file.name for each in refused.value.problems} == {"unit.yml", "golden.yml", "residence.yml"}


def test_file_that_nothing_reads_is_told(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "registers", tmp_path / "register")
    assert {each.file.name for each in check_declarations(tmp_path)} == {"house.yml", "person.yml", "unit.yml"}
    assert "no declaration is read from here" in str(check_declarations(tmp_path)[0])


def test_overlay_that_is_no_folder_is_told(tmp_path: Path) -> None:
    assert "is no folder" in str(check_declarations(tmp_path / "nowhere")[0])
