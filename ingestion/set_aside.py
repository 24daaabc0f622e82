"""Rows of a delivery that were set aside or are doubtful, told without any value of theirs: line, column, rule.

The stored reasons may quote a person's data; what leaves the hub is the rule, and columns that the contract declares.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingestion.checks_sql import as_number_reason, missing_reason
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import FeedContract
from stores.warehouse import Warehouse

SET_ASIDE, DOUBTFUL = "set_aside", "doubtful"
_TOLD = {SET_ASIDE: ("quarantined_row", "NULL"), DOUBTFUL: ("issue", "column_name")}


@dataclass(frozen=True)
class ToldRow:
    """A row that was set aside, or is held and doubtful (`fate`); `column` is None where it is not about one."""

    fate: str
    line: int
    column: str | None
    rule: str


@dataclass(frozen=True)
class ToldRule:
    """How many rows of a delivery broke a rule."""

    fate: str
    rule: str
    rows: int
    first_line: int


def told_rules(warehouse: Warehouse) -> Mapping[int, Sequence[ToldRule]]:
    """The rules that rows of each delivery broke: those set aside first, then the most frequent."""
    found = defaultdict[int, list[ToldRule]](list)
    for fate, (table, _) in _TOLD.items():
        rules = f"SELECT delivery_id, rule, count(DISTINCT line), min(line) FROM quarantine.{table} GROUP BY ALL"
        for delivery_id, rule, rows, line in warehouse.rows(f"{rules} ORDER BY 1, 3 DESC, 2"):
            found[delivery_id].append(ToldRule(fate, rule, rows, line))
    return found


def told_rows(delivery_id: int, contract: FeedContract, warehouse: Warehouse, *, most: int) -> list[ToldRow]:
    """The first so many such rows by line; one that breaks several rules comes several times."""
    parts = " UNION ALL ".join(
        f"SELECT '{fate}' AS fate, line, {column} AS column_name, rule, reason FROM quarantine.{table} "
        f"WHERE delivery_id = {delivery_id:d}"
        for fate, (table, column) in _TOLD.items()
    )
    rows = warehouse.rows(f"SELECT * FROM ({parts}) ORDER BY line, fate, rule, column_name LIMIT {most:d}")
    by_reason, by_rule = _columns_by_reason(contract), _columns_by_rule(contract)
    return [
        ToldRow(fate, line, by_reason.get((rule, reason)) or by_rule.get(rule) or _declared(column, contract), rule)
        for fate, line, column, rule, reason in rows
    ]


def _columns_by_reason(contract: FeedContract) -> Mapping[tuple[str, str], str]:
    missing = {("required_missing", missing_reason(each.name)): each.name for each in contract.columns}
    numbers = {("id_as_number", as_number_reason(each)): each for each in identifier_columns(contract)}
    return missing | numbers


def _columns_by_rule(contract: FeedContract) -> Mapping[str, str]:
    key = ", ".join(contract.key)
    found = dict.fromkeys(("key_missing", "key_as_number", "key_repeated", "version_reused"), key)
    if contract.version_column:
        found |= dict.fromkeys(("version_missing", "version_unreadable", "version_in_future"), contract.version_column)
    return found | ({"operation_unknown": contract.operation_column} if contract.operation_column else {})


def _declared(column: str | None, contract: FeedContract) -> str | None:
    """The column, or columns, where the contract has them: a header that it does not know could be anybody's name."""
    known = {each.name for each in contract.columns} | {each.name for each in contract.derived}
    return column if column is not None and set(column.split(", ")) <= known else None
