"""Stable ids: an entity keeps its id as long as the largest part of its records stays together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from resolution.errors import ResolutionError
from stores.operational.database import Operational
from stores.operational.identity import EventKind, GenerationNote, IdentityFiles, LineageEvent
from stores.quoting import quote_text
from stores.warehouse import Warehouse

CROCKFORD = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
LETTER = {"person": "P", "house": "H", "unit": "U"}
ID_BYTES = 10
MEMBER_TABLES = """
    CREATE TABLE IF NOT EXISTS resolved.member (
        register VARCHAR, record_id BIGINT, entity_id VARCHAR, number BIGINT, probability DOUBLE);
    CREATE TABLE IF NOT EXISTS resolved.touched (register VARCHAR, number BIGINT, entity_id VARCHAR)
"""
LINEAGE = """
    event_id BIGINT, register VARCHAR, generation BIGINT, run_id VARCHAR, as_of DATE, kind VARCHAR, entity_id VARCHAR,
    other_id VARCHAR
"""
TABLES = ("known_member", "known_entity", "overlap", "keeps", "revives", "fresh", "merged", "retired", "named")


@dataclass(frozen=True)
class Churn:
    """How many entities a run made, ended or changed.

    Of the `records` that were there before and still are, `moved` have another id now.
    """

    born: int = 0
    split: int = 0
    merged: int = 0
    retired: int = 0
    revived: int = 0
    records: int = 0
    moved: int = 0

    @property
    def share_moved(self) -> float:
        """The share of the records whose id changed."""
        return self.moved / self.records if self.records else 0.0


@dataclass(frozen=True)
class Minting:
    """What an id is minted with: the register, the run with the date that it stands for, the home's identity key."""

    register: str
    run_id: str
    key: bytes
    as_of: date | None = None


def assign_entities(warehouse: Warehouse, operational: Operational, minting: Minting, *, is_full: bool = True) -> Churn:
    """Gives every cluster of `clustered` its entity id, keeps members and lineage, brings `resolved.member` up to date.

    The part with most records keeps the id; of several ids that meet, the one with most records stays, then the
    oldest. An entity that was merged or retired lives again where its first record stands alone again.
    Unless it `is_full`, only the records of `scope` are named again, which hold whole clusters, before and now.
    """
    identity, register = operational.identity, minting.register
    known = identity.current(register)
    warehouse.execute(known_sql(known, "" if is_full else "SEMI JOIN scope USING (record_id)"))
    for build in (overlap_sql, keeps_sql, revives_sql, fresh_sql, merged_sql, retired_sql):
        warehouse.execute(build())
    fresh = warehouse.arrow("SELECT cluster, anchor, births FROM fresh ORDER BY cluster")
    ids, numbers = mint(minting, fresh["anchor"], fresh["births"])
    warehouse.register_arrow("minted", fresh.append_column("entity_id", ids).append_column("number", numbers))
    _assert_distinct(warehouse)
    warehouse.execute(named_sql())
    events = _events(warehouse, is_first=known is None)
    churn = _churn(warehouse, events, known)
    # Cut off after it was kept, the same run comes again and finds nothing to do.
    kept = identity.churn(register, minting.run_id)
    if known is None or events or warehouse.rows(changed_sql()):
        files = identity.begin(register)
        warehouse.execute(copy_sql(generation_sql(None if is_full else known), files.members))
        warehouse.execute(copy_sql(entities_sql(minting.run_id), files.entities))
        identity.keep(register, GenerationNote(minting.run_id, minting.as_of, asdict(churn)), files, events)
    elif kept:
        churn = Churn(**kept)
    warehouse.unregister("minted")
    write_members(warehouse, register, is_full=is_full)
    for table in TABLES:
        warehouse.execute(f"DROP TABLE temp.{table}")
    return churn


def _churn(warehouse: Warehouse, events: Sequence[LineageEvent], known: IdentityFiles | None) -> Churn:
    counts = Counter(event.kind.value for event in events)
    if known is None:
        return Churn(born=int(warehouse.rows("SELECT count(*) FROM fresh")[0][0]))
    [(before, gone, moved)] = warehouse.rows(f"""
        SELECT (SELECT count(*) FROM {_parquet_sql(known.members)}),
               count(*) FILTER (named.entity_id IS NULL),
               count(*) FILTER (named.entity_id <> known_member.entity_id)
        FROM known_member LEFT JOIN named USING (record_id)
    """)
    return Churn(**counts, records=before - gone, moved=moved)


