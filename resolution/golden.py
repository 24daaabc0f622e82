"""Golden records: one row per entity, each field from the record that the register's rules choose.

Built for every register from `standard.<register>_record` and `resolved.member` into `resolved.<register>`.
"""

from collections.abc import Sequence

from resolution.context import Resolved
from resolution.renewal import TOUCHED, changed_sql, number_entities, renew
from schemas.readers.golden import Choice, FieldRule, GoldenRules, Substitute
from schemas.readers.registers import Field, FieldType, Register
from stores.warehouse import Warehouse

SQL_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "INTEGER",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
}
# Widths in bits of the parts of a record's place among those of its entity. The record is the last part, so that the
# smallest place names the record; a preference of the field comes before all others.
RECORD_BITS, FEED_BITS, AGE_BITS = 63, 12, 22
PREFERENCE_SHIFT = RECORD_BITS + FEED_BITS + AGE_BITS + 1


def build_golden(context: Resolved) -> None:
    """Fills `resolved.person`, `resolved.house`, `resolved.unit` and `resolved.entity` from `resolved.member`."""
    declarations = context.declarations
    number_entities(context.warehouse, is_full=context.is_full)
    for name in ("house", "unit", "person"):
        register, rules = declarations.registers[name], declarations.golden[name]
        build_register(context.warehouse, register, rules, is_full=context.is_full)


def build_register(warehouse: Warehouse, register: Register, rules: GoldenRules, *, is_full: bool) -> None:
    """Fills the golden table of one register, or only brings it up to date with `touched_entity`."""
    chosen = chosen_fields(register)
    warehouse.execute(feed_order_sql(register.id, rules))
    warehouse.execute(held_record_sql(register.id, is_full=is_full))
    warehouse.execute(best_sql(register, rules))
    for field in voted_fields(chosen, rules):
        warehouse.execute(vote_sql(field, rules.rule(field)))
    part = None if is_full else "entity_id IN (SELECT entity_id FROM touched_entity)"
    records = f"standard.{register.id}_record" if is_full else "held_record"
    renew(warehouse, register.id, golden_sql(register, rules, records), key="entity_id", part=part)
    for field, groups in rules.neighbours.items():
        if not is_full:
            warehouse.execute(forsaken_sql(register.id, field, groups))
        for group in groups:
            warehouse.execute(neighbours_sql(register.id, field, group))
    warehouse.execute(f"DROP {'VIEW' if is_full else 'TABLE'} temp.held_record")
    warehouse.execute("DROP TABLE temp.feed_order; DROP TABLE temp.best")


def chosen_fields(register: Register) -> list[str]:
    """The fields that a record is chosen for; the others come with the field that they derive from."""
    return [field.name for field in register.fields if field.derived_from is None]


def voted_fields(fields: Sequence[str], rules: GoldenRules) -> list[str]:
    """Those of the fields whose value most feeds choose."""
    return [field for field in fields if rules.rule(field).choice is Choice.MOST_FREQUENT]


def feed_order_sql(register: str, rules: GoldenRules) -> str:
    """Temporary table `feed_order`: feeds by rank, the most trusted first, those that are not named by name."""
    whens = " ".join(f"WHEN '{feed}' THEN {place}" for place, feed in enumerate(rules.trust))
    distrust = f"CASE feed {whens} ELSE {len(rules.trust)} END" if whens else "0"
    return f"""
        CREATE OR REPLACE TEMP TABLE feed_order AS
        SELECT feed, row_number() OVER (ORDER BY {distrust}, feed)::HUGEINT AS rank
        FROM (SELECT DISTINCT feed FROM standard.{register}_record)
    """


def held_record_sql(register: str, *, is_full: bool) -> str:
    """Temporary view `held_record`: records with the number of their entity and their place among its records.

    If not `is_full`, a table of the records of touched entities.
    `by_trust` orders records in force before others, then by feed, then the newest first; `by_age` the newest before
    the feed. Both end with the record id.
    """
    ended, age = "(record.ended_on IS NOT NULL)::HUGEINT", "coalesce(DATE '9999-12-31' - record.recorded_on, 4194303)"
    by_trust = f"((({ended} << {FEED_BITS}) + feed_order.rank) << {AGE_BITS}) + {age}"
    by_age = f"((({ended} << {AGE_BITS}) + {age}) << {FEED_BITS}) + feed_order.rank"
    return f"""
        CREATE OR REPLACE TEMP {"VIEW" if is_full else "TABLE"} held_record AS
        SELECT record.*, member.number AS entity, member.probability,
               (({by_trust}) << {RECORD_BITS}) + record.record_id AS by_trust,
               (({by_age}) << {RECORD_BITS}) + record.record_id AS by_age
        FROM standard.{register}_record record
        JOIN resolved.member member ON member.record_id = record.record_id AND member.register = '{register}'
             {"" if is_full else f"AND member.number IN ({TOUCHED})"}
        JOIN feed_order ON feed_order.feed = record.feed
    """


def best_sql(register: Register, rules: GoldenRules) -> str:
    """Temporary table `best`: for each entity and field the first record that carries the field.

    `<field>_differs` says where the records of the entity carry several values of a field that is put to the vote.
    """
    chosen = chosen_fields(register)
    sources = [
        f"{_record_sql(f'min({_place_sql(rules.rule(field))}) FILTER ({_carries_sql(field, rules.rule(field))})')}"
        f" AS {field}_source"
        for field in chosen
    ]
    differs = [f'min("{field}") <> max("{field}") AS {field}_differs' for field in voted_fields(chosen, rules)]
    return f"""
        CREATE OR REPLACE TEMP TABLE best AS
        SELECT entity, count(*) AS n_records, count(DISTINCT feed) AS n_feeds,
               min(recorded_on) AS recorded_from, coalesce(min(probability), 1)::DOUBLE AS confidence,
               {_in_register_sql(register)} AS in_register, {", ".join([*sources, *differs])}
        FROM held_record GROUP BY entity
    """


