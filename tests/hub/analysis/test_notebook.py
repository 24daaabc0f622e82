"""The notebook of docs/analysis runs from top to bottom on a release that stands on a real server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.analysis.bolt import BoltGraph
from hub.analysis.export import Target, export, remove_expired
from stores.home import Home
from tests.hub.analysis.conftest import HOUSING, TODAY
from tests.hub.district import at_work
from tests.neo4j.town import empty
from tools.neo4j.server import Server

NOTEBOOK = Path(__file__).parents[3] / "docs" / "analysis" / "operators.ipynb"
NOW = {"now": "2026-11-23T00:00:00+00:00"}
CROWDED = (
    "MATCH (p:Person)-[:LIVES_AT]->(h:House) WHERE h.is_dwelling WITH h, count(DISTINCT p.id) AS n "
    "WHERE 5 * n > h.area_to + 1 OR n > 2 * h.rooms_to RETURN count(h) AS n"
)


@pytest.fixture
def analysts_server(running_neo4j: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, empty, as that of the analysts."""
    empty(running_neo4j)
    monkeypatch.setenv("HUB_ANALYSIS_URI", running_neo4j.uri)
    monkeypatch.setenv("HUB_ANALYSIS_PASSWORD_FILE", str(running_neo4j.password_file))
    return running_neo4j


def outputs_of(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_committed_notebook_carries_no_outputs() -> None:
    assert outputs_of(NOTEBOOK) == []


@pytest.fixture
def py2neo(analysts_server: Server) -> Iterator[BoltGraph]:
    """The server as an analyst reads it."""
    with closing(BoltGraph(analysts_server.uri, analysts_server.password_file)) as server:
        yield server


def test_study_runs_on_the_analysts_server(finished: Home, py2neo: BoltGraph, tmp_path: Path) -> None:
    with at_work(finished) as site:
        release = export(site, replace(HOUSING, to=Target.SERVER))
    done = tmp_path / "done.ipynb"
    subprocess.run([sys.executable, "-m", "tools.notebooks", NOTEBOOK, "--to", done], check=True, capture_output=True)
    outputs = outputs_of(done)
    [found] = [json.loads(each["text"][0]) for each in outputs if each.get("text", [""])[0].startswith("{")]
    [crowded] = py2neo.rows(CROWDED)
    assert crowded["n"] > 0
    assert found["crowded"] == (str(crowded["n"]) if crowded["n"] >= 10 else "fewer than 10")
    pictures = [each["data"]["image/png"] for each in outputs if "image/png" in each.get("data", {})]
    assert [len(each) > 5000 for each in pictures] == [True, True]
    assert release.id in str(outputs[0])
    text = "MATCH (p:Person) WHERE p.birth_from >= $year RETURN count(*) AS n"
    assert 0 < py2neo.rows(text, {"year": 1980})[0]["n"] < release.figures["rows"]["Person"]
    assert len(py2neo.graph.nodes.match("Town")) == release.figures["rows"]["Town"]


def test_release_takes_the_place_of_an_earlier_one_and_goes_from_the_server_when_it_expires(
    finished: Home, py2neo: BoltGraph
) -> None:
    py2neo.rows("CREATE (:Person {id: 'P1'}), (:Snapshot {id: 'release-earlier', as_of: date(), published: $now})", NOW)
    with at_work(finished) as site:
        release = export(site, replace(HOUSING, to=Target.SERVER, days=1))
    assert py2neo.rows("MATCH (s:Snapshot) RETURN s.id AS id") == [{"id": release.id}]
    assert py2neo.rows("MATCH (p:Person) RETURN count(*) AS n") == [{"n": release.figures["rows"]["Person"]}]
    assert release.id in remove_expired(finished, TODAY + timedelta(days=1))
    assert py2neo.rows("MATCH (n) WHERE NOT n:Publication RETURN count(n) AS n") == [{"n": 0}]
