"""Makes rare combinations of values coarser until each is shared by k rows; a row is never left out."""

from collections import Counter
from collections.abc import Mapping

from hub.analysis.levels import PLACES, levels_of, told_columns, told_sql, work_table
from schemas.readers.analysis import PLACE, KeptLabel
from stores.warehouse import Warehouse

Cost = Counter[str]


def generalise(warehouse: Warehouse, labels: Mapping[str, KeptLabel], k: int) -> Cost:
    """Raises levels until every combination of a label is shared by k rows; rows that each step cost.

    Where a person lives, or a unit is, is told by it and by the house alike, never more exactly by one of them.
    """
    cost: Cost = Counter()
    while True:
        before = cost.total()
        for kept in labels.values():
            for name in kept.rare:
                cost[f"{kept.label}.{name}"] += _changed(warehouse, raise_rare_sql(kept, name, k))
            cost[f"{kept.label} together"] += _changed(warehouse, join_rest_sql(kept, k))
        cost["homes"] += share_places(warehouse)
        if cost.total() == before:
            return Counter({name: rows for name, rows in cost.items() if rows})


def share_places(warehouse: Warehouse) -> int:
    """Lets a house and who is in it tell their place equally coarsely; how many rows that changed."""
    return sum(_changed(warehouse, sql) for sql in share_places_sql())


def raise_rare_sql(kept: KeptLabel, name: str, k: int) -> str:
    """One level more of this value in every row whose combination fewer than k rows share."""
    table, told = work_table(kept.label), f"hash({told_sql(kept)})"
    return (
        f'UPDATE {table} SET "l_{name}" = "l_{name}" + 1 WHERE "l_{name}" < {kept.last_level(name)} AND {told} IN ('
        f"SELECT {told} FROM {table} GROUP BY ALL HAVING count(*) < {k})"
    )


def join_rest_sql(kept: KeptLabel, k: int) -> str:
    """Takes every value from the smallest groups while the rows that have none are fewer than k, but some."""
    table, told = work_table(kept.label), f"hash({told_sql(kept)})"
    nothing = " AND ".join(f"({sql}) IS NULL" for _, sql in told_columns(kept))
    last = ", ".join(f'"l_{name}" = {kept.last_level(name)}' for name in levels_of(kept))
    return (
        f"UPDATE {table} SET {last} WHERE {told} IN (WITH "
        f"rest AS (SELECT count(*) AS n FROM {table} WHERE {nothing}), "
        f"grouped AS (SELECT {told} AS told, count(*) AS n FROM {table} WHERE NOT ({nothing}) GROUP BY ALL), "
        "ordered AS (SELECT told, coalesce(sum(n) OVER (ORDER BY n, told ROWS BETWEEN UNBOUNDED PRECEDING AND 1 "
        "PRECEDING), 0) AS earlier FROM grouped) "
        f"SELECT told FROM ordered, rest WHERE rest.n > 0 AND rest.n + earlier < {k})"
    )


def smallest_sql(kept: KeptLabel) -> str:
    """How many rows share the rarest combination."""
    return (
        f"SELECT coalesce(min(n), 0) FROM (SELECT count(*) AS n FROM {work_table(kept.label)} "
        f"GROUP BY {told_sql(kept)})"
    )


def share_places_sql() -> list[str]:
    """Statements that raise the place of a house to the coarsest of who is in it, and theirs to its own."""
    house, level = work_table("House"), f'"l_{PLACE}"'
    inside = [work_table(label) for label, through in PLACES.items() if through is not None]
    raised = [
        f"UPDATE {house} AS h SET {level} = r.coarsest FROM (SELECT home, max({level}) AS coarsest FROM {table} "
        f"WHERE home IS NOT NULL GROUP BY home) AS r WHERE r.home = h.id AND r.coarsest > h.{level}"
        for table in inside
    ]
    followed = [
        f"UPDATE {table} AS p SET {level} = h.{level} FROM {house} AS h WHERE h.id = p.home AND h.{level} > p.{level}"
        for table in inside
    ]
    return raised + followed


def _changed(warehouse: Warehouse, sql: str) -> int:
    [(rows,)] = warehouse.rows(sql)
    return int(rows)
