"""Stewards' decisions, kept apart from scores; they always win."""

from stores.operational.database import Operational
from stores.warehouse import Warehouse


def load_decisions(warehouse: Warehouse, operational: Operational, register: str) -> None:
    """Temporary tables `required` and `forbidden` (record_l, record_r, why) out of the decisions in force.

    A decision about a record that is no longer there waits until it comes again.
    """
    warehouse.register_arrow("decided", operational.decisions(register))
    for table, kind in (("required", "must_link"), ("forbidden", "cannot_link")):
        warehouse.execute(f"""
            CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT record_l, record_r, why FROM decided
            WHERE kind = '{kind}' AND record_l IN (SELECT record_id FROM linked)
              AND record_r IN (SELECT record_id FROM linked)
        """)
    warehouse.unregister("decided")
