"""What the columns of a question show is followed back through its Cypher, and what cannot be is refused."""

from dataclasses import replace

import pytest

from schemas.declarations import load_declarations
from schemas.lineage import lineage_mistakes, shown_by
from schemas.readers.questions import AnswerColumn, Question, ValueType

DECLARED = load_declarations()
SOME = DECLARED.questions["old_people_alone"]


def question(body: str) -> Question:
    names = [part.rpartition(" AS ")[2].strip() for part in body.partition("RETURN ")[2].split(", ")]
    columns = tuple(AnswerColumn(name, ValueType.TEXT, name, name) for name in names)
    return replace(SOME, columns=columns, cypher=body)


def shown(body: str) -> dict[str, set[str]]:
    found = shown_by(question(body), DECLARED.registers, DECLARED.graph)
    return {name: set(items) for name, items in found.columns.items()}


def mistakes(body: str) -> list[tuple[str, str]]:
    return list(lineage_mistakes(question(body), DECLARED.registers, DECLARED.graph))


LIVING = "MATCH (p:Person)-[l:LIVES_AT]->(h:House) "


@pytest.mark.parametrize(
    ("body", "column", "items"),
    [
        ("MATCH (p:Person) RETURN p.id AS person_id, p.name AS x", "x", {"person.name"}),
        ("MATCH (p:Person) RETURN p.id AS person_id, p.birth_year AS x", "x", {"person.birth_date"}),
        ("MATCH (p:Person) RETURN p.id AS person_id, p.hukou_in_city AS x", "x", {"person.hukou_area"}),
        ("MATCH (p:Person) RETURN p.id AS person_id, p.confidence AS x", "x", {"person.entity"}),
        (
            "MATCH (p:Person) WITH p, p.name AS n WITH p, n + n AS m RETURN p.id AS person_id, m AS x",
            "x",
            {"person.name"},
        ),
        (LIVING + "RETURN p.id AS person_id, h.address AS x", "x", {"house.address", "LIVES_AT"}),
        (LIVING + "RETURN h.id AS house_id, h.address AS x", "x", {"house.address"}),
        (LIVING + "RETURN h.id AS house_id, p.name AS x", "x", {"person.name", "LIVES_AT"}),
        (LIVING + "RETURN h.id AS house_id, count(DISTINCT p.id) AS x", "x", {"person.count"}),
        (LIVING + "RETURN p.id AS person_id, l.valid_from AS x", "x", {"LIVES_AT"}),
        (
            LIVING + "WITH p, h MATCH (h)-[i:IN_COMMUNITY]->(c:Community) RETURN p.id AS person_id, c.name AS x",
            "x",
            {"LIVES_AT"},
        ),
        ("MATCH (c:Community) RETURN c.id AS committee_id, c.name AS x", "x", set()),
        (
            "MATCH (p:Person) RETURN p.id AS person_id, CASE WHEN p.name = 'x' THEN 1 ELSE 0 END AS x",
            "x",
            {"person.name"},
        ),
    ],
)
def test_a_column_shows_what_its_value_comes_from(body: str, column: str, items: set[str]) -> None:
    assert mistakes(body) == []
    assert shown(body)[column] == items


@pytest.mark.parametrize(
    "body",
    [
        "MATCH (p:Person) RETURN p.id AS person_id, p AS x",
        "MATCH (p:Person) WITH p AS q RETURN q.id AS person_id, q.name AS x",
        LIVING + "RETURN p.id AS person_id, EXISTS { MATCH (p)-[k:KIN_OF]-(q:Person) } AS x",
        LIVING + "RETURN p.id AS person_id, collect(DISTINCT h.id) AS x",
        "MATCH (p:Person) RETURN p.name AS name, p.id AS x",
    ],
)
def test_what_cannot_be_followed_is_a_mistake(body: str) -> None:
    assert mistakes(body)


def test_what_cannot_be_followed_is_shown_to_nobody() -> None:
    assert "x" not in shown("MATCH (p:Person) RETURN p.id AS person_id, p AS x")


def test_every_column_of_the_catalogue_is_followed() -> None:
    for each in DECLARED.questions.values():
        found = shown_by(each, DECLARED.registers, DECLARED.graph)
        assert set(found.columns) == {column.name for column in each.columns}
        assert found.ids[0] == each.columns[0].name
