"""Copies leave through the one door, for a while, or not at all."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.analysis.errors import ReleaseError, TooRevealingError
from hub.analysis.export import Target, export, remove_expired
from hub.analysis.reading import open_release
from hub.analysis.releases import FOLDER, releases_of
from hub.errors import AccessDenied, AuditError, UsageError
from hub.graph.errors import GraphServerError
from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import mark
from hub.sharing.audit import LOG_NAME
from schemas.declarations import load_declarations
from stores.home import Home, create_home, open_home
from tests.hub.analysis.conftest import HOUSING, TODAY, exported
from tests.hub.district import at_work
from tests.hub.shelf import home_with_snapshot
from tests.hub.typed import Hub
from tests.neo4j.town import SMALLTOWN, settings_of
from tools.neo4j.server import Server


@pytest.fixture
def home(finished: Home, tmp_path: Path) -> Home:
    """A home of its own, with no release yet."""
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True, ignore=shutil.ignore_patterns(FOLDER))
    return open_home(tmp_path / "home")


def audit_of(home: Home) -> list[Mapping[str, object]]:
    return [json.loads(line) for line in (home.audit / LOG_NAME).read_text().splitlines()]


def test_real_home_is_refused_and_nothing_is_written_but_the_refusal(tmp_path: Path) -> None:
    home = home_with_snapshot(tmp_path / "real", kind="real")
    with at_work(home) as site, pytest.raises(AccessDenied) as refused:
        export(site, HOUSING)
    assert refused.value.rule == "training-on-made-up-people"
    assert not (home.root / FOLDER).exists()
    [line] = audit_of(home)
    assert (line["verb"], line["what"], line["outcome"]) == ("export", "analysis housing", "refused")


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_purpose_that_nobody_permits_is_refused(tmp_path: Path, purpose: str) -> None:
    home = home_with_snapshot(tmp_path / "home")
    with at_work(home) as site, pytest.raises(AccessDenied):
        export(site, replace(HOUSING, purpose=purpose))
    assert audit_of(home)[-1]["outcome"] == "refused"


def test_purpose_that_the_study_does_not_declare_is_refused(tmp_path: Path) -> None:
    home = home_with_snapshot(tmp_path / "home")
    with at_work(home) as site:
        rules = site.declarations.analysis
        housing = replace(rules.studies["housing"], purposes=("statistics",))
        declared = replace(site.declarations, analysis=replace(rules, studies={"housing": housing}))
        with pytest.raises(AccessDenied, match="purpose-declared"):
            export(replace(site, declarations=declared), HOUSING)


def test_release_says_what_it_is_and_the_audit_log_said_so_first(home: Home) -> None:
    with exported(home) as (_, release):
        pass
    line = audit_of(home)[-1]
    assert line["sequence"] == release.audit
    assert line["parameters"] == {"expires": str(release.expires), "release": release.id, "to": "embedded"}
    assert line["rows"] == sum(release.figures["rows"].values())
    assert (release.purpose, release.by, release.k) == ("training", "wang", 10)
    assert release.expires == TODAY + timedelta(days=30)
    assert release.figures["steps"][0][0] == "rare"


def test_nothing_is_released_where_the_audit_log_cannot_be_written(home: Home) -> None:
    shutil.rmtree(home.audit)
    home.audit.write_text("no folder")
    with at_work(home) as site, pytest.raises(AuditError):
        export(site, HOUSING)
    assert not (home.root / FOLDER).exists()


def test_copy_in_which_too_many_are_unique_does_not_leave(home: Home) -> None:
    with at_work(home) as site:
        rules = site.declarations.analysis
        housing = replace(rules.studies["housing"], ladder=rules.studies["housing"].ladder[:1])
        declared = replace(site.declarations, analysis=replace(rules, studies={"housing": housing}))
        with pytest.raises(TooRevealingError, match=r"% of persons are unique at the end of the ladder, 1.00% are"):
            export(replace(site, declarations=declared), HOUSING)
    assert not (home.root / FOLDER).exists()


@pytest.fixture
def shelved(housing: Path, tmp_path: Path) -> tuple[Home, Path]:
    """A home with nothing but a release of 30 days, and its folder."""
    home = create_home(tmp_path / "home", kind="synthetic")
    return home, Path(shutil.copytree(housing, home.root / FOLDER / housing.name))


def test_expired_release_is_not_read_and_goes_with_the_next_command(shelved: tuple[Home, Path]) -> None:
    home, folder = shelved
    declared, last, over = load_declarations(), TODAY + timedelta(days=29), TODAY + timedelta(days=30)
    with open_release(folder, declared, today=last) as graph:
        assert graph.counts()["Person"] > 300
    with pytest.raises(ReleaseError, match=f"expired on {over}"), open_release(folder, declared, today=over):
        pass
    assert remove_expired(home, last) == []
    assert remove_expired(home, over) == [folder.name]
    assert releases_of(home.root) == []
    assert not folder.exists()


def test_changed_release_is_not_read(shelved: tuple[Home, Path]) -> None:
    home, folder = shelved
    [(_, release)] = releases_of(home.root)
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(manifest.replace(str(release.expires), "2036-01-01"))
    with pytest.raises(ReleaseError, match="changed after it was written"):
        releases_of(home.root)
    (folder / "manifest.json").write_text(manifest)
    with (folder / "graph.lbug").open("ab") as file:
        file.write(b"more")
    declared = load_declarations()
    with pytest.raises(ReleaseError, match="is not what was written"), open_release(folder, declared, today=TODAY):
        pass


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([], "hub graph export --analysis --study STUDY"),
        (["--analysis", "--study", "gossip"], "'gossip' is no study"),
        (["--analysis", "--expires-in", "91"], "kept for 1 to 90 days, not 91"),
        (["--analysis", "--to", "server"], "names no server for analysts"),
    ],
)
def test_order_that_cannot_be_understood_says_what_can(hub: Hub, home: Home, typed: list[str], told: str) -> None:
    done = hub("--home", str(home.root), "graph", "export", "--purpose", "training", *typed)
    assert done.code == 2
    assert told in done.err


def test_command_tells_what_it_cost_and_lists_the_release(hub: Hub, home: Home) -> None:
    done = hub("--home", str(home.root), "graph", "export", "--analysis", "--purpose", "training")
    assert done.code == 0, done.err
    assert "Made coarser until 10 share every combination: " in done.out
    assert "(at most 1.00%)" in done.out
    listed = hub("--home", str(home.root), "graph", "releases")
    assert [release.id in listed.out for _, release in releases_of(home.root)] == [True]


def test_server_of_the_hubs_own_graph_is_refused(
    home: Home, running_neo4j: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in ("NEO4J", "ANALYSIS"):
        monkeypatch.setenv(f"HUB_{table}_URI", running_neo4j.uri)
        monkeypatch.setenv(f"HUB_{table}_PASSWORD_FILE", str(running_neo4j.password_file))
    monkeypatch.setenv("HUB_ANALYSIS_URI", running_neo4j.uri.replace("127.0.0.1", "localhost"))
    with at_work(home) as site, pytest.raises(UsageError, match="is a server of the hub's own graph"):
        export(site, replace(HOUSING, to=Target.SERVER))


def test_server_that_holds_something_else_is_not_overwritten(
    home: Home, running_neo4j: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(settings_of(running_neo4j)) as server:
        server.execute("MATCH (n) DETACH DELETE n", "CREATE (:Person {id: 'P1'})")
        with server.write("marking") as transaction:
            mark(transaction, SMALLTOWN, verified=True)
            transaction.commit()
    monkeypatch.setenv("HUB_ANALYSIS_URI", running_neo4j.uri)
    monkeypatch.setenv("HUB_ANALYSIS_PASSWORD_FILE", str(running_neo4j.password_file))
    order = replace(HOUSING, to=Target.SERVER)
    with at_work(home) as site, pytest.raises(GraphServerError, match="serves snapshot smalltown, which is no release"):
        export(site, order)
    with connected(settings_of(running_neo4j)) as server:
        assert server.read(lambda transaction: transaction.rows("MATCH (p:Person) RETURN p.id")) == [["P1"]]
    assert releases_of(home.root) == []
