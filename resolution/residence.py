"""Where each person lives: at most one dwelling on any date, from all evidence in force.

Persons are placed twice: by what is known of themselves, then with where their close kin were placed as one kind more.
"""

from collections.abc import Sequence
from datetime import date

from resolution.context import Resolved
from resolution.residence_evidence import EVIDENCE_TABLES, evidence_statements, household_sql, kin_sql
from resolution.residence_support import (
    OPEN,
    Kind,
    kinds_of,
    let_sizes_sql,
    seen_sql,
    stays_sql,
    stretches_sql,
    winners_sql,
)
from schemas.readers.residence import ResidenceRules
from stores.warehouse import Warehouse

TABLES = (*EVIDENCE_TABLES, "own_evidence", "let_out", "living_evidence", "kin", "kin_stay")


def build_residence(context: Resolved) -> None:
    """Fills `resolved.residence` up to the date of the run in `resolved.run`."""
    [(as_of,)] = context.warehouse.rows("SELECT as_of FROM resolved.run")
    place_persons(context.warehouse, context.declarations.residence, as_of)


def place_persons(warehouse: Warehouse, rules: ResidenceRules, as_of: date) -> None:
    """Fills `resolved.residence` from relations and golden houses; a stay that holds at `as_of` is open."""
    kinds = kinds_of(rules)
    for statement in evidence_statements(rules, as_of):
        warehouse.execute(statement)
    if rules.household is not None:
        leading = [kind for kind in kinds if kind.leads_kin]
        warehouse.execute(kin_sql(rules.household))
        warehouse.execute(leading_sql(leading))
        _place(warehouse, rules, leading, as_of)
        warehouse.execute("ALTER TABLE stay RENAME TO kin_stay")
    warehouse.execute("CREATE OR REPLACE TEMP TABLE living_evidence AS FROM own_evidence")
    if rules.household is not None:
        warehouse.execute(household_sql(kinds[-1].number))
    _place(warehouse, rules, kinds, as_of)
    warehouse.execute(residence_sql())
    for table in (*TABLES, "stay"):
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _place(warehouse: Warehouse, rules: ResidenceRules, kinds: Sequence[Kind], as_of: date) -> None:
    warehouse.execute(stretches_sql(as_of))
    warehouse.execute(seen_sql(kinds))
    for kind in kinds:
        if kind.divided:
            warehouse.execute(let_sizes_sql(kind, rules.let_share))
    warehouse.execute(winners_sql(kinds))
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE stay AS {stays_sql(rules.minimum_confidence)}")
    for table in ("stretch", "seen", "winner"):
        warehouse.execute(f"DROP TABLE temp.{table}")


def leading_sql(leading: Sequence[Kind]) -> str:
    """Temporary table `living_evidence`: what places those whose kin follow them."""
    numbers = ", ".join(str(kind.number) for kind in leading) or "NULL"
    return f"""
        CREATE OR REPLACE TEMP TABLE living_evidence AS
        FROM own_evidence WHERE kind IN ({numbers}) AND person IN (SELECT other FROM kin)
    """


def residence_sql() -> str:
    """`resolved.residence` from the stays of persons with a full name.

    Somebody known by a surname alone (王师傅) is taken for the resident of that surname at the same dwelling and
    time, where there is one: too little says that they are two.
    """
    return f"""
        CREATE OR REPLACE TABLE resolved.residence AS
        WITH named AS (
            SELECT stay.*, entity_number.entity_id AS person_id, person.surname_key, person.given_key
            FROM stay
            JOIN entity_number ON entity_number.number = stay.person
            LEFT JOIN resolved.person person USING (entity_id)
        ), known AS (
            SELECT * FROM named WHERE given_key IS NOT NULL AND house IN (
                SELECT house FROM named WHERE given_key IS NULL AND surname_key IS NOT NULL)
        )
        SELECT named.person_id, house.entity_id AS house_id, named.valid_from, nullif(named.ends, {OPEN}) AS valid_to,
               named.confidence
        FROM named
        JOIN entity_number house ON house.number = named.house
        WHERE named.given_key IS NOT NULL OR named.surname_key IS NULL OR NOT EXISTS (
            FROM known
            WHERE known.house = named.house AND known.surname_key = named.surname_key
              AND known.valid_from < named.ends AND named.valid_from < known.ends)
    """
