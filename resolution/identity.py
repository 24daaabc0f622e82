"""Stable ids: an entity keeps its id as long as the largest part of its records stays together."""

import hmac
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa

from stores.operational.database import Operational
from stores.operational.identity import EventKind, LineageEvent
from stores.warehouse import Warehouse

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTER = {"person": "P", "house": "H", "unit": "U"}
GIVEN_COLUMNS = pa.schema([("cluster", pa.int64()), ("entity_id", pa.string())])


@dataclass(frozen=True)
class Churn:
    """How many entities a run made, ended or changed."""

    born: int = 0
    split: int = 0
    merged: int = 0
    retired: int = 0
    revived: int = 0


@dataclass(frozen=True)
class Minting:
    """What an id is minted with: the register, the run and the home's identity key."""

    register: str
    run_id: str
    key: bytes


def assign_entities(warehouse: Warehouse, operational: Operational, minting: Minting) -> Churn:
    """Gives every cluster of `clustered` its entity id, keeps members and lineage, and fills `resolved.member`.

    The part with most records keeps the id; of several ids that meet, the one with most records stays, then the
    oldest. An entity that was merged or retired lives again where its first record stands alone again.
    """
    register = minting.register
    warehouse.register_arrow("known_member", operational.members(register))
    warehouse.register_arrow("known_entity", operational.entities(register))
    warehouse.execute(overlap_sql())
    warehouse.execute(keeps_sql())
    warehouse.execute(revives_sql())
    merged, retired = warehouse.rows(merged_sql()), warehouse.rows(retired_sql())
    revived = warehouse.rows("SELECT entity_id FROM revives ORDER BY entity_id")
    fresh = warehouse.rows(fresh_sql())
    births = Counter(dict(warehouse.rows("SELECT anchor, count(*) FROM known_entity GROUP BY anchor")))
    given = [(cluster, mint(minting, anchor, births[anchor]), anchor, parent) for cluster, anchor, parent in fresh]
    events = [
        *(_born(entity, anchor, parent) for _, entity, anchor, parent in given),
        *(LineageEvent(EventKind.REVIVED, entity) for (entity,) in revived),
        *(LineageEvent(EventKind.MERGED, entity, into) for entity, into in merged),
        *(LineageEvent(EventKind.RETIRED, entity) for (entity,) in retired),
    ]
    columns = [[row[0] for row in given], [row[1] for row in given]]
    warehouse.register_arrow("minted", pa.table(columns, schema=GIVEN_COLUMNS))
    members = warehouse.arrow(members_sql())
    operational.store_identity(register, minting.run_id, members, events)
    write_members(warehouse, register, members)
    for name in ("known_member", "known_entity", "minted"):
        warehouse.unregister(name)
    for table in ("overlap", "keeps", "revives"):
        warehouse.execute(f"DROP TABLE temp.{table}")
    counts = Counter(event.kind.value for event in events)
    return Churn(**{kind.value: counts[kind.value] for kind in EventKind})


def mint(minting: Minting, anchor: int, births: int) -> str:
    """An id that says nothing: 80 bits of a keyed hash of the first record and how often it has been one before."""
    digest = hmac.new(minting.key, f"{minting.register}|{anchor}|{births}".encode(), sha256).digest()
    number = int.from_bytes(digest[:10], "big")
    return LETTER[minting.register] + "".join(CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))


def write_members(warehouse: Warehouse, register: str, members: pa.Table) -> None:
    """Replaces the register's rows of `resolved.member` with `members` (record_id, entity_id)."""
    warehouse.execute(
        "CREATE TABLE IF NOT EXISTS resolved.member (register VARCHAR, record_id BIGINT, entity_id VARCHAR)"
    )
    warehouse.register_arrow("new_member", members)
    with warehouse.transaction():
        warehouse.execute("DELETE FROM resolved.member WHERE register = $register", {"register": register})
        warehouse.execute(f"INSERT INTO resolved.member SELECT '{register}', record_id, entity_id FROM new_member")
    warehouse.unregister("new_member")


def overlap_sql() -> str:
    """Temporary table `overlap`: how many records of each known entity are in each cluster."""
    return """
        CREATE OR REPLACE TEMP TABLE overlap AS
        SELECT clustered.cluster, known_member.entity_id, count(*) AS records, min(clustered.record_id) AS first_record
        FROM clustered JOIN known_member USING (record_id) GROUP BY ALL
    """


def keeps_sql() -> str:
    """Temporary table `keeps` (cluster, entity_id): each entity asks for its largest part, each cluster takes one."""
    return """
        CREATE OR REPLACE TEMP TABLE keeps AS
        WITH asking AS (
            SELECT overlap.*, coalesce(known_entity.born_run, '') AS born_run
            FROM overlap LEFT JOIN known_entity USING (entity_id)
            QUALIFY row_number() OVER (PARTITION BY entity_id ORDER BY records DESC, first_record) = 1
        )
        SELECT cluster, entity_id FROM asking
        QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY records DESC, born_run, entity_id) = 1
    """


def revives_sql() -> str:
    """Temporary table `revives` (cluster, entity_id): retired entities whose first record is in an unnamed cluster."""
    return """
        CREATE OR REPLACE TEMP TABLE revives AS
        SELECT clustered.cluster, known_entity.entity_id
        FROM known_entity JOIN clustered ON clustered.record_id = known_entity.anchor
        WHERE known_entity.retired_run IS NOT NULL AND clustered.cluster NOT IN (SELECT cluster FROM keeps)
        QUALIFY row_number() OVER (
            PARTITION BY clustered.cluster ORDER BY known_entity.born_run, known_entity.entity_id) = 1
    """


def fresh_sql() -> str:
    """Rows cluster, anchor (smallest record), parent (entity that held most of its records, or null)."""
    return """
        SELECT clustered.cluster, min(clustered.record_id) AS anchor, min(parent.entity_id) AS parent
        FROM clustered LEFT JOIN (
            SELECT cluster, entity_id FROM overlap
            QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY records DESC, entity_id) = 1
        ) parent USING (cluster)
        WHERE clustered.cluster NOT IN (SELECT cluster FROM keeps UNION SELECT cluster FROM revives)
        GROUP BY clustered.cluster ORDER BY clustered.cluster
    """


def merged_sql() -> str:
    """Rows entity, survivor: entities whose largest part went to a cluster that kept another id."""
    return """
        SELECT overlap.entity_id, keeps.entity_id AS survivor
        FROM overlap JOIN keeps USING (cluster)
        WHERE overlap.entity_id NOT IN (SELECT entity_id FROM keeps)
        QUALIFY row_number() OVER (PARTITION BY overlap.entity_id ORDER BY records DESC, first_record) = 1
        ORDER BY 1
    """


def retired_sql() -> str:
    """Rows entity: entities none of whose records is left."""
    return """
        SELECT DISTINCT entity_id FROM known_member
        WHERE entity_id NOT IN (SELECT entity_id FROM overlap) ORDER BY entity_id
    """


def members_sql() -> str:
    """record_id, entity_id of every record, sorted by record."""
    return """
        SELECT clustered.record_id, coalesce(keeps.entity_id, revives.entity_id, minted.entity_id) AS entity_id
        FROM clustered
        LEFT JOIN keeps USING (cluster) LEFT JOIN revives USING (cluster) LEFT JOIN minted USING (cluster)
        ORDER BY clustered.record_id
    """


def _born(entity: str, anchor: int, parent: str | None) -> LineageEvent:
    return LineageEvent(EventKind.BORN if parent is None else EventKind.SPLIT, entity, parent, anchor)