def mint(minting: Minting, anchors: pa.ChunkedArray, births: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Ids that say nothing, and the numbers that stand for them.

    An id is 80 bits of a keyed hash of the first record and how often it has been one before. A number is the
    register's place and the id's first 60 bits: it sorts as the ids do.
    """
    letter = LETTER[minting.register]
    digests = b"".join(
        blake2b(b"%s|%d|%d" % (letter.encode(), anchor, born), digest_size=ID_BYTES, key=minting.key).digest()
        for anchor, born in zip(anchors.to_pylist(), births.to_pylist(), strict=True)
    )
    content = np.frombuffer(digests, np.uint8)
    places = np.packbits(np.unpackbits(content).reshape(-1, 5), axis=1)[:, 0] >> 3
    texts = np.char.add(letter, CROCKFORD[places].view(f"S{ID_BYTES * 8 // 5}").astype(str))
    starts = np.ascontiguousarray(content.reshape(-1, ID_BYTES)[:, :8]).view(">u8")[:, 0].astype(np.int64)
    numbers = (starts >> 4 & (1 << 60) - 1) + (sorted(LETTER.values()).index(letter) << 60)
    return pa.array(texts, pa.string()), pa.array(numbers, pa.int64())


def write_members(warehouse: Warehouse, register: str, *, is_full: bool) -> None:
    """Brings `resolved.member` up to date with `named`, and says in `resolved.touched` which entities that concerns.

    After a full naming every entity is concerned, and `resolved.touched` has none of the register.
    """
    warehouse.execute(MEMBER_TABLES)
    here = f"register = '{register}'"
    if is_full:
        warehouse.execute(f"DELETE FROM resolved.touched WHERE {here}")
    else:
        here += " AND record_id IN (FROM scope)"
        warehouse.execute(touched_sql(register))
    warehouse.execute(f"DELETE FROM resolved.member WHERE {here}")
    warehouse.execute(f"INSERT INTO resolved.member SELECT '{register}', * FROM named")


def touched_sql(register: str) -> str:
    """Adds to `resolved.touched` the entities with a record that came, went, moved or was rewritten."""
    columns = "record_id, entity_id, number, probability"
    was = f"SELECT {columns} FROM resolved.member SEMI JOIN scope USING (record_id) WHERE register = '{register}'"
    rewritten = f"FROM resolved.member SEMI JOIN rewritten USING (record_id) WHERE register = '{register}'"
    return f"""
        INSERT INTO resolved.touched
        SELECT DISTINCT '{register}', number, entity_id FROM (
            SELECT number, entity_id FROM (
                (({was}) EXCEPT SELECT {columns} FROM named) UNION ALL (SELECT {columns} FROM named EXCEPT ({was})))
            UNION SELECT number, entity_id {rewritten}
        )
    """


def known_sql(files: IdentityFiles | None, restriction: str) -> str:
    """Temporary tables `known_member`, with this restriction, and `known_entity` out of the generation before."""
    if files is None:
        return """
            CREATE OR REPLACE TEMP TABLE known_member (record_id BIGINT, entity_id VARCHAR, number BIGINT);
            CREATE OR REPLACE TEMP TABLE known_entity (entity_id VARCHAR, number BIGINT, anchor BIGINT,
                born_run VARCHAR, retired_run VARCHAR, merged_into VARCHAR)
        """
    return f"""
        CREATE OR REPLACE TEMP TABLE known_member AS FROM {_parquet_sql(files.members)} {restriction};
        CREATE OR REPLACE TEMP TABLE known_entity AS FROM {_parquet_sql(files.entities)}
    """


def copy_sql(rows: str, file: Path) -> str:
    """Writes the rows of a SELECT into a Parquet file, in their order."""
    return f"COPY ({rows}) TO {quote_text(str(file))} (FORMAT parquet, COMPRESSION zstd)"


def _parquet_sql(file: Path) -> str:
    return f"read_parquet({quote_text(str(file))})"


def overlap_sql() -> str:
    """Temporary table `overlap`: how many records of each known entity are in each cluster."""
    return """
        CREATE OR REPLACE TEMP TABLE overlap AS
        SELECT clustered.cluster, known_member.entity_id, count(*) AS records, min(clustered.record_id) AS first_record
        FROM clustered JOIN known_member USING (record_id) GROUP BY ALL
    """


def keeps_sql() -> str:
    """Temporary table `keeps` (cluster, entity_id, number).

    Each entity asks for its largest part, each cluster takes one entity.
    """
    return """
        CREATE OR REPLACE TEMP TABLE keeps AS
        WITH asking AS (
            SELECT overlap.*, known_entity.number, known_entity.born_run
            FROM overlap JOIN known_entity USING (entity_id)
            QUALIFY row_number() OVER (PARTITION BY entity_id ORDER BY records DESC, first_record) = 1
        )
        SELECT cluster, entity_id, number FROM asking
        QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY records DESC, born_run, entity_id) = 1
    """


def revives_sql() -> str:
    """Temporary table `revives` (cluster, entity_id, number): retired entities whose first record has no id now."""
    return """
        CREATE OR REPLACE TEMP TABLE revives AS
        SELECT clustered.cluster, known_entity.entity_id, known_entity.number
        FROM known_entity JOIN clustered ON clustered.record_id = known_entity.anchor
        WHERE known_entity.retired_run IS NOT NULL AND clustered.cluster NOT IN (SELECT cluster FROM keeps)
        QUALIFY row_number() OVER (
            PARTITION BY clustered.cluster ORDER BY known_entity.born_run, known_entity.entity_id) = 1
    """


def fresh_sql() -> str:
    """Temporary table `fresh`: the clusters that need an id.

    cluster, anchor (smallest record), births (ids minted of it before), parent (entity that held most of its records).
    """
    return """
        CREATE OR REPLACE TEMP TABLE fresh AS
        WITH unnamed AS (
            SELECT cluster, min(record_id) AS anchor FROM clustered
            WHERE cluster NOT IN (SELECT cluster FROM keeps UNION SELECT cluster FROM revives) GROUP BY cluster
        )
        SELECT unnamed.*, coalesce(born.births, 0) AS births, parent.entity_id AS parent
        FROM unnamed
        LEFT JOIN (SELECT anchor, count(*) AS births FROM known_entity GROUP BY anchor) born USING (anchor)
        LEFT JOIN (
            SELECT cluster, entity_id FROM overlap
            QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY records DESC, entity_id) = 1
        ) parent USING (cluster)
    """


def merged_sql() -> str:
    """Temporary table `merged` (entity_id, survivor): entities whose largest part went to another id's cluster."""
    return """
        CREATE OR REPLACE TEMP TABLE merged AS
        SELECT overlap.entity_id, keeps.entity_id AS survivor
        FROM overlap JOIN keeps USING (cluster)
        WHERE overlap.entity_id NOT IN (SELECT entity_id FROM keeps)
        QUALIFY row_number() OVER (PARTITION BY overlap.entity_id ORDER BY records DESC, first_record) = 1
    """