def vote_sql(field: str, rule: FieldRule) -> str:
    """Chooses, where an entity's records differ, the value that most feeds and then most records carry."""
    return f"""
        UPDATE best SET {field}_source = vote.record_id
        FROM (
            SELECT entity, {_record_sql(f"arg_min(place, (place >> {PREFERENCE_SHIFT}, feeds, records, place))")}
                   AS record_id
            FROM (
                SELECT entity, "{field}" AS value, -count(DISTINCT feed) AS feeds, -count(*) AS records,
                       min({_place_sql(rule)}) AS place
                FROM held_record
                WHERE {_carries_sql(field, rule)} AND entity IN (SELECT entity FROM best WHERE {field}_differs)
                GROUP BY entity, value
            ) GROUP BY entity
        ) AS vote
        WHERE best.entity = vote.entity
    """


def golden_sql(register: Register, rules: GoldenRules, records: str) -> str:
    """Rows of the golden table out of this table of records; a derived field comes with the field it derives from."""
    chosen = chosen_fields(register)
    values = [
        f'CAST(record_{_origin(field)}."{field.name}" AS {SQL_TYPES[field.type]}) AS "{field.name}"'
        for field in register.fields
    ]
    sources = [f"best.{field}_source" for field in chosen]
    joins = [
        f"LEFT JOIN {records} record_{field} ON record_{field}.record_id = best.{field}_source" for field in chosen
    ]
    rows = f"""
        SELECT entity.entity_id, {", ".join(values)}, {", ".join(sources)}, best.n_records, best.n_feeds,
               best.recorded_from, best.confidence, best.in_register
        FROM best
        JOIN resolved.entity entity ON entity.number = best.entity
        {" ".join(joins)}
    """
    for field, substitute in rules.substitutes.items():
        rows = f"SELECT * REPLACE ({_substitute_sql(register, field, substitute)}) FROM ({rows})"
    return rows


def forsaken_sql(register: str, field: str, groups: Sequence[tuple[str, ...]]) -> str:
    """Empties a field that neighbours have filled, where the majority of a group may have changed."""
    own = f'CASE WHEN {field}_source IS NOT NULL THEN "{field}" END AS value'
    names = ", ".join(sorted({f'"{name}"' for group in groups for name in group}))
    shares = " OR ".join(f"({shared}) IN (SELECT ({shared}) FROM changed)" for shared in map(_shared_sql, groups))
    return f"""
        WITH changed AS (SELECT * FROM {changed_sql(register, f"{names}, {own}")})
        UPDATE resolved.{register} SET "{field}" = NULL
        WHERE {field}_source IS NULL AND "{field}" IS NOT NULL AND ({shares})
    """


def neighbours_sql(register: str, field: str, group: tuple[str, ...]) -> str:
    """Fills the field, where it is null, with the value that most entities sharing the group's fields have."""
    shared = _shared_sql(group)
    same = " AND ".join(f'golden."{name}" = majority."{name}"' for name in group)
    return f"""
        UPDATE resolved.{register} AS golden SET "{field}" = majority.value
        FROM (
            SELECT {shared}, arg_min(value, (-n, value)) AS value
            FROM (
                SELECT {shared}, "{field}" AS value, count(*) AS n FROM resolved.{register}
                WHERE {field}_source IS NOT NULL
                  AND ({shared}) IN (SELECT ({shared}) FROM resolved.{register} WHERE "{field}" IS NULL) GROUP BY ALL
            ) GROUP BY ALL
        ) AS majority
        WHERE golden."{field}" IS NULL AND {same}
    """


def _shared_sql(group: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in group)


def _substitute_sql(register: Register, field: str, substitute: Substitute) -> str:
    """Fills the field, where it is null, from another field of the entity, and says which record that came from."""
    source = next(_origin(each) for each in register.fields if each.name == substitute.field)
    lacks = f'"{field}" IS NULL AND "{substitute.where}" AND "{substitute.field}" IS NOT NULL'
    return (
        f'CASE WHEN {lacks} THEN "{substitute.field}" ELSE "{field}" END AS "{field}",'
        f" CASE WHEN {lacks} THEN {source}_source ELSE {field}_source END AS {field}_source"
    )


def _origin(field: Field) -> str:
    return field.derived_from or field.name


def _record_sql(place: str) -> str:
    return f"({place} & {(1 << RECORD_BITS) - 1})::BIGINT"


def _place_sql(rule: FieldRule) -> str:
    place = "by_age" if rule.choice is Choice.NEWEST else "by_trust"
    for field, values in rule.prefer.items():
        whens = " ".join(f"WHEN '{value}' THEN {preferred}" for preferred, value in enumerate(values))
        preferred = f'CASE CAST("{field}" AS VARCHAR) {whens} ELSE {len(values)} END'
        return f"(({preferred})::HUGEINT << {PREFERENCE_SHIFT}) + {place}"
    return place


def _carries_sql(field: str, rule: FieldRule) -> str:
    never = ", ".join(f"'{value}'" for value in rule.never)
    return f'"{field}" IS NOT NULL' + (f' AND CAST("{field}" AS VARCHAR) NOT IN ({never})' if never else "")


def _in_register_sql(register: Register) -> str:
    if register.authority is None:
        return "CAST(NULL AS BOOLEAN)"
    return f"bool_or(feed = '{register.authority}' AND ended_on IS NULL)"
