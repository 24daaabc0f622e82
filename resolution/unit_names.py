"""Which unit a record means, as far as code, name and premises tell without doubt.

A valid credit code names one unit, but a branch is often entered under its head office's code: the branch in the name
then tells. A name without a code means the one coded unit that it can mean, or nothing certain.
"""

import pyarrow as pa

from ingestion.standardise.areas import place_stems
from ingestion.standardise.organisations import unit_name_parts
from stores.warehouse import Warehouse

NAME_COLUMNS = pa.schema([(name, pa.string()) for name in ("name", "short", "core", "town", "branch")])
PREMISES_KINDS = ("licence", "unit_seen", "unit_not_found")
TABLES = ("unit_part", "premises", "code_owner", "owned", "known", "candidate", "meant", "unnamed")


def name_units(warehouse: Warehouse) -> str:
    """Builds `named_unit`, the unit records with unit_key, name_short, name_town and name_branch; returns its name.

    Equal unit keys mean one unit; the key is null where code and name leave a choice.
    """
    warehouse.register_arrow("name_part", _name_parts(warehouse))
    warehouse.execute(parts_sql())
    warehouse.unregister("name_part")
    for build in (premises_sql, owners_sql, owned_sql, known_sql, candidates_sql, meant_sql, unnamed_sql, named_sql):
        warehouse.execute(build())
    for table in TABLES:
        warehouse.execute(f"DROP TABLE temp.{table}")
    return "named_unit"


def _name_parts(warehouse: Warehouse) -> pa.Table:
    names = warehouse.rows("SELECT DISTINCT name FROM standard.unit_record WHERE name IS NOT NULL ORDER BY name")
    places = place_stems()
    found = [(name, unit_name_parts(name, places=places)) for (name,) in names if not name.isascii()]
    rows = [(name, each.short, each.core, each.town, each.branch) for name, each in found if each is not None]
    return pa.table([list(column) for column in zip(*rows, strict=True)] or [[]] * 5, schema=NAME_COLUMNS)


def branch_fits_sql(written: str, known: str) -> str:
    """Whether a branch as written can be the known one: the same, or 分公司 without its name for any branch."""
    return f"({written} = {known} OR ({known} <> '' AND length({written}) <= 3 AND starts_with({written}, '分')))"


def parts_sql() -> str:
    """Temporary table `unit_part`: code and name parts of each record.

    `entry` is the row whose own unit it is, in a feed that registers units with codes: no two rows mean one unit.
    """
    return """
        CREATE OR REPLACE TEMP TABLE unit_part AS
        SELECT record_id, CASE WHEN uscc_valid THEN uscc END AS code, record.name, short, core, town,
               coalesce(name_part.branch, '') AS branch,
               CASE WHEN split_part(record_key, '@', 1) = row_key AND bool_or(uscc_valid) OVER (PARTITION BY feed)
                    THEN concat(feed, '|', row_key) END AS entry
        FROM standard.unit_record record LEFT JOIN name_part ON name_part.name = record.name
    """


def premises_sql() -> str:
    """Temporary table `premises` (record_id, house): the resolved houses where a record places its unit."""
    kinds = ", ".join(f"'{kind}'" for kind in PREMISES_KINDS)
    return f"""
        CREATE OR REPLACE TEMP TABLE premises AS
        SELECT DISTINCT fact.subject_id AS record_id, member.entity_id AS house
        FROM standard.fact fact
        JOIN resolved.member member ON member.record_id = fact.object_id AND member.register = 'house'
        WHERE fact.subject_register = 'unit' AND fact.object_register = 'house' AND fact.kind IN ({kinds})
    """


def owners_sql() -> str:
    """Temporary table `code_owner` (code, branch): the branch that holds the code, '' for a head office.

    The register of units knows; where it is silent, most records do.
    """
    return """
        CREATE OR REPLACE TEMP TABLE code_owner AS
        SELECT code, coalesce(min(branch) FILTER (WHERE entry IS NOT NULL), mode(branch ORDER BY branch)) AS branch
        FROM unit_part WHERE code IS NOT NULL GROUP BY code
    """


