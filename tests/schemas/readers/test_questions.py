"""A question that lacks something, uses what it may not, or that one engine would answer otherwise, does not load."""

from pathlib import Path

import pytest
import yaml

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.questions import read_questions

SHIPPED = read_questions(DeclarationTree())
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "questions.yml").read_text(encoding="utf-8"))
HEADER = """
title: {zh: 题, en: A title}
question: {zh: 问, en: A question}
subject: {label: House, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date}
columns:
  house_id: {type: text, zh: 编号, en: Id}
purposes: [training]
owner: housing
legal_basis: a law
retention_days: 30
review_on: 2027-01-01
when_wrong: {zh: 误, en: Often}
"""
BODY = """
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
RETURN h.id AS house_id
ORDER BY house_id
"""


def _read(folder: Path, header: str, body: str) -> None:
    file = folder / "questions" / "housing" / "made_up.cypher"
    file.parent.mkdir(parents=True)
    file.write_text(f"/*{header}*/{body}", encoding="utf-8")
    read_questions(DeclarationTree(folder))


def test_complete_question_loads(tmp_path: Path) -> None:
    _read(tmp_path, HEADER, BODY)


@pytest.mark.parametrize("case", CASES, ids=[case["because"] for case in CASES])
def test_question_is_refused(case: dict[str, str], tmp_path: Path) -> None:
    header = HEADER.replace(case.get("header", "\n"), case.get("header_instead", "\n"))
    body = BODY.replace(case.get("body", "\n"), case.get("body_instead", "\n"))
    assert (header, body) != (HEADER, BODY)
    with pytest.raises(DeclarationError) as refused:
        _read(tmp_path, header, body)
    assert case["because"] in str(refused.value)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    body = "MATCH (p:Person)-[l:LIVED_AT]->(h:House) RETURN h.colour"
    with pytest.raises(DeclarationError) as refused:
        _read(tmp_path, HEADER, body)
    messages = {problem.message for problem in refused.value.problems}
    assert {"is declared but not used", "relationship type LIVED_AT is not declared"} <= messages
    assert "h.colour: House has no property colour" in messages
    assert "the text returns a column without AS; declared are house_id" in messages


def test_header_is_required(tmp_path: Path) -> None:
    file = tmp_path / "questions" / "housing" / "made_up.cypher"
    file.parent.mkdir(parents=True)
    file.write_text(BODY, encoding="utf-8")
    with pytest.raises(DeclarationError, match="starts with no header"):
        read_questions(DeclarationTree(tmp_path))


def test_two_topics_cannot_have_a_question_of_one_name(tmp_path: Path) -> None:
    file = tmp_path / "questions" / "population" / "old_people_alone.cypher"
    file.parent.mkdir(parents=True)
    file.write_text(f"/*{HEADER}*/{BODY}", encoding="utf-8")
    with pytest.raises(DeclarationError, match="exists in another topic"):
        read_questions(DeclarationTree(tmp_path))


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_shipped_question_names_its_subject_first_and_permits_training(name: str) -> None:
    question = SHIPPED[name]
    assert question.columns[0].name.endswith("_id")
    assert "training" in question.purposes
    assert question.title_zh and question.title_en


def test_dates_of_a_question_default_to_the_snapshot() -> None:
    assert {each.name for each in SHIPPED["separated_residents"].given if each.default is None} == {"as_of"}
