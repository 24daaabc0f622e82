"""What changes from the graph that a server holds to the graph tables: found in the warehouse, by keys and hashes.

For each label and type two temporary tables: `before_<name>` (keys of rows that go or change) and `after_<name>` (rows
that come or change). A row whose key is in both changes in place; a relationship with another end is another row.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.readers.graph import GraphModel
from stores.held import HELD
from stores.summaries import columns_of, row_hash_sql
from stores.warehouse import Warehouse

NODE_KEY = ("id",)
RELATIONSHIP_KEY = ("start_label", "start_id", "eid", "end_hash")
END_HASH = "hash(end_label, end_id)"


@dataclass(frozen=True)
class Part:
    """One label or type: its graph table, and the columns that say which row is which."""

    name: str
    table: str
    key: tuple[str, ...]

    @property
    def gone(self) -> str:
        """Keys of rows that are to go."""
        return f"(FROM temp.before_{self.name} ANTI JOIN temp.after_{self.name} USING ({', '.join(self.key)}))"

    @property
    def new(self) -> str:
        """Rows that are to come."""
        return f"(FROM temp.after_{self.name} ANTI JOIN temp.before_{self.name} USING ({', '.join(self.key)}))"

    @property
    def changed(self) -> str:
        """Rows that are to change in place."""
        return f"(FROM temp.after_{self.name} SEMI JOIN temp.before_{self.name} USING ({', '.join(self.key)}))"


def parts_of(model: GraphModel) -> Mapping[str, Part]:
    """Each label and type with its table."""
    parts = {name: Part(name.lower(), label.table, NODE_KEY) for name, label in model.labels.items()}
    return parts | {name: Part(name.lower(), each.table, RELATIONSHIP_KEY) for name, each in model.types.items()}


def held_sqls(warehouse: Warehouse, model: GraphModel) -> Mapping[str, str]:
    """For each label and type the SELECT of what is kept of its rows: the key and a hash."""
    return {part.name: _keys_sql(warehouse, part) for part in parts_of(model).values()}


@contextmanager
def differences_from(warehouse: Warehouse, model: GraphModel, file: Path) -> Iterator[int]:
    """The temporary tables for the time of a `with`; gives the number of changes."""
    parts = parts_of(model).values()
    try:
        with warehouse.attached(file, HELD):
            for part in parts:
                for sql in difference_sqls(part, _keys_sql(warehouse, part)):
                    warehouse.execute(sql)
        counts = [
            warehouse.rows(f"SELECT count(*) FROM {source}") for part in parts for source in (part.gone, part.new)
        ]
        counts += [warehouse.rows(f"SELECT count(*) FROM {part.changed}") for part in parts]
        yield sum(number for [(number,)] in counts)
    finally:
        for part in parts:
            warehouse.execute(f"DROP TABLE IF EXISTS temp.before_{part.name}")
            warehouse.execute(f"DROP TABLE IF EXISTS temp.after_{part.name}")


def difference_sqls(part: Part, keys_sql: str) -> list[str]:
    """Statements that make the two temporary tables of a label or type."""
    now, held = f"now_{part.name}", f"{HELD}.main.{part.name}"
    key = ", ".join(part.key)
    extra = f", {END_HASH} AS end_hash" if part.key is RELATIONSHIP_KEY else ""
    return [
        f"CREATE OR REPLACE TEMP TABLE {now} AS SELECT * FROM ({keys_sql}) ANTI JOIN {held} USING ({key}, h)",
        f"CREATE OR REPLACE TEMP TABLE before_{part.name} AS "
        f"SELECT {key} FROM {held} ANTI JOIN ({keys_sql}) AS n USING ({key}, h)",
        f"CREATE OR REPLACE TEMP TABLE after_{part.name} AS "
        f"SELECT t.* FROM (SELECT *{extra} FROM {part.table}) AS t SEMI JOIN temp.{now} USING ({key})",
        f"DROP TABLE temp.{now}",
    ]


def _keys_sql(warehouse: Warehouse, part: Part) -> str:
    key = ", ".join(f"{END_HASH} AS end_hash" if name == "end_hash" else name for name in part.key)
    return f"SELECT {key}, {row_hash_sql(columns_of(warehouse, part.table))} AS h FROM {part.table}"
