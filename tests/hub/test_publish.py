"""A snapshot built on the last one holds what one built anew holds, and one that went astray is built anew."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub.publish import publish_snapshot
from hub.site import Site
from stores.home import Home, open_home
from stores.snapshots import ENTITIES, MATCH, Manifest, read_manifest
from tests.hub.district import at_work

CHANGES = (
    "UPDATE resolved.person SET name = name || '?' WHERE hash(entity_id) % 20 = 0",
    "DELETE FROM standard.fact WHERE hash(fact_id) % 20 = 0",
    "UPDATE standard.house_record SET area_m2 = coalesce(area_m2, 50) + 1 WHERE hash(record_id) % 20 = 0",
)
# A difference of rows cannot tell one row from two equal ones.
TWICE = ("INSERT INTO standard.fact FROM (FROM standard.fact ORDER BY ALL LIMIT 1)",)


@pytest.fixture
def copy(finished: Home, tmp_path: Path) -> Home:
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


def published(site: Site) -> Manifest:
    publication = publish_snapshot(site)
    assert publication.is_new
    # Files differ in where their rows lie, publications in their number.
    return replace(publication.manifest, sequence=0, files={MATCH: publication.manifest.files[MATCH]})


@pytest.mark.parametrize("changes", [CHANGES, TWICE], ids=["some rows", "a row twice"])
def test_a_snapshot_built_on_the_last_one_equals_one_built_anew(copy: Home, changes: tuple[str, ...]) -> None:
    with at_work(copy) as site:
        before = read_manifest(copy.snapshots / "current")
        for change in changes:
            site.warehouse.execute(change)
        renewed = published(site)
        assert renewed.tables != before.tables
        shutil.rmtree(copy.snapshots)
        assert published(site) == renewed


def test_a_damaged_snapshot_is_not_built_upon(copy: Home) -> None:
    file = copy.snapshots / "current" / ENTITIES
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with at_work(copy) as site:
        site.warehouse.execute(CHANGES[0])
        renewed = published(site)
        shutil.rmtree(copy.snapshots)
        assert published(site) == renewed
