"""Reads truth files and lays them beside the snapshot's records."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from stores.warehouse import Warehouse

COLUMNS = {
    "person": ("feed", "record_key", "entity_id"),
    "house": ("feed", "record_key", "entity_id"),
    "unit": ("feed", "record_key", "entity_id"),
    "residence": ("person_id", "house_id", "valid_from", "valid_to"),
    "questions": ("question", "register", "entity_id", "kind"),
}


class TruthError(Exception):
    """Truth files that cannot be used; whoever made them must act."""


def truth_files(folder: Path) -> dict[str, Path]:
    """The folder's truth files by what they tell of; raises TruthError where there is none."""
    files = {name: folder / f"{name}.csv" for name in COLUMNS}
    found = {name: file for name, file in files.items() if file.is_file()}
    if not found:
        expected = ", ".join(f"{name}.csv" for name in COLUMNS)
        raise TruthError(f"{folder}: no truth files here; expected one or more of {expected}")
    return found


def read_truth(files: Mapping[str, Path]) -> dict[str, pa.Table]:
    """The CSV files, all columns as text, empty = null; raises TruthError where one is unusable."""
    return {name: _read(file, COLUMNS[name]) for name, file in files.items()}


def label_records(snapshot: Warehouse, register: str) -> None:
    """Temporary table `labelled_<register>`: every record with its entity, true entity and decidable group."""
    snapshot.execute(f"""
        CREATE OR REPLACE TEMP TABLE labelled_{register} AS
        SELECT record.record_id, record.feed, member.entity_id, truth.entity_id AS truth_id, truth.decidable_group
        FROM {register}_record record
        JOIN member ON member.record_id = record.record_id AND member.register = '{register}'
        LEFT JOIN truth_{register} truth USING (feed, record_key)
    """)


def relabel_records(snapshot: Warehouse, register: str, clusters: pa.Table) -> None:
    """Puts the clusters of somebody else (unique_id: the record's id, cluster_id) in place of the entities found."""
    snapshot.register_arrow("other_cluster", clusters)
    snapshot.execute(f"""
        CREATE OR REPLACE TEMP TABLE labelled_{register} AS
        SELECT labelled.* REPLACE (CAST(other_cluster.cluster_id AS VARCHAR) AS entity_id)
        FROM labelled_{register} labelled JOIN other_cluster ON other_cluster.unique_id = labelled.record_id
    """)
    snapshot.unregister("other_cluster")


def drop_truth(snapshot: Warehouse, names: Iterable[str]) -> None:
    """Takes the truth and the labels out of the session again."""
    for name in names:
        snapshot.unregister(f"truth_{name}")
        snapshot.execute(f"DROP TABLE IF EXISTS temp.labelled_{name}")


def _read(file: Path, columns: tuple[str, ...]) -> pa.Table:
    try:
        header = pyarrow.csv.open_csv(file).schema.names
        types = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
        )
        table = pyarrow.csv.read_csv(file, convert_options=types)
    except pa.ArrowInvalid as error:
        raise TruthError(f"{file}: not readable as CSV: {error}") from error
    missing = [column for column in columns if column not in header]
    if missing:
        raise TruthError(f"{file}: column {', '.join(missing)} is missing; the header has {', '.join(header)}")
    if "record_key" in header and "decidable_group" not in header:
        return table.append_column("decidable_group", table["entity_id"])
    if "house_id" in header and "decidable" not in header:
        return table.append_column("decidable", pa.array(["true"] * len(table), pa.string()))
    return table
