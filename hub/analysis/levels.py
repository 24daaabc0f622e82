"""Values and how coarse they are: each row carries a level for each value, and is told by these levels.

Tables lie in the attached database `copy`: copy.work.<label> has id, the exact values, committee, town, l_<value>.
"""

from hub.graph.tables import COLUMN_TYPES
from schemas.readers.analysis import PLACE, Kept, KeptLabel
from schemas.readers.graph import NodeLabel

DATABASE = "copy"
# Where a thing is: a house where it lies, a person where the person lives, a unit where it is licensed.
PLACES = {"Person": "LIVES_AT", "House": None, "Unit": "OCCUPIES"}


def work_table(label: str) -> str:
    """The working table of a label."""
    return f"{DATABASE}.work.{label.lower()}"


def in_force_sql(as_of: str) -> str:
    """Whether a row of a relationship table is in force at the date, an SQL expression."""
    return f"valid_from <= {as_of} AND (valid_to IS NULL OR valid_to > {as_of})"


def levels_of(kept: KeptLabel) -> list[str]:
    """Names of everything that has a level: the kept values, then the place."""
    return [*(each.name for each in kept.keeps), PLACE]


def work_table_sql(kept: KeptLabel, label: NodeLabel, as_of: str) -> str:
    """Makes the working table of a label, every row as exact as may be; `home` is the house that gives the place."""
    types = {each.name: COLUMN_TYPES[each.type] for each in label.properties}
    values = "".join(f'CAST(n."{each.of}" AS {types[each.of]}) AS "{each.name}", ' for each in kept.keeps)
    levels = ", ".join(f'0::UTINYINT AS "l_{name}"' for name in levels_of(kept))
    home, joined = "n.id", "JOIN graph.node_house AS h ON h.id = n.id"
    if through := PLACES[kept.label]:
        home, joined = (
            "h.id",
            (
                f"LEFT JOIN (SELECT start_id, min(end_id) AS end_id FROM graph.rel_{through.lower()} "
                f"WHERE {in_force_sql(as_of)} GROUP BY start_id) AS r ON r.start_id = n.id "
                "LEFT JOIN graph.node_house AS h ON h.id = r.end_id"
            ),
        )
    return (
        f"CREATE TABLE {work_table(kept.label)} AS SELECT n.id, {home} AS home, {values}"
        f"h.community_code AS committee, t.end_id AS town, {levels} FROM {label.table} AS n {joined} "
        "LEFT JOIN graph.rel_in_town AS t ON t.start_id = h.community_code"
    )


def told_columns(kept: KeptLabel) -> list[tuple[str, str]]:
    """Name and SQL of each column that leaves, by the levels of its row."""
    columns = [column for each in kept.keeps for column in _kept_columns(each)]
    columns.append(("committee", f'CASE WHEN "l_{PLACE}" = 0 THEN committee END'))
    columns.append(("town", f'CASE WHEN "l_{PLACE}" < 2 THEN town END'))
    return columns


def told_sql(kept: KeptLabel) -> str:
    """The columns that leave, as a list for GROUP BY or a hash."""
    return ", ".join(sql for _, sql in told_columns(kept))


def _kept_columns(kept: Kept) -> list[tuple[str, str]]:
    level = f'"l_{kept.name}"'
    if not kept.widths:
        return [(kept.name, f'CASE WHEN {level} = 0 THEN "{kept.name}" END')]
    lowest = " ".join(
        f'WHEN {number} THEN CAST(floor("{kept.name}" / {width}) * {width} AS BIGINT)'
        for number, width in enumerate(kept.widths)
    )
    beyond = " ".join(f"WHEN {number} THEN {width - 1}" for number, width in enumerate(kept.widths))
    lower = f"CASE {level} {lowest} END"
    return [(f"{kept.name}_from", lower), (f"{kept.name}_to", f"{lower} + CASE {level} {beyond} END")]
