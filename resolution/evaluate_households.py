"""Whether households stay apart: of people who truly live together, how many were made one person."""

from dataclasses import dataclass
from typing import Any

from stores.warehouse import Warehouse


@dataclass(frozen=True)
class HouseholdScore:
    """Pairs of people who ever truly lived in one dwelling at one time, and those of them some entity has made one.

    `two_numbers` counts entities with two different valid ID numbers.
    """

    together: int
    merged: int
    two_numbers: int

    @property
    def share(self) -> float | None:
        """Share of the pairs that were made one."""
        return self.merged / self.together if self.together else None

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "pairs_together": self.together,
            "pairs_merged": self.merged,
            "share_merged": self.share,
            "entities_with_two_valid_numbers": self.two_numbers,
        }


def score_households(snapshot: Warehouse) -> HouseholdScore:
    """Reads `labelled_person` and the truth of residence."""
    [row] = snapshot.rows(f"""
        WITH home AS (SELECT DISTINCT * FROM ({homes_sql()})), together AS (
            SELECT DISTINCT l.person_id AS one, r.person_id AS other FROM home l JOIN home r
            ON l.house_id = r.house_id AND l.person_id < r.person_id
            AND l.valid_from < coalesce(r.valid_to, 'infinity') AND r.valid_from < coalesce(l.valid_to, 'infinity')
        ), part AS (SELECT DISTINCT entity_id, truth_id FROM labelled_person WHERE truth_id IS NOT NULL),
        mixed AS (SELECT entity_id FROM part GROUP BY entity_id HAVING count(*) > 1), merged AS (
            SELECT DISTINCT l.truth_id AS one, r.truth_id AS other
            FROM (FROM part SEMI JOIN mixed USING (entity_id)) l JOIN part r
            ON l.entity_id = r.entity_id AND l.truth_id < r.truth_id
        )
        SELECT (SELECT count(*) FROM together), (SELECT count(*) FROM together JOIN merged USING (one, other)),
               (SELECT count(*) FROM (
                   SELECT entity_id FROM person_record JOIN member USING (record_id)
                   WHERE member.register = 'person' AND id_valid
                   GROUP BY entity_id HAVING count(DISTINCT id_number) > 1))
    """)
    return HouseholdScore(*row)


def homes_sql() -> str:
    """Rows person_id, house_id, valid_from, valid_to of the truth."""
    return """
        SELECT person_id, house_id, CAST(valid_from AS DATE) AS valid_from, CAST(valid_to AS DATE) AS valid_to
        FROM truth_residence
    """
