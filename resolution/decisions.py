"""Stewards' decisions, kept apart from scores; they always win."""

from stores.operational.database import Operational
from stores.warehouse import Warehouse

KINDS = {"required": "must_link", "forbidden": "cannot_link"}


def load_decisions(warehouse: Warehouse, operational: Operational, register: str) -> None:
    """Temporary tables `required` and `forbidden` (record_l, record_r, why) out of the decisions in force.

    A decision about a record that is no longer there waits until it comes again.
    """
    warehouse.register_arrow("decided", operational.decisions(register))
    for table, kind in KINDS.items():
        warehouse.execute(decisions_sql(table, kind, f"standard.{register}_record"))
    warehouse.unregister("decided")


def decisions_sql(table: str, kind: str, records: str) -> str:
    """One of those tables out of `decided`, `linked` and the register's records.

    Where a row key has come to stand for somebody else, the records of the one before are named
    `<record key>@<first version>`: a decision goes with the record whose versions the steward saw.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        WITH side AS (
            SELECT unnest([record_l, record_r]) AS record_id, unnest([version_l, version_r]) AS seen
            FROM decided WHERE kind = '{kind}'
        ), own AS (
            SELECT DISTINCT side.*, feed, row_key, record_key FROM side JOIN {records} record USING (record_id)
            WHERE seen IS NOT NULL
        ), meant AS (
            SELECT own.record_id, own.seen, min(older.record_id) AS older
            FROM own JOIN {records} older ON older.feed = own.feed AND older.row_key = own.row_key
              AND starts_with(older.record_key, own.record_key || '@') AND older.version >= own.seen
              AND substr(older.record_key, length(own.record_key) + 2) <= own.seen
            GROUP BY ALL
        )
        SELECT least(one, other) AS record_l, greatest(one, other) AS record_r, why FROM (
            SELECT coalesce(l.older, record_l) AS one, coalesce(r.older, record_r) AS other, why
            FROM decided
            LEFT JOIN meant l ON l.record_id = record_l AND l.seen = version_l
            LEFT JOIN meant r ON r.record_id = record_r AND r.seen = version_r
            WHERE kind = '{kind}'
        ) WHERE one IN (SELECT record_id FROM linked) AND other IN (SELECT record_id FROM linked)
    """