def retired_sql() -> str:
    """Temporary table `retired` (entity_id): entities none of whose records is left."""
    return """
        CREATE OR REPLACE TEMP TABLE retired AS
        SELECT DISTINCT entity_id FROM known_member WHERE entity_id NOT IN (SELECT entity_id FROM overlap)
    """


def named_sql() -> str:
    """Temporary table `named` (record_id, entity_id, number, probability): every record of `clustered`.

    `probability` is how surely the record belongs to its entity: that of the best accepted link in `link` that touches
    it, 1 for a collapse or a steward's decision, null for a record that stands alone.
    """
    return """
        CREATE OR REPLACE TEMP TABLE named AS
        SELECT clustered.record_id, coalesce(keeps.entity_id, revives.entity_id, minted.entity_id) AS entity_id,
               coalesce(keeps.number, revives.number, minted.number) AS number, held.probability
        FROM clustered
        LEFT JOIN keeps USING (cluster) LEFT JOIN revives USING (cluster) LEFT JOIN minted USING (cluster)
        LEFT JOIN (
            SELECT record_id, max(probability) AS probability FROM (
                SELECT unnest([record_l, record_r]) AS record_id,
                       CASE WHEN origin = 'model' THEN match_probability ELSE 1 END AS probability
                FROM link WHERE status = 'accepted'
            ) GROUP BY record_id
        ) held ON held.record_id = clustered.record_id
    """


