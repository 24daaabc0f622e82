"""Where each person lives: at most one dwelling on any date, from all evidence in force.

Persons are placed twice: by what is known of themselves, then with where their close kin were placed as one kind more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from resolution import residence_evidence, residence_scope
from resolution.context import Resolved
from resolution.renewal import forget_changes, renew
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
from schemas.readers.residence import Household, ResidenceRules
from stores.warehouse import Warehouse

KEPT = ("living_evidence", "let_out", "kin", "kin_stay", "stay", "residence")
TABLES = (*residence_evidence.TABLES, *residence_scope.TABLES, "asked_evidence", "stretch", "seen", "winner")


def build_residence(context: Resolved) -> None:
    """Fills `resolved.residence` up to the date of the run in `resolved.run`."""
    [(as_of,)] = context.warehouse.rows("SELECT as_of FROM resolved.run")
    place_persons(context.warehouse, context.declarations.residence, as_of, is_full=context.is_full)


def place_persons(warehouse: Warehouse, rules: ResidenceRules, as_of: date, *, is_full: bool) -> None:
    """Fills `resolved.residence` from relations and golden houses; a stay that holds at `as_of` is open.

    If not `is_full`, only persons are placed anew about whom golden records and relations have changed since
    `resolved.placed_on`, or whose evidence began or lapsed. What they are placed by is kept beside in `resolved`:
    `living_evidence`, `let_out`, `kin`, `kin_stay` (where kin follow them) and `stay`.
    """
    warehouse.execute(residence_scope.numbers_sql(is_full=is_full))
    warehouse.execute(residence_evidence.kinds_sql(rules))
    if not is_full:
        [(since,)] = warehouse.rows("SELECT as_of FROM resolved.placed_on")
        warehouse.execute(residence_scope.moved_persons_sql(rules, since, as_of))
    kinds, placement = kinds_of(rules), Placement(warehouse, rules, as_of, is_full)
    placement.gather()
    if rules.household is not None:
        placement.place_kin(rules.household, [kind for kind in kinds if kind.leads_kin])
    placement.place(kinds)
    placement.tell()
    warehouse.execute(f"CREATE OR REPLACE TABLE resolved.placed_on AS SELECT DATE '{as_of}' AS as_of")
    warehouse.execute("DROP VIEW temp.entity_number")
    for table in TABLES:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")
    forget_changes(warehouse, "house", "unit", "person", "relation", *KEPT)


@dataclass(frozen=True)
class Placement:
    """The steps of placing persons: all of them, or those whom the tables of `residence_scope` name."""

    warehouse: Warehouse
    rules: ResidenceRules
    as_of: date
    is_full: bool

    def gather(self) -> None:
        """Collects what is known of the persons themselves."""
        among = self._among("relation.subject_id", "entity_id", "moved_person")
        for statement in residence_evidence.evidence_statements(self.as_of, among):
            self.warehouse.execute(statement)
        self._renew("living_evidence", residence_evidence.evidence_sql(), ("person", "moved_person"))
        self._renew("let_out", residence_evidence.let_out_sql(self.rules, among), ("person", "moved_person"))

    def place_kin(self, household: Household, kinds: Sequence[Kind]) -> None:
        """Finds where persons live as far as close kin follow them there."""
        part = None if self.is_full else "true"
        renew(self.warehouse, "kin", residence_evidence.kin_sql(household), key="one", part=part)
        if not self.is_full:
            self.warehouse.execute(residence_scope.moved_kin_sql())
        among = self._among("person", "person", "moved_kin")
        self.warehouse.execute(residence_evidence.leading_sql([kind.number for kind in kinds], among))
        self._weigh(kinds)
        self._renew("kin_stay", stays_sql(self.rules.minimum_confidence), ("person", "moved_kin"))

    def place(self, kinds: Sequence[Kind]) -> None:
        """Finds where persons live by all that is known of them."""
        has_household = self.rules.household is not None
        if not self.is_full:
            self.warehouse.execute(residence_scope.unsettled_sql(has_household=has_household))
        self.warehouse.execute(residence_evidence.own_sql(self._among("person", "person", "unsettled")))
        if has_household:
            among = self._among("kin.one", "person", "unsettled")
            self.warehouse.execute(residence_evidence.household_sql(kinds[-1].number, among))
        self._weigh(kinds)
        self._renew("stay", stays_sql(self.rules.minimum_confidence), ("person", "unsettled"))

    def tell(self) -> None:
        """Writes who is found to live where."""
        if not self.is_full:
            self.warehouse.execute(residence_scope.untold_sql())
        rows = residence_sql(self._among("stay.person", "person", "untold"))
        self._renew("residence", rows, ("person_id", "untold"))

    def _weigh(self, kinds: Sequence[Kind]) -> None:
        self.warehouse.execute(stretches_sql(self.as_of))
        self.warehouse.execute(seen_sql(kinds))
        for kind in kinds:
            if kind.divided:
                self.warehouse.execute(let_sizes_sql(kind, self.rules.let_share))
        self.warehouse.execute(winners_sql(kinds))

    def _among(self, column: str, named: str, table: str) -> str:
        return "" if self.is_full else f" AND {column} IN (SELECT {named} FROM {table})"

    def _renew(self, table: str, rows: str, scope: tuple[str, str]) -> None:
        key, persons = scope
        named = "entity_id" if key == "person_id" else "person"
        part = None if self.is_full else f"{key} IN (SELECT {named} FROM {persons})"
        renew(self.warehouse, table, rows, key=key, part=part)


def residence_sql(among: str) -> str:
    """Rows of `resolved.residence` from the stays of persons with a full name; `among` is a condition on stays.

    Somebody known by a surname alone (王师傅) is taken for the resident of that surname at the same dwelling and
    time, where there is one: too little says that they are two.
    """
    return f"""
        WITH named AS (
            SELECT stay.*, entity_number.entity_id AS person_id, person.surname_key, person.given_key
            FROM resolved.stay stay
            JOIN entity_number ON entity_number.number = stay.person
            LEFT JOIN resolved.person person ON person.entity_id = entity_number.entity_id
            WHERE true{among}
        ), shared AS (
            SELECT house FROM named WHERE given_key IS NULL AND surname_key IS NOT NULL
        ), known AS (
            SELECT stay.house, stay.valid_from, stay.ends, person.surname_key
            FROM resolved.stay stay SEMI JOIN shared ON shared.house = stay.house
            JOIN entity_number ON entity_number.number = stay.person
            JOIN resolved.person person ON person.entity_id = entity_number.entity_id
            WHERE person.given_key IS NOT NULL
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
