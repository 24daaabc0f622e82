"""Entity ids stay with the largest part of their records."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from resolution.identity import Churn, Minting, assign_entities, mint, write_lineage
from stores.home import create_home
from stores.operational.database import Operational, open_operational
from stores.operational.identity import EventKind
from stores.warehouse import Warehouse, open_warehouse

KEY, DAY = bytes(32), date(2026, 7, 1)


class Register:
    """Clusters, run by run."""

    def __init__(self, warehouse: Warehouse, operational: Operational) -> None:
        self.warehouse = warehouse
        self.operational = operational
        self.runs = 0

    def run(self, *clusters: set[int]) -> Churn:
        """One run that found these clusters."""
        self.runs += 1
        rows = [(record, min(cluster)) for cluster in clusters for record in sorted(cluster)]
        table = pa.table({"record_id": [row[0] for row in rows], "cluster": [row[1] for row in rows]})
        self.warehouse.register_arrow("clusters", table)
        self.warehouse.execute("CREATE OR REPLACE TEMP TABLE clustered AS FROM clusters")
        self.warehouse.unregister("clusters")
        self.warehouse.execute(
            "CREATE OR REPLACE TEMP TABLE link (record_l BIGINT, record_r BIGINT, origin VARCHAR, "
            "match_probability DOUBLE, status VARCHAR)"
        )
        return assign_entities(self.warehouse, self.operational, Minting("person", f"run-{self.runs:06d}", KEY, DAY))

    def entity(self, record: int) -> str:
        """The entity of a record."""
        rows = self.warehouse.rows(f"SELECT entity_id FROM resolved.member WHERE record_id = {record}")
        return str(rows[0][0])

    def redirect(self, entity: str) -> str | None:
        """What the entity was merged into."""
        files = self.operational.identity.current("person")
        assert files is not None
        [(into,)] = self.warehouse.rows(f"SELECT merged_into FROM '{files.entities}' WHERE entity_id = '{entity}'")
        return None if into is None else str(into)


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(open_warehouse(None), open_operational(create_home(tmp_path / "home", kind="synthetic")))


def minted(key: bytes, run: str, births: int) -> str:
    """The id of record 12345."""
    ids, _ = mint(Minting("person", run, key), pa.chunked_array([[12345]]), pa.chunked_array([[births]]))
    return str(ids[0])


def test_ids_are_opaque_and_the_same_for_the_same_home() -> None:
    found = minted(KEY, "run-000001", 0)
    assert found == minted(KEY, "run-000009", 0)
    assert (len(found), found[0]) == (17, "P")
    assert found != minted(bytes(31) + b"1", "run-000001", 0)
    assert found != minted(KEY, "run-000001", 1)


def test_numbers_sort_as_the_ids_of_all_registers_do() -> None:
    pairs = []
    for letter in ("house", "person", "unit"):
        minted_ids = mint(Minting(letter, "r", KEY), pa.chunked_array([range(500)]), pa.chunked_array([[0] * 500]))
        pairs += zip(*(column.to_pylist() for column in minted_ids), strict=True)
    assert [entity for entity, _ in sorted(pairs)] == [entity for entity, _ in sorted(pairs, key=lambda pair: pair[1])]
    assert len({number for _, number in pairs}) == 1500


def test_a_rerun_changes_nothing(register: Register) -> None:
    assert register.run({1, 2}, {3}) == Churn(born=2)
    before = register.entity(1), register.entity(3)
    assert register.run({1, 2}, {3}) == Churn(records=3)
    assert (register.entity(1), register.entity(3)) == before


def test_the_larger_entity_survives_a_merge_and_the_other_redirects_to_it(register: Register) -> None:
    register.run({1}, {2, 3})
    small, large = register.entity(1), register.entity(2)
    assert register.run({1, 2, 3}) == Churn(merged=1, records=3, moved=1)
    assert register.entity(1) == large
    assert register.redirect(small) == large


def test_the_larger_part_keeps_the_id_in_a_split(register: Register) -> None:
    register.run({1, 2, 3})
    whole = register.entity(1)
    assert register.run({1}, {2, 3}) == Churn(split=1, records=3, moved=1)
    assert register.entity(2) == whole
    assert register.entity(1) != whole
    (_, event), *_ = [row for row in register.operational.identity.events("person") if row[1].kind is EventKind.SPLIT]
    assert (event.entity_id, event.other_id) == (register.entity(1), whole)


def test_an_entity_without_records_retires_and_lives_again_with_them(register: Register) -> None:
    register.run({1}, {2})
    gone = register.entity(2)
    assert register.run({1}) == Churn(retired=1, records=1)
    assert register.run({1}, {2}) == Churn(revived=1, records=1)
    assert register.entity(2) == gone


def test_a_merge_that_is_undone_gives_the_old_id_back(register: Register) -> None:
    register.run({1}, {2, 3})
    small = register.entity(1)
    register.run({1, 2, 3})
    assert register.run({1}, {2, 3}) == Churn(revived=1, records=3, moved=1)
    assert register.entity(1) == small
    assert register.redirect(small) is None


def test_a_new_record_joins_without_a_new_id(register: Register) -> None:
    register.run({5, 6})
    kept = register.entity(5)
    assert register.run({1, 5, 6}) == Churn(records=2)
    assert register.entity(1) == kept


def test_the_share_of_ids_changed_is_of_the_records_that_were_there_before(register: Register) -> None:
    register.run({1}, {2, 3, 4}, {5})
    assert register.run({1, 2, 3, 4}, {6}).share_moved == 1 / 4


def test_a_run_that_was_cut_off_after_it_was_kept_tells_the_same_when_it_comes_again(register: Register) -> None:
    register.run({1}, {2, 3})
    first = register.run({1, 2, 3})
    register.runs -= 1
    assert register.run({1, 2, 3}) == first


def test_events_are_in_order_and_dated_and_a_first_generation_has_none(register: Register) -> None:
    register.run({1}, {2, 3})
    register.run({1, 2, 3}, {4})
    register.run({1, 2, 3})
    events = register.operational.identity.lineage()
    assert events["kind"].to_pylist() == ["born", "merged", "retired"]
    assert events["run_id"].to_pylist() == ["run-000002", "run-000002", "run-000003"]
    assert set(events["as_of"].to_pylist()) == {DAY}
    assert register.operational.identity.lineage(after=2)["kind"].to_pylist() == ["retired"]


def test_the_lineage_in_the_warehouse_follows_the_kept_one_also_where_a_generation_was_lost(
    register: Register,
) -> None:
    def written() -> list[str]:
        write_lineage(register.warehouse, register.operational)
        return [kind for (kind,) in register.warehouse.rows("SELECT kind FROM resolved.lineage ORDER BY event_id")]

    register.run({1}, {2, 3})
    register.run({1, 2, 3})
    assert written() == ["merged"]
    files = register.operational.identity.current("person")
    assert files is not None
    files.members.write_bytes(b"damaged")
    register.run({1}, {2, 3}, {4})
    assert written() == ["born"]
    # Whoever pulls events asks for those after the last one: a number that was given out means one event for ever.
    assert register.operational.identity.lineage()["event_id"].to_pylist() == [2]
