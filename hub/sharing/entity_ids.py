"""Ids of entities, as people and programs write them: their form, their register, and where they stand in a table."""

import re
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from hub.errors import UsageError

REGISTERS: Mapping[str, str] = {"P": "person", "H": "house", "U": "unit"}
FORM = "[PHU][0-9A-HJKMNP-TV-Z]{16}"
ENTITY_ID = re.compile(FORM)


def register_of_id(entity: str) -> str | None:
    """The register of an entity's id; None for a town or committee, whose ids are codes, and empty for no id."""
    return None if entity.isdigit() else REGISTERS.get(entity[:1], "")


def check_id(entity: str) -> None:
    """Raises UsageError where the text is no entity id."""
    if not ENTITY_ID.fullmatch(entity):
        raise UsageError(
            f"{entity!r} is not the id of an entity: ids begin with P (person), H (house) or U (unit) and have 17 "
            "characters; the first column of an answer to `hub ask` holds them"
        )


def ids_in_table(table: pa.Table) -> Iterator[str]:
    """The ids that are values of any column, lists included."""
    for column in table.columns:
        yield from _in_column(column)


def _in_column(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_list(column.type):
        column = pc.list_flatten(column)
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return []
    values = column.unique()
    ids: list[str] = values.filter(pc.match_substring_regex(values, f"^{FORM}$")).to_pylist()
    return ids
