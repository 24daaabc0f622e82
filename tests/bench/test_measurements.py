"""Measurements are kept from one call to the next, and a part that failed is shown as one that failed."""

from dataclasses import replace
from pathlib import Path

from bench.measurements import Measurement, keep, kept
from bench.processes import Stage
from bench.size_report import beside_splink, district_size

STAGES = (Stage("ingest", 20.0, 30.0, 1.5), Stage("resolve", 70.0, 130.0, 4.0))
RUN = Measurement("run", 1000, rows=5000, seconds=100.0, cpu_seconds=170.0, peak_gib=4.0, stages=STAGES)
RUN = replace(RUN, found={"disk": {"warehouse.duckdb": 1.25, "snapshot: graph.lbug": 0.5}})
LINKED = {
    "numbers": "as they are",
    "records": 90,
    "pairs": 40,
    "seconds": 6.0,
    "cpu_seconds": 9.0,
    "columns_seconds": 0.0,
}
RIGHT = {"precision": 0.99, "recall": 0.9, "recall_of_decidable": 0.95, "largest_cluster": 12}


def test_the_newest_measurement_of_a_part_counts(tmp_path: Path) -> None:
    for each in (RUN, replace(RUN, persons=300), replace(RUN, seconds=90.0)):
        keep(tmp_path, each)
    assert kept(tmp_path) == [replace(RUN, persons=300), replace(RUN, seconds=90.0)]


def test_growth_and_stages_are_told_by_size() -> None:
    told = district_size([RUN, replace(RUN, persons=2000, rows=10000, seconds=240.0)])
    assert "| 1,000 | 20000 | 1.00× |" in told
    assert "| 2,000 | 24000 | 1.20× |" in told
    assert "| 1,000 | ingest | 20.0 | 30.0 | 250 | 1.5 |" in told
    assert "| 1,000 | start, end | 10.0 | 10.0 | – | – |" in told
    assert "| together | 1.75 | 1.75 |" in told


def test_a_rebuild_tells_whether_it_gives_the_same_partition() -> None:
    partition = {"records": 9, "records_of_one": 0, "entities": 4, "entities_that_differ": 0, "is_read_alike": True}
    rebuild = replace(RUN, part="rebuild", found={"limit": "4GB", "partition": {**partition, "is_same": True}})
    assert "the same partition: 9 records in 4 entities; standard records and facts are equal" in district_size(
        [rebuild]
    )
    partition |= {"entities_that_differ": 2, "is_same": False, "is_read_alike": False}
    told = district_size([replace(rebuild, found={"limit": "4GB", "partition": partition})])
    assert "another partition: 2 of 4 entities differ" in told
    assert "standard records and facts are not equal" in told


def test_failures_are_shown_beside_what_went_well() -> None:
    failed = Measurement("rebuild", 1000, failed="exit 4: out of memory", found={"limit": "4GB"})
    assert "failed: exit 4: out of memory" in district_size([RUN, failed])
    hub = replace(RUN, part="a", found={"contender": "hub", **LINKED, **RIGHT, "columns_seconds": 2.5})
    table = replace(RUN, part="b", found={"contender": "table", **LINKED, **RIGHT, "seconds": 15.0})
    tables = Measurement("c", 1000, failed="killed", found={"contender": "tables", "numbers": "as they are"})
    told = beside_splink([table, tables, hub])
    assert "| 6.0 | 1.0× | 9.0 | 2.5 |" in told
    assert "| 15.0 | 2.5× | 9.0 | – |" in told
    assert "a table for each feed: failed, killed" in told
