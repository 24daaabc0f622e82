"""Golden records: one row per entity, each field from the record that the register's rules choose.

Built for every register from `standard.<register>_record` and `resolved.member` into `resolved.<register>`.
"""

from resolution.context import Resolved
from resolution.membership import held_sql
from schemas.readers.golden import Choice, FieldRule, GoldenRules, Substitute
from schemas.readers.registers import FieldType, Register
from stores.warehouse import Warehouse

SQL_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "INTEGER",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
}
RECORD_ORDER = ["ended", "distrust", "feed", "oldness"]


def build_golden(context: Resolved) -> None:
    """Fills `resolved.person`, `resolved.house` and `resolved.unit` for every entity of `resolved.member`."""
    declarations = context.declarations
    for name in ("house", "unit", "person"):
        build_register(context.warehouse, declarations.registers[name], declarations.golden[name])


def build_register(warehouse: Warehouse, register: Register, rules: GoldenRules) -> None:
    """Fills the golden table of one register."""
    chosen = [field.name for field in register.fields if field.derived_from is None]
    for field in chosen:
        warehouse.execute(choice_sql(register.id, field, rules))
    warehouse.execute(weakest_sql(register.id))
    warehouse.execute(golden_sql(register))
    for field, substitute in rules.substitutes.items():
        warehouse.execute(substitute_sql(register, field, substitute))
    for field, groups in rules.neighbours.items():
        for group in groups:
            warehouse.execute(neighbours_sql(register.id, field, group))
    for table in [f"chosen_{field}" for field in chosen] + ["weakest"]:
        warehouse.execute(f"DROP TABLE temp.{table}")


def choice_sql(register: str, field: str, rules: GoldenRules) -> str:
    """Temporary table `chosen_<field>`: the record that gives each entity the field, by the field's rule."""
    rule = rules.rule(field)
    return f"""
        CREATE OR REPLACE TEMP TABLE chosen_{field} AS
        WITH candidate AS (
            SELECT member.entity_id, record.record_id, CAST(record."{field}" AS VARCHAR) AS value, record.feed,
                   {_preference_sql(rule)} AS preferred, (record.ended_on IS NOT NULL)::INTEGER AS ended,
                   {_trust_sql(rules.trust)} AS distrust, -epoch(record.recorded_on)::BIGINT AS oldness
            FROM standard.{register}_record record
            JOIN resolved.member member ON member.record_id = record.record_id AND member.register = '{register}'
            WHERE record."{field}" IS NOT NULL {_never_sql(field, rule)}
        ), value AS (
            SELECT entity_id, value, -count(DISTINCT feed) AS feeds, -count(*) AS records,
                   min(struct_pack({_record_order(rule)})) AS best
            FROM candidate GROUP BY entity_id, value
        )
        SELECT entity_id, arg_min(best.record_id, {_value_order(rule)}) AS record_id
        FROM value GROUP BY entity_id
    """


def weakest_sql(register: str) -> str:
    """Temporary table `weakest`: how surely the least sure record of each linked entity belongs to it."""
    return f"""
        CREATE OR REPLACE TEMP TABLE weakest AS
        SELECT member.entity_id, min(held.probability) AS confidence
        FROM resolved.member member
        JOIN ({held_sql()}) held ON held.record_id = member.record_id AND held.register = member.register
        WHERE member.register = '{register}' GROUP BY member.entity_id
    """


