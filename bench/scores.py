"""Pairwise figures of found clusters against true ones, by group counts."""

from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class Score:
    """Pairs of records within clusters: true, found and both."""

    true: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of found pairs that are true; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of true pairs that are found; 1 where there are none."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.true + self.found) if self.true + self.found else 1.0


def score_clusters(clusters: pa.Table, truth: pa.Table) -> Score:
    """Clusters (unique_id, cluster_id) against truth (unique_id, entity_id), over the records that have truth."""
    connection = duckdb.connect()
    connection.register("clusters", clusters)
    connection.register("truth", truth)
    [(true, found, right)] = connection.execute("""
        WITH labelled AS (SELECT cluster_id, entity_id FROM clusters JOIN truth USING (unique_id))
        SELECT (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM labelled GROUP BY entity_id)),
               (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM labelled GROUP BY cluster_id)),
               (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM labelled GROUP BY cluster_id, entity_id))
    """).fetchall()
    connection.close()
    return Score(int(true or 0), int(found or 0), int(right or 0))
