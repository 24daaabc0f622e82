"""Pairwise and B-cubed figures, from sizes of groups only: no pair of records is ever written out."""

from dataclasses import dataclass
from typing import Any

from stores.warehouse import Warehouse


@dataclass(frozen=True)
class PairCounts:
    """Pairs of records: truly of one entity, put into one entity, and both. A share of nothing is None."""

    true: int
    found: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of found pairs that are true."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of true pairs that are found."""
        return self.right / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.true + self.found) if self.true + self.found else None

    def as_json(self) -> dict[str, Any]:
        """The shares and the counts behind them."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "true_pairs": self.true,
            "found_pairs": self.found,
            "right_pairs": self.right,
        }


@dataclass(frozen=True)
class FeedPair:
    """The pairs with one record from each of two feeds, or both from one."""

    feed_l: str
    feed_r: str
    pairs: PairCounts
    decidable: PairCounts

    def as_json(self) -> dict[str, Any]:
        """The two feeds and their figures."""
        return {
            "feed_l": self.feed_l,
            "feed_r": self.feed_r,
            **self.pairs.as_json(),
            "recall_of_decidable": self.decidable.recall,
            "decidable_pairs": self.decidable.true,
            "right_of_decidable": self.decidable.right,
        }


@dataclass(frozen=True)
class Clusters:
    """B-cubed figures (Bagga and Baldwin 1998: averages over records) and clusters that mix entities."""

    b3_precision: float | None
    b3_recall: float | None
    clusters: int
    wrongly_merged: int
    largest: int

    @property
    def b3_f1(self) -> float | None:
        """Harmonic mean of B-cubed precision and recall."""
        if not self.b3_precision or not self.b3_recall:
            return None
        return 2 * self.b3_precision * self.b3_recall / (self.b3_precision + self.b3_recall)

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "b3_precision": self.b3_precision,
            "b3_recall": self.b3_recall,
            "b3_f1": self.b3_f1,
            "clusters": self.clusters,
            "wrongly_merged_clusters": self.wrongly_merged,
            "largest_cluster": self.largest,
        }


def count_pairs(snapshot: Warehouse, register: str, *, within: str | None = None) -> PairCounts:
    """Pairs of all records that have truth; with `within`, only those that share this column too count as true."""
    true_group = ["truth_id"] if within is None else ["truth_id", within]
    return PairCounts(
        true=_pairs(snapshot, register, true_group),
        found=_pairs(snapshot, register, ["entity_id"]),
        right=_pairs(snapshot, register, [*true_group, "entity_id"]),
    )


def count_feed_pairs(snapshot: Warehouse, register: str) -> tuple[FeedPair, ...]:
    """Pairs for every two feeds that have a true or a found pair, in the order of their names."""
    groups = {
        "true": "truth_id",
        "found": "entity_id",
        "right": "truth_id, entity_id",
        "decidable": "truth_id, decidable_group",
        "decided": "truth_id, decidable_group, entity_id",
    }
    sums = ", ".join(f"coalesce(sum(n) FILTER (what = '{what}'), 0)::BIGINT" for what in groups)
    parts = " UNION ALL ".join(feed_pairs_sql(register, what, group) for what, group in groups.items())
    rows = snapshot.rows(
        f"SELECT feed_l, feed_r, {sums} FROM ({parts}) GROUP BY feed_l, feed_r ORDER BY feed_l, feed_r"
    )
    return tuple(
        FeedPair(feed_l, feed_r, PairCounts(true, found, right), PairCounts(decidable, found, decided))
        for feed_l, feed_r, true, found, right, decidable, decided in rows
        if true or found
    )


def count_clusters(snapshot: Warehouse, register: str) -> Clusters:
    """B-cubed figures over the records that have truth."""
    [row] = snapshot.rows(f"""
        WITH cell AS (
            SELECT entity_id, truth_id, count(*) AS n FROM labelled_{register}
            WHERE truth_id IS NOT NULL GROUP BY entity_id, truth_id
        ), sized AS (
            SELECT entity_id, n, sum(n) OVER (PARTITION BY entity_id) AS cluster,
                   sum(n) OVER (PARTITION BY truth_id) AS entity, count(*) OVER (PARTITION BY entity_id) AS mixed
            FROM cell
        )
        SELECT sum(n * n / cluster) / sum(n), sum(n * n / entity) / sum(n), count(DISTINCT entity_id),
               count(DISTINCT entity_id) FILTER (mixed > 1), coalesce(max(cluster), 0)
        FROM sized
    """)
    return Clusters(row[0], row[1], row[2], row[3], int(row[4]))


def feed_pairs_sql(register: str, what: str, group: str) -> str:
    """Rows what, feed_l, feed_r, n: pairs within the groups, by the feeds of their records."""
    return f"""
        (WITH size AS (
            SELECT {group}, feed, count(*) AS n FROM labelled_{register}
            WHERE truth_id IS NOT NULL GROUP BY {group}, feed
        )
        SELECT '{what}' AS what, l.feed AS feed_l, r.feed AS feed_r,
               sum(CASE WHEN l.feed = r.feed THEN l.n * (l.n - 1) // 2 ELSE l.n * r.n END) AS n
        FROM size l JOIN size r USING ({group})
        WHERE l.feed <= r.feed GROUP BY l.feed, r.feed)
    """


def _pairs(snapshot: Warehouse, register: str, group: list[str]) -> int:
    known = " AND ".join(f"{column} IS NOT NULL" for column in group)
    [(pairs,)] = snapshot.rows(f"""
        SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (
            SELECT count(*) AS n FROM labelled_{register}
            WHERE truth_id IS NOT NULL AND {known} GROUP BY {", ".join(group)}
        )
    """)
    return int(pairs)