def owned_sql() -> str:
    """Temporary table `owned` (record_id, unit): records whose code, or row of the register of units, is their own.

    A row of the register without a code takes the only code that other records give its name, if no other row does.
    """
    fits = branch_fits_sql("coded.branch", "uncoded.branch")
    return f"""
        CREATE OR REPLACE TEMP TABLE owned AS
        WITH coded AS (
            SELECT part.*, code AS unit FROM unit_part part JOIN code_owner owner USING (code)
            WHERE part.branch = '' OR {branch_fits_sql("part.branch", "owner.branch")}
        ), uncoded AS (
            SELECT * FROM unit_part WHERE entry IS NOT NULL AND record_id NOT IN (SELECT record_id FROM coded)
        ), entered AS (SELECT unit, min(entry) AS entry FROM coded WHERE entry IS NOT NULL GROUP BY unit),
        told AS (
            SELECT uncoded.entry, coded.unit
            FROM uncoded JOIN coded USING (short) LEFT JOIN entered ON entered.unit = coded.unit
            WHERE (entered.entry IS NULL OR entered.entry = uncoded.entry) AND {fits}
              AND (coded.town IS NULL OR uncoded.town IS NULL OR coded.town = uncoded.town)
        ), sure AS (
            SELECT entry, min(unit) AS unit FROM told WHERE unit IN (
                SELECT unit FROM told GROUP BY unit HAVING count(DISTINCT entry) = 1)
            GROUP BY entry HAVING count(DISTINCT unit) = 1
        )
        SELECT record_id, unit FROM coded
        UNION ALL
        SELECT record_id, coalesce(sure.unit, entry) FROM uncoded LEFT JOIN sure USING (entry)
    """


def known_sql() -> str:
    """Temporary table `known`: the units that have a code or an entry, by every name that their records use."""
    return """
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT DISTINCT unit, name, short, core, town,
               coalesce(nullif(part.branch, ''), code_owner.branch, '') AS branch
        FROM owned JOIN unit_part part USING (record_id) LEFT JOIN code_owner ON code_owner.code = owned.unit
        WHERE short IS NOT NULL
    """


def candidates_sql() -> str:
    """Temporary table `candidate` (record_id, unit): what a record without an own code can mean by its name.

    A full name goes before a short one (one with nothing before its core), that with its trade before the bare core.
    """
    fits = branch_fits_sql("part.branch", "known.branch")
    return f"""
        CREATE OR REPLACE TEMP TABLE candidate AS
        WITH open AS (FROM unit_part ANTI JOIN owned USING (record_id)),
        matched AS (
            SELECT part.record_id, unit, CASE WHEN strpos(name, part.short) > 1 THEN 1 ELSE 2 END AS rank
            FROM open part JOIN known USING (name)
            UNION ALL
            SELECT part.record_id, unit, 2 FROM open part JOIN known USING (short)
            WHERE {fits} AND (part.town IS NULL OR known.town IS NULL OR part.town = known.town)
            UNION ALL
            SELECT part.record_id, unit, 3 FROM open part
            JOIN known ON known.core = part.short AND part.core = part.short
            WHERE {fits} AND (part.town IS NULL OR known.town IS NULL OR part.town = known.town)
        )
        SELECT DISTINCT record_id, unit FROM matched QUALIFY rank = min(rank) OVER (PARTITION BY record_id)
    """


def meant_sql() -> str:
    """Temporary table `meant` (record_id, unit): the only candidate, or the only one at the same premises."""
    return """
        CREATE OR REPLACE TEMP TABLE meant AS
        WITH site AS (SELECT DISTINCT unit, house FROM owned JOIN premises USING (record_id)),
        shared AS (
            SELECT DISTINCT candidate.record_id, candidate.unit
            FROM candidate JOIN premises USING (record_id)
            JOIN site ON site.unit = candidate.unit AND site.house = premises.house
        )
        SELECT record_id, min(unit) AS unit FROM candidate GROUP BY record_id HAVING count(*) = 1
        UNION ALL
        SELECT record_id, min(unit) FROM shared
        WHERE record_id IN (SELECT record_id FROM candidate GROUP BY record_id HAVING count(*) > 1)
        GROUP BY record_id HAVING count(*) = 1
    """


def unnamed_sql() -> str:
    """Temporary table `unnamed` (record_id, unit): units that nobody gives a code, by name, town and branch.

    A name without its town means the one town that others give it; where they give several, it means none.
    """
    return """
        CREATE OR REPLACE TEMP TABLE unnamed AS
        WITH open AS (
            SELECT * FROM unit_part WHERE short IS NOT NULL AND record_id NOT IN (
                SELECT record_id FROM owned UNION ALL SELECT record_id FROM candidate)
        ), towns AS (
            SELECT short, branch, min(town) AS town, count(DISTINCT town) AS towns FROM open GROUP BY short, branch
        )
        SELECT record_id, concat_ws('|', short, coalesce(open.town, towns.town, ''), branch) AS unit
        FROM open JOIN towns USING (short, branch) WHERE open.town IS NOT NULL OR towns.towns <= 1
    """


def named_sql() -> str:
    """Temporary table `named_unit`: the standard records with unit_key and the parts of their names."""
    return """
        CREATE OR REPLACE TEMP TABLE named_unit AS
        SELECT record.*, coalesce(owned.unit, meant.unit, unnamed.unit) AS unit_key, part.short AS name_short,
               part.town AS name_town, part.branch AS name_branch
        FROM standard.unit_record record JOIN unit_part part USING (record_id)
        LEFT JOIN owned USING (record_id) LEFT JOIN meant USING (record_id) LEFT JOIN unnamed USING (record_id)
    """
