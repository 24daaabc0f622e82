"""A contract may name a department's own PostgreSQL as the place of its rows; no secret has a place in it."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.errors import DeclarationError
from schemas.readers.contracts import FileFormat
from schemas.readers.databases import pulled_file_name, pulled_file_pattern
from tests.schemas.contracts import column, read_one, small, told


def in_database() -> dict[str, Any]:
    """The small contract with a database instead of files."""
    content = small()
    place = {"host": "db.town", "port": 5432, "database": "office", "schema": "registry"}
    content["servers"] = [{"server": "office", "type": "postgres", **place}]
    return content


def test_rows_are_in_the_table_and_columns_of_the_physical_names(tmp_path: Path) -> None:
    content = in_database()
    content["schema"][0]["physicalName"] = "Caiji"
    column(content, "seen")["physicalName"] = "xm"
    contract = read_one(tmp_path, content)
    assert contract.database is not None
    assert str(contract.database) == "db.town:5432/office registry.Caiji"
    assert dict(contract.database.columns) == {
        **{name: name for name in ("nr", "gender", "place", "day")},
        "seen": "xm",
    }
    assert told(tmp_path, content) == ""


def test_server_must_prove_who_it_is_unless_the_contract_says_otherwise(tmp_path: Path) -> None:
    content = in_database()
    assert getattr(read_one(tmp_path, content).database, "ssl_mode", "") == "verify-full"
    content["servers"][0]["customProperties"] = [{"property": "sslMode", "value": "disable"}]
    assert getattr(read_one(tmp_path, content).database, "ssl_mode", "") == "disable"


def test_what_is_pulled_is_a_parquet_file_whose_name_says_which_delivery_it_is(tmp_path: Path) -> None:
    contract = read_one(tmp_path, in_database())
    assert contract.delivery.format is FileFormat.PARQUET
    assert contract.delivery.file_pattern == pulled_file_pattern("visits")
    name = pulled_file_name("visits", mode="delta", day=date(2026, 7, 1), sequence=12)
    match = re.fullmatch(contract.delivery.file_pattern, name)
    assert match is not None
    assert match.groupdict() == {"mode": "delta", "date": "20260701", "sequence": "0012"}


def test_block_that_the_documentation_shows_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "feeds-from-postgresql.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    left_out = in_database()
    left_out["servers"][0] |= {"host": "db.office.example"}
    assert read_one(tmp_path, small() | yaml.safe_load(block)).database == read_one(tmp_path, left_out).database


MISTAKES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda s: s.update(password="x"), "servers.0.postgres.password"),
    (lambda s: s.update(user="x"), "servers.0.postgres.user"),
    (lambda s: s.update(port=0), "servers.0.postgres.port"),
    (lambda s: s.pop("schema"), "servers.0.postgres.schema"),
    (lambda s: s.update(type="oracle"), "servers.0"),
    (
        lambda s: s.update(customProperties=[{"property": "sslMode", "value": "prefer"}]),
        "servers.0.postgres.customProperties.sslMode",
    ),
    (
        lambda s: s.update(customProperties=[{"property": "timeZone", "value": "x'; DROP"}]),
        "servers.0.postgres.customProperties.timeZone",
    ),
]


@pytest.mark.parametrize(("spoil", "expected"), MISTAKES, ids=[expected for _, expected in MISTAKES])
def test_server_of_another_shape_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], expected: str
) -> None:
    content = in_database()
    spoil(content["servers"][0])
    with pytest.raises(DeclarationError) as refused:
        read_one(tmp_path, content)
    assert [each.key for each in refused.value.problems] == [expected]
