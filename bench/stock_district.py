"""Splink as it comes on a made-up district's standard person records, and how far it merges families."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import splink.comparison_library as cl

from bench.scores import Score, score_clusters
from resolution.stock import StockModel, link_by_stock
from stores.warehouse import Warehouse

THRESHOLD = 0.95
DISTRICT_PERSONS = StockModel(
    comparisons=[
        cl.ForenameSurnameComparison("given_key", "surname_key"),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.DamerauLevenshteinAtThresholds("id_number", [1, 2]),
        cl.ExactMatch("phone"),
        cl.ExactMatch("address").configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ],
    blocking=[
        ("id_number",),
        ("name_key", "birth_date"),
        ("phone", "surname_key"),
        ("name_key", "address"),
        ("address", "surname_key"),
        ("phone", "birth_date"),
    ],
    sure=[("id_number",), ("name_key", "birth_date")],
    recall=0.85,
    em=[("name_key", "birth_date"), ("id_number",), ("phone",)],
    max_pairs=1e6,
)
"""The library's comparison for each field of the standard records, with the dwelling's address as one more field."""


@dataclass(frozen=True)
class Hardness:
    """What plain Splink makes of the persons: its clusters, and those pairs in them that share only name and address.

    Family pairs have the family's name and the address in common and nothing else: another given name, and no number,
    birth date or phone that agrees. They are people of one household as a rule. Namesake pairs are those whose given
    name sounds the same, too: one person as a rule, unless father and son or two tenants share it.
    """

    clusters: Score
    family_pairs: int
    family_right: int
    namesake_pairs: int
    namesake_right: int

    @property
    def family_precision(self) -> float:
        """Share of the pairs with only the family's name and the address in common that are one person."""
        return self.family_right / self.family_pairs if self.family_pairs else 1.0

    @property
    def address_precision(self) -> float:
        """The same share where the given names may agree or not."""
        pairs = self.family_pairs + self.namesake_pairs
        return (self.family_right + self.namesake_right) / pairs if pairs else 1.0


def measure_hardness(warehouse: Warehouse, truth: Path) -> Hardness:
    """Links the warehouse's standard person records by the stock model and compares with `person.csv`."""
    records = person_records(warehouse)
    found = link_by_stock(records, DISTRICT_PERSONS, threshold=THRESHOLD)
    tables = {"stock_cluster": found.clusters, "stock_record": records, "stock_truth": read_truth(truth)}
    for name, table in tables.items():
        warehouse.register_arrow(name, table)
    truth_of = warehouse.arrow(
        "SELECT unique_id, entity_id FROM stock_record JOIN stock_truth USING (feed, record_key)"
    )
    [counts] = warehouse.rows(address_pairs_sql())
    for name in tables:
        warehouse.unregister(name)
    return Hardness(score_clusters(found.clusters, truth_of), *(int(count) for count in counts))


def person_records(warehouse: Warehouse) -> pa.Table:
    """Standard person records as a user of Splink would take them: one row each, with the address of the row."""
    return warehouse.arrow("""
        WITH address AS (
            SELECT fact.subject_id AS record_id, arg_min(house.address_key, fact.fact_id) AS address
            FROM standard.fact fact JOIN standard.house_record house ON house.record_id = fact.object_id
            WHERE fact.subject_register = 'person' AND fact.object_register = 'house' GROUP BY fact.subject_id
        )
        SELECT record_id AS unique_id, feed, record_key, name_key, surname_key, given_key,
               CAST(birth_date AS VARCHAR) AS birth_date, id_number, phone, sex, address.address
        FROM standard.person_record LEFT JOIN address USING (record_id) ORDER BY record_id
    """)


def read_truth(folder: Path) -> pa.Table:
    """`person.csv` of a truth folder, as text."""
    columns = ("feed", "record_key", "entity_id", "decidable_group")
    types = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()))
    return pyarrow.csv.read_csv(folder / "person.csv", convert_options=types)


def address_pairs_sql() -> str:
    """One row: pairs of a cluster with only names and address in common, those right, namesakes, those right."""
    agree = [f"coalesce(l.{field} = r.{field}, false)" for field in ("id_number", "birth_date", "phone")]
    return f"""
        WITH labelled AS (
            SELECT * FROM stock_record JOIN stock_cluster USING (unique_id) JOIN stock_truth USING (feed, record_key)
        ), pair AS (
            SELECT coalesce(l.given_key = r.given_key, false) AS is_namesake, l.entity_id = r.entity_id AS is_right
            FROM labelled l JOIN labelled r ON l.cluster_id = r.cluster_id AND l.unique_id < r.unique_id
            WHERE l.surname_key = r.surname_key AND l.address = r.address AND NOT ({" OR ".join(agree)})
        )
        SELECT count(*) FILTER (NOT is_namesake), count(*) FILTER (NOT is_namesake AND is_right),
               count(*) FILTER (is_namesake), count(*) FILTER (is_namesake AND is_right)
        FROM pair
    """
