"""The change feed over the service: from a cursor, in own ids, cut to the purpose, the same again when asked again."""

import shutil
from pathlib import Path

from hub import pipeline
from stores.home import create_home
from synthetic.district import synthesize
from tests.api.calling import Served, problem_of, served
from tests.api.readable import Department, own_ids, readable_hub, rows
from tests.hub.district import at_work, first_day


def test_a_department_follows_what_changes(tmp_path: Path) -> None:
    synthesize(persons=300, seed=11, days=20, out=tmp_path / "district")
    district = tmp_path / "district"
    home = create_home(tmp_path / "home", kind="synthetic")
    with at_work(home) as site:
        pipeline.run(first_day(district / "feeds"), site)
    hub = readable_hub(home)
    with served(hub, points_at_once=1_000_000) as service:
        registry = Department(service, "registry", "residence_check")
        begun = registry.get("changes").json()
        assert (begun["entries"], begun["is_last"]) == ([], True)
        before = {entity for (entity,) in rows(hub, "SELECT entity_id FROM person")}
        with at_work(home) as site:
            pipeline.run([district / "feeds"], site)
        read_newest(service)
        found = registry.get(f"changes?cursor={begun['next']}").json()
        assert {"changed"} <= {each["kind"] for each in found["entries"]}
        mine = set(own_ids(hub, "population_office").of(sorted(before | now(hub))))
        assert {each["id"] for each in found["entries"] if each["register"] == "person"} <= mine
        assert registry.get(f"changes?cursor={begun['next']}").json()["entries"] == found["entries"]
        assert registry.get(f"changes?cursor={found['next']}").json()["entries"] == []
        pages = paged(registry, begun["next"])
        assert pages == found["entries"]
        of_police = Department(service, "police", "residence_check").get(f"changes?cursor={begun['next']}")
        assert (of_police.status_code, problem_of(of_police)) == (400, "invalid-cursor")
        told = {name for each in found["entries"] for name in each["fields"]}
        assert told and not told & {"occupation", "birth_place", "OWNS", "records"}
        shutil.rmtree(home.changes)
        assert problem_of(registry.get(f"changes?cursor={begun['next']}")) == "begin-anew"


def now(hub: object) -> set[str]:
    return {entity for (entity,) in rows(hub, "SELECT entity_id FROM person")}  # type: ignore[arg-type]


def read_newest(service: Served) -> None:
    app = service.client.app
    app.state.service.opening.refresh()  # type: ignore[attr-defined]


def paged(department: Department, cursor: str) -> list[object]:
    """All entries, three at a time."""
    found: list[object] = []
    while True:
        page = department.get(f"changes?cursor={cursor}&limit=3").json()
        found += page["entries"]
        if page["is_last"]:
            return found
        cursor = page["next"]