def golden_sql(register: Register) -> str:
    """The golden table from the chosen records; derived fields come from the record of the field they derive from."""
    origin = {field.name: field.derived_from or field.name for field in register.fields}
    chosen = [field.name for field in register.fields if field.derived_from is None]
    values = [
        f'CAST(record_{origin[field.name]}."{field.name}" AS {SQL_TYPES[field.type]}) AS "{field.name}"'
        for field in register.fields
    ]
    sources = [f"chosen_{field}.record_id AS {field}_source" for field in chosen]
    joins = [
        f"LEFT JOIN chosen_{field} USING (entity_id) LEFT JOIN standard.{register.id}_record record_{field}"
        f" ON record_{field}.record_id = chosen_{field}.record_id"
        for field in chosen
    ]
    return f"""
        CREATE OR REPLACE TABLE resolved.{register.id} AS
        WITH extent AS (
            SELECT member.entity_id, count(*) AS n_records, count(DISTINCT record.feed) AS n_feeds,
                   min(record.recorded_on) AS recorded_from, {_in_register_sql(register)} AS in_register
            FROM standard.{register.id}_record record
            JOIN resolved.member member ON member.record_id = record.record_id AND member.register = '{register.id}'
            GROUP BY member.entity_id
        )
        SELECT extent.entity_id, {", ".join(values)}, {", ".join(sources)}, extent.n_records, extent.n_feeds,
               extent.recorded_from, coalesce(weakest.confidence, 1)::DOUBLE AS confidence, extent.in_register
        FROM extent
        LEFT JOIN weakest USING (entity_id)
        {" ".join(joins)}
        ORDER BY extent.entity_id
    """


def substitute_sql(register: Register, field: str, substitute: Substitute) -> str:
    """Fills the field, where it is null, from another field of the entity, and says which record that came from."""
    origin = {each.name: each.derived_from or each.name for each in register.fields}[substitute.field]
    return f"""
        UPDATE resolved.{register.id} SET "{field}" = "{substitute.field}", {field}_source = {origin}_source
        WHERE "{field}" IS NULL AND "{substitute.where}" AND "{substitute.field}" IS NOT NULL
    """


def neighbours_sql(register: str, field: str, group: tuple[str, ...]) -> str:
    """Fills the field, where it is null, with the value that most entities sharing the group's fields have."""
    shared = ", ".join(f'"{name}"' for name in group)
    same = " AND ".join(f'golden."{name}" = majority."{name}"' for name in group)
    return f"""
        UPDATE resolved.{register} AS golden SET "{field}" = majority.value
        FROM (
            SELECT {shared}, arg_min(value, (-n, value)) AS value
            FROM (
                SELECT {shared}, "{field}" AS value, count(*) AS n FROM resolved.{register}
                WHERE {field}_source IS NOT NULL GROUP BY ALL
            ) GROUP BY ALL
        ) AS majority
        WHERE golden."{field}" IS NULL AND {same}
    """


def _preference_sql(rule: FieldRule) -> str:
    for field, values in rule.prefer.items():
        whens = " ".join(f"WHEN '{value}' THEN {place}" for place, value in enumerate(values))
        return f'CASE CAST(record."{field}" AS VARCHAR) {whens} ELSE {len(values)} END'
    return "0"


def _trust_sql(trust: tuple[str, ...]) -> str:
    whens = " ".join(f"WHEN '{feed}' THEN {place}" for place, feed in enumerate(trust))
    return f"CASE record.feed {whens} ELSE {len(trust)} END" if whens else "0"


def _never_sql(field: str, rule: FieldRule) -> str:
    values = ", ".join(f"'{value}'" for value in rule.never)
    return f'AND CAST(record."{field}" AS VARCHAR) NOT IN ({values})' if values else ""


def _in_register_sql(register: Register) -> str:
    if register.authority is None:
        return "CAST(NULL AS BOOLEAN)"
    return f"bool_or(record.feed = '{register.authority}' AND record.ended_on IS NULL)"


def _record_order(rule: FieldRule) -> str:
    columns = ["ended", "oldness", "distrust", "feed"] if rule.choice is Choice.NEWEST else RECORD_ORDER
    return ", ".join(f"{column} := {column}" for column in ["preferred", *columns, "record_id"])


def _value_order(rule: FieldRule) -> str:
    return "(best.preferred, feeds, records, best)" if rule.choice is Choice.MOST_FREQUENT else "best"
