"""Share of persons whom the snapshot places in their true dwelling."""

from dataclasses import dataclass
from typing import Any

from stores.warehouse import Warehouse


@dataclass(frozen=True)
class ResidenceScore:
    """Persons who truly live somewhere at the snapshot's date and have a record; those placed; those placed right.

    `decidable` counts those whose dwelling some evidence in force tells of, `right_of_decidable` those of them placed
    right.
    """

    persons: int
    placed: int
    right: int
    decidable: int
    right_of_decidable: int

    @property
    def accuracy(self) -> float | None:
        """Share of the persons who are placed in their true dwelling; one who is not placed counts as wrong."""
        return self.right / self.persons if self.persons else None

    @property
    def accuracy_of_decidable(self) -> float | None:
        """The same share of the persons whose dwelling some evidence in force tells of."""
        return self.right_of_decidable / self.decidable if self.decidable else None

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "accuracy": self.accuracy,
            "accuracy_of_decidable": self.accuracy_of_decidable,
            "persons": self.persons,
            "placed": self.placed,
            "right": self.right,
            "decidable": self.decidable,
        }


def score_residence(snapshot: Warehouse) -> ResidenceScore:
    """A true person is the entity with most of the person's records; a dwelling is what most of its records are."""
    [row] = snapshot.rows(f"""
        WITH person_of AS ({majority_sql("person", "truth_id", "entity_id")}),
             house_of AS ({majority_sql("house", "entity_id", "truth_id")}),
             day AS (SELECT max(as_of) AS as_of FROM run),
             true_home AS (
                SELECT person_id, min(house_id) AS house_id, bool_or(decidable = 'true') AS decidable
                FROM truth_residence, day
                WHERE CAST(valid_from AS DATE) <= as_of AND (valid_to IS NULL OR CAST(valid_to AS DATE) > as_of)
                GROUP BY person_id
             ), found_home AS (
                SELECT person_id, min(house_id) AS house_id FROM residence, day
                WHERE valid_from <= as_of AND (valid_to IS NULL OR valid_to > as_of) GROUP BY person_id
             )
        SELECT count(*), count(found_home.house_id), count(*) FILTER (house_of.truth_id = true_home.house_id),
               count(*) FILTER (decidable), count(*) FILTER (decidable AND house_of.truth_id = true_home.house_id)
        FROM true_home
        JOIN person_of ON person_of.truth_id = true_home.person_id
        LEFT JOIN found_home ON found_home.person_id = person_of.entity_id
        LEFT JOIN house_of ON house_of.entity_id = found_home.house_id
    """)
    return ResidenceScore(*row)


def majority_sql(register: str, of: str, most: str) -> str:
    """Rows of, most: for each value of one column the value of the other that most of its records have."""
    return f"""
        SELECT {of}, arg_min({most}, (-n, {most})) AS {most} FROM (
            SELECT {of}, {most}, count(*) AS n FROM labelled_{register} WHERE truth_id IS NOT NULL GROUP BY {of}, {most}
        ) GROUP BY {of}
    """
