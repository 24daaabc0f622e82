"""SQL that compares an attached snapshot with the tables to be published: entities that came, went or changed."""

from collections.abc import Iterator, Mapping, Sequence

from resolution.identity import ended_sql
from stores.changes import ChangeKind
from stores.operational.identity import EventKind
from stores.quoting import number_sql, quote_name, quote_text

REGISTERS = ("house", "person", "unit")
RECORDS = "records"
"""The word for which records belong to an entity, beside names of fields and types of relationships."""
BEFORE = "before.main"
COMPARED = ("member", "relation", "residence", *REGISTERS, *(f"{each}_record" for each in REGISTERS))
TEMPORARY = ("came", "gone", "turned", "altered", "tie", "differing", "held")


def compare_sql(fields: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """All statements of a comparison by these fields of each register, in order."""
    yield only_sql("came", "resolved", BEFORE)
    yield only_sql("gone", BEFORE, "resolved")
    yield turned_sql()
    yield "CREATE OR REPLACE TEMP TABLE altered (register VARCHAR, entity_id VARCHAR, name VARCHAR)"
    yield from (golden_sql(register, names) for register, names in fields.items() if names)
    yield records_sql()
    yield relations_sql()
    yield residence_sql()
    yield differing_sql()
    yield held_sql()
    yield entries_sql()


def only_sql(target: str, here: str, there: str) -> str:
    """Temporary table `target` (register, entity_id): entities of the one schema that the other lacks."""
    rows = (
        f"SELECT '{each}' AS register, entity_id FROM {here}.{each} ANTI JOIN {there}.{each} USING (entity_id)"
        for each in REGISTERS
    )
    return f"CREATE OR REPLACE TEMP TABLE {target} AS {' UNION ALL '.join(rows)}"


def turned_sql() -> str:
    """Temporary table `turned` (kind, register, entity_id, other_id): entities that came or went.

    Who merged is led to the end of its chain, and has ended where that has. Who came without an event is of a
    register's first generation.
    """
    sides = [f"SELECT entity_id FROM {side}.{each}" for side in ("resolved", BEFORE) for each in REGISTERS]
    return f"""
        CREATE OR REPLACE TEMP TABLE turned AS
        WITH RECURSIVE ended AS MATERIALIZED ({ended_sql()}), led AS (
            SELECT entity_id, other_id FROM gone JOIN ended USING (entity_id)
            UNION
            SELECT led.entity_id, ended.other_id FROM led JOIN ended ON ended.entity_id = led.other_id
        ), survivor AS (
            SELECT led.* FROM led ANTI JOIN ended ON ended.entity_id = led.other_id WHERE led.other_id IS NOT NULL
        ), birth AS (
            SELECT entity_id, arg_max({{'kind': kind, 'other': other_id}}, event_id) AS event
            FROM resolved.lineage SEMI JOIN came USING (entity_id)
            WHERE kind IN ('{EventKind.BORN}', '{EventKind.SPLIT}', '{EventKind.REVIVED}') GROUP BY entity_id
        ), known AS (
            {" UNION ALL ".join(sides)}
        ), parent AS (
            SELECT DISTINCT event.other AS entity_id FROM birth WHERE event.other IN (SELECT entity_id FROM known)
        )
        SELECT CASE WHEN survivor.other_id IS NULL THEN '{ChangeKind.RETIRED}' ELSE '{ChangeKind.MERGED}' END AS kind,
               register, entity_id, survivor.other_id
        FROM gone LEFT JOIN survivor USING (entity_id)
        UNION ALL
        SELECT CASE event.kind WHEN '{EventKind.SPLIT}' THEN '{ChangeKind.SPLIT}'
                               WHEN '{EventKind.REVIVED}' THEN '{ChangeKind.REVIVED}' ELSE '{ChangeKind.NEW}' END,
               register, came.entity_id, parent.entity_id
        FROM came LEFT JOIN birth USING (entity_id) LEFT JOIN parent ON parent.entity_id = event.other
    """


def golden_sql(register: str, fields: Sequence[str]) -> str:
    """Adds to `altered` the fields in which an entity of the register has another value than before."""
    names = [quote_name(each) for each in fields]
    now, was = (f"({', '.join(f'{side}.{name}' for name in names)})" for side in ("now", "was"))
    differing = ", ".join(
        f"CASE WHEN now.{name} IS DISTINCT FROM was.{name} THEN {quote_text(field)} END"
        for name, field in zip(names, fields, strict=True)
    )
    return f"""
        INSERT INTO altered
        SELECT '{register}', entity_id, name FROM (
            SELECT now.entity_id, unnest([{differing}]) AS name
            FROM resolved.{register} now JOIN {BEFORE}.{register} was USING (entity_id)
            WHERE {now} IS DISTINCT FROM {was}
        ) WHERE name IS NOT NULL
    """


def records_sql() -> str:
    """Adds to `altered` the entities that a record has joined or left."""
    return f"""
        INSERT INTO altered
        SELECT DISTINCT register, entity_id, '{RECORDS}' FROM (
            SELECT coalesce(now.register, was.register) AS register, unnest([now.entity_id, was.entity_id]) AS entity_id
            FROM resolved.member now FULL JOIN {BEFORE}.member was USING (record_id)
            WHERE now.number IS DISTINCT FROM was.number
        ) WHERE entity_id IS NOT NULL
    """


def relations_sql() -> str:
    """Adds to `altered` both ends of the relations that are there on one side only, or end on another day.

    A relation's number stands for all else that it says, except when it was last observed and by how many records.
    """
    ends = "{end}_register AS register, {end}_id AS entity_id"
    return f"""
        CREATE OR REPLACE TEMP TABLE tie AS
        SELECT kind, subject_register, subject_id, object_register, object_id FROM resolved.relation
        ANTI JOIN {BEFORE}.relation was ON was.relation_id = relation.relation_id
            AND was.valid_to IS NOT DISTINCT FROM relation.valid_to
        UNION ALL
        SELECT kind, subject_register, subject_id, object_register, object_id FROM {BEFORE}.relation was
        ANTI JOIN resolved.relation now ON now.relation_id = was.relation_id
            AND now.valid_to IS NOT DISTINCT FROM was.valid_to;
        INSERT INTO altered
        SELECT DISTINCT register, entity_id, type FROM (
            SELECT kind, {ends.format(end="subject")} FROM tie UNION SELECT kind, {ends.format(end="object")} FROM tie
        ) JOIN declared_tie USING (kind)
    """


def residence_sql() -> str:
    """Adds to `altered` persons and houses whose residence begins or ends otherwise; how sure it is does not count."""
    columns = "person_id, house_id, valid_from, valid_to"
    now, was = f"SELECT {columns} FROM resolved.residence", f"SELECT {columns} FROM {BEFORE}.residence"
    return f"""
        INSERT INTO altered
        SELECT DISTINCT unnest(['person', 'house']), unnest([person_id, house_id]), type FROM (
            ({now} EXCEPT {was}) UNION ALL ({was} EXCEPT {now})
        ), (SELECT type FROM declared_tie WHERE kind = '')
    """


def differing_sql() -> str:
    """Temporary table `differing`: an entry's kind, ids and fields; who came or went is told as a whole."""
    return f"""
        CREATE OR REPLACE TEMP TABLE differing AS
        SELECT *, []::VARCHAR[] AS fields FROM turned
        UNION ALL BY NAME
        SELECT '{ChangeKind.CHANGED}' AS kind, register, entity_id, list_sort(list(name)) AS fields
        FROM (SELECT DISTINCT * FROM altered ANTI JOIN turned USING (entity_id)) GROUP BY register, entity_id
    """


def held_sql() -> str:
    """Temporary table `held` (entity_id, feeds): the feeds that have or had records of the entities of `differing`."""
    sides = [
        f"""SELECT entity_id, feed FROM {members} JOIN ({
            " UNION ALL ".join(f"SELECT record_id, feed FROM {records}.{each}_record" for each in REGISTERS)
        }) USING (record_id) SEMI JOIN concerned USING (entity_id)"""
        for members, records in (("resolved.member", "standard"), (f"{BEFORE}.member", BEFORE))
    ]
    return f"""
        CREATE OR REPLACE TEMP TABLE held AS
        WITH concerned AS (SELECT entity_id FROM differing UNION SELECT other_id FROM differing)
        SELECT entity_id, list_sort(list(feed)) AS feeds FROM ({" UNION ".join(sides)}) GROUP BY entity_id
    """


def entries_sql() -> str:
    """Adds `differing` to `entry`, with the feeds that each entry is told to."""
    return """
        INSERT INTO entry BY NAME
        SELECT differing.*, coalesce(held.feeds, []) AS feeds, coalesce(other.feeds, []) AS other_feeds
        FROM differing LEFT JOIN held USING (entity_id) LEFT JOIN held other ON other.entity_id = differing.other_id
    """


def corrected_sql() -> str:
    """Adds the corrections in the table `correction` to `entry`, for the feed of the record alone."""
    record = number_sql("correction.feed || chr(31) || correction.record_key")
    return f"""
        INSERT INTO entry BY NAME
        SELECT DISTINCT '{ChangeKind.CORRECTED}' AS kind, correction.register, member.entity_id,
               [correction.field] AS fields, [correction.feed] AS feeds, []::VARCHAR[] AS other_feeds,
               {record} AS record_id
        FROM correction LEFT JOIN resolved.member ON member.record_id = {record}
    """