def changed_sql() -> str:
    """One row where some record has come, gone or changed its entity, though no entity came or went."""
    return """
        SELECT 1 FROM named FULL JOIN known_member USING (record_id)
        WHERE named.entity_id IS DISTINCT FROM known_member.entity_id LIMIT 1
    """


def generation_sql(before: IdentityFiles | None) -> str:
    """The columns of `IdentityFiles.members`, sorted by record: those of the generation before, out of scope, too."""
    rest = f"UNION ALL FROM {_parquet_sql(before.members)} ANTI JOIN scope USING (record_id)" if before else ""
    return f"SELECT record_id, entity_id, number FROM named {rest} ORDER BY record_id"


def entities_sql(run_id: str) -> str:
    """The columns of `IdentityFiles.entities`, sorted by id, as they are after this run."""
    run = quote_text(run_id)
    return f"""
        SELECT entity_id, known_entity.number, anchor, born_run,
               CASE WHEN revives.entity_id IS NOT NULL THEN NULL
                    WHEN merged.entity_id IS NOT NULL OR retired.entity_id IS NOT NULL THEN {run}
                    ELSE retired_run END AS retired_run,
               CASE WHEN revives.entity_id IS NOT NULL THEN NULL ELSE coalesce(survivor, merged_into) END AS merged_into
        FROM known_entity LEFT JOIN revives USING (entity_id) LEFT JOIN merged USING (entity_id)
        LEFT JOIN retired USING (entity_id)
        UNION ALL
        SELECT entity_id, number, anchor, {run}, NULL, NULL FROM minted
        ORDER BY entity_id
    """


def _assert_distinct(warehouse: Warehouse) -> None:
    """Two ids that begin alike are one in 10^12; nothing may be built on them."""
    doubled = "SELECT number FROM (SELECT number FROM known_entity UNION ALL SELECT number FROM minted)"
    for (number,) in warehouse.rows(f"{doubled} GROUP BY number HAVING count(*) > 1 LIMIT 1"):
        raise ResolutionError(f"two entity ids begin alike (number {number}): report this to the developers")


def _events(warehouse: Warehouse, *, is_first: bool) -> list[LineageEvent]:
    born = f"SELECT '{EventKind.BORN}', minted.entity_id, NULL FROM fresh JOIN minted USING (cluster)"
    rows = warehouse.rows(f"""
        {born} WHERE fresh.parent IS NULL AND NOT {is_first} UNION ALL
        SELECT '{EventKind.SPLIT}', minted.entity_id, fresh.parent FROM fresh JOIN minted USING (cluster)
        WHERE fresh.parent IS NOT NULL
        UNION ALL SELECT '{EventKind.REVIVED}', entity_id, NULL FROM revives
        UNION ALL SELECT '{EventKind.MERGED}', entity_id, survivor FROM merged
        UNION ALL SELECT '{EventKind.RETIRED}', entity_id, NULL FROM retired
        ORDER BY ALL
    """)
    return [LineageEvent(EventKind(kind), entity, other) for kind, entity, other in rows]


def write_lineage(warehouse: Warehouse, operational: Operational) -> None:
    """Brings `resolved.lineage` up to date: every event of every register, in order."""
    warehouse.execute(f"CREATE TABLE IF NOT EXISTS resolved.lineage ({LINEAGE})")
    [(newest, held)] = warehouse.rows("SELECT coalesce(max(event_id), 0), count(*) FROM resolved.lineage")
    if operational.identity.count_events(newest) != held:
        # A generation that was damaged has gone with its events.
        warehouse.execute("DELETE FROM resolved.lineage")
        newest = 0
    warehouse.register_arrow("fresh_event", operational.identity.lineage(newest))
    warehouse.execute("INSERT INTO resolved.lineage BY NAME FROM fresh_event ORDER BY event_id")
    warehouse.unregister("fresh_event")


def ended_sql() -> str:
    """Rows entity_id, other_id out of `resolved.lineage`: ids that are no more, and what each was merged into."""
    return f"""
        SELECT entity_id, other_id FROM (
            FROM resolved.lineage QUALIFY row_number() OVER (PARTITION BY entity_id ORDER BY event_id DESC) = 1
        ) WHERE kind IN ('{EventKind.MERGED}', '{EventKind.RETIRED}')
    """
