"""A contract file is read strictly, and all its mistakes are told at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.contracts import ColumnUse, FileFormat, Severity, read_contracts
from tests.schemas.contracts import column, read_one, small, term, write_contract


def test_contract_is_read_into_frozen_values(tmp_path: Path) -> None:
    contract = read_one(tmp_path, small())
    assert contract.key == ("nr",)
    assert contract.delivery.format is FileFormat.CSV
    assert (contract.freshness_days, contract.retention_days) == (3, 730)
    assert [each.use for each in contract.columns] == [ColumnUse.KEPT, *[ColumnUse.MAPPED] * 4]
    assert dict(contract.columns[2].codes or {}) == {"M": "male", "F": "female"}
    assert contract.records[0].fields[0].standardiser == "person_name"
    assert contract.facts[0].valid_from == "day"


def test_quality_rule_is_the_statement_that_must_hold(tmp_path: Path) -> None:
    rule = read_one(tmp_path, small()).quality[0]
    assert rule.predicate == "coalesce(\"day\", '') <> ''"
    assert rule.severity is Severity.ISSUE


def test_key_keeps_its_order(tmp_path: Path) -> None:
    content = small()
    column(content, "nr")["primaryKeyPosition"] = 2
    column(content, "day").update(primaryKey=True, primaryKeyPosition=1, required=True)
    assert read_one(tmp_path, content).key == ("day", "nr")


def test_own_contract_replaces_the_shipped_one_and_adds_to_the_rest(tmp_path: Path) -> None:
    own, shipped = small(), read_contracts(DeclarationTree())
    write_contract(tmp_path, own)
    own["id"] = own["schema"][0]["name"] = "field_visits"
    write_contract(tmp_path, own, "feeds/town_teams/field_visits.odcs.yml")
    read = read_contracts(DeclarationTree(tmp_path))
    assert set(read) == {*shipped, "visits"}
    assert read["field_visits"].title_en == "Visits"
    assert read["utilities"] == shipped["utilities"]


STRUCTURE: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda c: c.update(colour="red"), "colour"),
    (lambda c: c["team"].update(boss="me"), "team.boss"),
    (lambda c: c["servers"][0].update(host="db"), "servers.0.local.host"),
    (lambda c: column(c, "day").update(sensitive=True), "schema.0.properties.4.sensitive"),
    (lambda c: c["customProperties"].append({"property": "mood", "value": 1}), "customProperties.mood"),
    (lambda c: term(c, "facts")[0].update(certainty=1), "customProperties.facts.0.certainty"),
    (lambda c: term(c, "records")[0].pop("needs"), "customProperties.records.0.needs"),
    (lambda c: c.update(apiVersion="v2.2.0"), "apiVersion"),
    (lambda c: c.update(version="one"), "version"),
    (lambda c: c.pop("description"), "description"),
    (lambda c: c["schema"][0]["quality"][0].update(query="DELETE FROM visits"), "schema.0.quality.0.query"),
    (lambda c: c["slaProperties"].pop(), "slaProperties: retention must be stated exactly once"),
    (lambda c: c["customProperties"].append(c["customProperties"][0]), "property written twice: titleZh"),
    (
        lambda c: column(c, "day").update(classification="protected"),
        "day: is classified as protected and must be dropped",
    ),
    (lambda c: column(c, "day").update(classification="secret"), "schema.0.properties.4.classification"),
    (lambda c: c.update(domain="housing"), "housing/visits must be the folder and the file's stem"),
]


@pytest.mark.parametrize(("spoil", "expected"), STRUCTURE, ids=[expected for _, expected in STRUCTURE])
def test_contract_of_another_shape_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], expected: str
) -> None:
    content = small()
    spoil(content)
    write_contract(tmp_path, content)
    with pytest.raises(DeclarationError) as refused:
        read_contracts(DeclarationTree(tmp_path))
    assert [str(each) for each in refused.value.problems if expected in str(each)]
    assert {each.file for each in refused.value.problems} == {tmp_path / "feeds/town_teams/visits.odcs.yml"}


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    first, second = small(), small()
    first.update(colour="red", version="one")
    del second["team"]
    second["id"] = "calls"
    write_contract(tmp_path, first)
    write_contract(tmp_path, second, "feeds/town_teams/calls.odcs.yml")
    with pytest.raises(DeclarationError) as refused:
        read_contracts(DeclarationTree(tmp_path))
    assert [(each.file.name, each.key) for each in refused.value.problems] == [
        ("calls.odcs.yml", "team"),
        ("visits.odcs.yml", "colour"),
        ("visits.odcs.yml", "version"),
    ]


def test_key_written_twice_is_refused(tmp_path: Path) -> None:
    file = write_contract(tmp_path, small())
    file.write_text(file.read_text(encoding="utf-8") + "version: 2.0.0\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="key written twice: version"):
        read_contracts(DeclarationTree(tmp_path))
