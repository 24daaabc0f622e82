"""Whom one step of structure singles out: persons by their own values and what they are related to.

The step is that of the attack: type, kind and first day of each relationship, label and place of who is at its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.analysis.levels import DATABASE, in_force_sql, told_columns, told_sql, work_table
from schemas.readers.analysis import AnalysisRules, Dates, KeptLabel, Study
from schemas.readers.graph import GraphModel, RelationshipType
from stores.warehouse import Warehouse

RELATIONSHIP = f"{DATABASE}.work.relationship"
ALONE = f"{DATABASE}.work.alone"
EXACT = "p.birth_date, p.hukou_in_city"


@dataclass(frozen=True)
class Unique:
    """Shares of persons that are unique: by their values alone, with one step of structure, and with all that stands
    at the end of that step.
    """

    values: float
    structure: float
    neighbours: float


def relationships_sql(graph: GraphModel, rules: AnalysisRules, study: Study, as_of: str) -> str:
    """Makes the working table of all relationships of the study that are in force at the date."""
    rows = " UNION ALL ".join(_rows_sql(graph.types[name], rules, as_of) for name in study.types)
    return f"CREATE TABLE {RELATIONSHIP} AS {rows}"


def since_sql(dates: Dates) -> str:
    """The first day as exact as it may be, an SQL expression over `valid_from`."""
    return "NULL::DATE" if dates is Dates.NONE else f"date_trunc('{dates}', valid_from)::DATE"


def signature_sql(rules: AnalysisRules, own: str, dates: Dates, *, whole: bool = False) -> str:
    """One row per person: id, own values, number and sum of what the step shows; with `whole` all the neighbours say.

    Equal rows are persons whom nobody can tell apart by it; a sum does not depend on the order of relationships.
    """
    told = " UNION ALL ".join(_told_sql(kept, whole=whole) for kept in rules.labels.values())
    step = " UNION ALL ".join(
        f"SELECT {mine}_id AS person, {theirs}_label AS label, {theirs}_id AS other, type, '{mine}' AS way, kind, "
        f"{since_sql(dates)} AS since FROM {RELATIONSHIP} WHERE {mine}_label = 'Person'"
        for mine, theirs in (("start", "end"), ("end", "start"))
    )
    return (
        f"WITH told AS ({told}), step AS ({step}), seen AS (SELECT person, count(*) AS n, "
        "sum(hash(type, way, step.label, kind, since, told)::HUGEINT) AS total FROM step "
        "JOIN told ON told.id = step.other AND told.label = step.label GROUP BY person), "
        f"own AS ({own}) SELECT own.*, seen.n, seen.total FROM own LEFT JOIN seen ON seen.person = own.id"
    )


def own_sql(person: KeptLabel) -> str:
    """The values of each person as they leave."""
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in told_columns(person))
    return f"SELECT id, {columns} FROM {work_table('Person')}"


def exact_sql() -> str:
    """The values of each person as the graph has them, with the committee where the person lives."""
    return (
        f"SELECT p.id, {EXACT}, w.committee FROM graph.node_person AS p JOIN {work_table('Person')} AS w ON w.id = p.id"
    )


def find_alone(warehouse: Warehouse, rules: AnalysisRules, dates: Dates) -> float:
    """Writes down who is unique by values and one step; the share of all persons."""
    rows = signature_sql(rules, own_sql(rules.labels["Person"]), dates)
    warehouse.execute(f"CREATE OR REPLACE TABLE {ALONE} AS {_single_sql(rows)}")
    [(alone, persons)] = warehouse.rows(
        f"SELECT (SELECT count(*) FROM {ALONE}), (SELECT count(*) FROM {work_table('Person')})"
    )
    return float(alone / persons) if persons else 0.0


def unique_now(warehouse: Warehouse, rules: AnalysisRules, dates: Dates) -> Unique:
    """How many are unique in the copy as it stands."""
    own = own_sql(rules.labels["Person"])
    return _measured(warehouse, [own, signature_sql(rules, own, dates), signature_sql(rules, own, dates, whole=True)])


def unique_before(warehouse: Warehouse, rules: AnalysisRules) -> Unique:
    """How many are unique in the graph: date of birth, hukou, committee; months and committees at the other end.

    Only right before anything was made coarser.
    """
    own, dates = exact_sql(), Dates.MONTH
    return _measured(warehouse, [own, signature_sql(rules, own, dates), signature_sql(rules, own, dates, whole=True)])


def _measured(warehouse: Warehouse, queries: Sequence[str]) -> Unique:
    [(persons,)] = warehouse.rows(f"SELECT count(*) FROM {work_table('Person')}")
    counts = [warehouse.rows(f"SELECT count(*) FROM ({_single_sql(each)})")[0][0] for each in queries]
    values, structure, neighbours = (count / persons if persons else 0.0 for count in counts)
    return Unique(values, structure, neighbours)


def _single_sql(rows: str) -> str:
    """Ids of those whose row of this query nobody shares."""
    return (
        f"SELECT any_value(id) AS id FROM (SELECT id, hash(*COLUMNS(* EXCLUDE (id))) AS told FROM ({rows})) "
        "GROUP BY told HAVING count(*) = 1"
    )


def _rows_sql(each: RelationshipType, rules: AnalysisRules, as_of: str) -> str:
    kind = "kind" if each.type in rules.kinds else "NULL::VARCHAR"
    return (
        f"SELECT '{each.type}' AS type, eid, start_label, start_id, end_label, end_id, {kind} AS kind, valid_from "
        f"FROM {each.table} WHERE {in_force_sql(as_of)}"
    )


def _told_sql(kept: KeptLabel, *, whole: bool) -> str:
    place = ", ".join(sql for name, sql in told_columns(kept) if name in ("committee", "town"))
    shown = told_sql(kept) if whole else place
    return f"SELECT '{kept.label}' AS label, id, hash({shown}) AS told FROM {work_table(kept.label)}"
