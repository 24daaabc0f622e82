"""Where a graph server is, is said by one file or the environment, and everything wrong with that is told at once."""

from pathlib import Path

import pytest

from hub.errors import UsageError
from hub.graph.neo4j_settings import Neo4jSettings, read_neo4j_settings

WRITTEN = """
kind = "synthetic"
[neo4j]
uri = "neo4j+s://graph.example:7687"
password_file = "/run/secrets/graph"
question_seconds = 30
admin = "sudo -u neo4j neo4j-admin"
[neo4j.standby]
uri = "neo4j+s://graph.example:7688"
"""


def test_home_without_a_server_has_none(tmp_path: Path) -> None:
    assert read_neo4j_settings(tmp_path / "home.toml", {}) is None


def test_file_names_server_and_standby_which_takes_over_what_it_does_not_say(tmp_path: Path) -> None:
    found = _read(tmp_path, WRITTEN)
    assert found is not None and found.standby is not None
    assert (found.uri, found.standby.uri) == ("neo4j+s://graph.example:7687", "neo4j+s://graph.example:7688")
    assert found.standby.question_seconds == 30.0
    assert found.standby.admin == ("sudo", "-u", "neo4j", "neo4j-admin")
    assert not found.can_import


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = {"HUB_NEO4J_URI": "bolt://127.0.0.1:7001", "HUB_NEO4J_STANDBY_URI": "bolt://127.0.0.1:7002"}
    found = _read(tmp_path, WRITTEN, **environment)
    assert found is not None and found.standby is not None
    assert (found.uri, found.standby.uri) == ("bolt://127.0.0.1:7001", "bolt://127.0.0.1:7002")
    assert found.password_file == Path("/run/secrets/graph")


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        _read(tmp_path, '[neo4j]\nuri = "http://graph"\npassword = "x"\npool_size = 0\nbatch_rows = "many"\n')
    told = str(raised.value)
    for part in ("uri: 'http://graph' is not one", "password: no such setting", "password_file: is missing",
                 "pool_size: 0 must be more than 0", "batch_rows: invalid literal"):  # fmt: skip
        assert f"home.toml: [neo4j]: {part}" in told


@pytest.mark.parametrize("uri", ["bolt://graph.example:7687", "neo4j+ssc://graph.example"])
def test_connection_that_anybody_may_answer_is_refused_beyond_this_machine(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UsageError, match=r"without checking who answers: use neo4j\+s://"):
        _read(tmp_path, "", HUB_NEO4J_URI=uri, HUB_NEO4J_PASSWORD_FILE="/run/secrets/graph")


def test_password_in_the_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds a user or a password"):
        _read(tmp_path, "", HUB_NEO4J_URI="bolt://neo4j:x@127.0.0.1", HUB_NEO4J_PASSWORD_FILE="/run/secrets/graph")


def _read(folder: Path, text: str, **environment: str) -> Neo4jSettings | None:
    file = folder / "home.toml"
    file.write_text(text, encoding="utf-8")
    return read_neo4j_settings(file, environment)
