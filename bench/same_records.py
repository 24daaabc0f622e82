"""The standard person records of a home, laid out alike for the hub and for plain Splink, with their truth."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from resolution.columns import Sources, build_linked
from schemas.declarations import load_declarations
from stores.home import Home, create_home, open_home
from stores.quoting import quote_text
from stores.warehouse import Warehouse, WarehouseSettings, open_warehouse

REGISTER = "person"


@dataclass(frozen=True)
class SameRecords:
    """A folder: a home for the hub, a Parquet file of the compared columns for Splink, a Parquet file of truth."""

    folder: Path

    @property
    def home(self) -> Home:
        """Standard person records, their facts, and the houses and units of these; persons are not linked in it."""
        return open_home(self.folder / "home")

    @property
    def records(self) -> Path:
        """record_id, feed and every column of the linkage model."""
        return self.folder / "records.parquet"

    @property
    def truth(self) -> Path:
        """record_id, entity_id, decidable_group."""
        return self.folder / "truth.parquet"

    def clusters(self, contender: str) -> Path:
        """record_id, cluster_id as a contender left them."""
        return self.folder / f"{contender}.parquet"


def prepare_records(resolved: Home, truth: Path, folder: Path, *, halve_ids: bool) -> SameRecords:
    """Copies out of a home that is resolved; with `halve_ids` every second record loses its ID number.

    Which ones is the record id's last bit, and that is a hash of feed and key. What was known from the number alone,
    such as the birth date in it, goes with it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    home = create_home(folder / "home", kind="synthetic")
    laid_out = SameRecords(folder)
    with open_warehouse(home.warehouse, settings=WarehouseSettings(temp_directory=home.temp)) as warehouse:
        warehouse.execute(f"ATTACH {quote_text(str(resolved.warehouse))} AS resolved_home (READ_ONLY)")
        warehouse.execute(copy_records_sql(warehouse, halve_ids=halve_ids))
        model = load_declarations().linkage[REGISTER]
        build_linked(warehouse, model, Sources(f"standard.{REGISTER}_record"))
        columns = ", ".join(f'"{each.id}"' for each in (*model.columns, *model.contexts))
        _write(warehouse, f"SELECT record_id, feed, {columns} FROM linked ORDER BY record_id", laid_out.records)
        _write(warehouse, truth_sql(truth / f"{REGISTER}.csv"), laid_out.truth)
        warehouse.execute("DROP TABLE temp.linked; DETACH resolved_home")
        warehouse.checkpoint()
    return laid_out


def copy_records_sql(warehouse: Warehouse, *, halve_ids: bool) -> str:
    """The standard tables that linking persons reads, out of the attached home."""
    described = warehouse.rows(f"DESCRIBE resolved_home.standard.{REGISTER}_record")
    numbers = [name for name, *_ in described if name.startswith("id_")] if halve_ids else []
    less = ", ".join(f"CASE WHEN record_id % 2 <> 0 THEN {name} END AS {name}" for name in numbers)
    replaced = f"REPLACE ({less})" if less else ""
    return f"""
        CREATE TABLE standard.{REGISTER}_record AS
        SELECT * {replaced} FROM resolved_home.standard.{REGISTER}_record;
        CREATE TABLE standard.fact AS
        FROM resolved_home.standard.fact WHERE subject_register = '{REGISTER}' AND object_register <> '{REGISTER}';
        CREATE TABLE resolved.member AS FROM resolved_home.resolved.member WHERE register <> '{REGISTER}'
    """


def truth_sql(file: Path) -> str:
    """Rows record_id, entity_id, decidable_group of all records that have truth."""
    return f"""
        SELECT record_id, entity_id, decidable_group
        FROM read_csv({quote_text(str(file))}, all_varchar = true) JOIN standard.{REGISTER}_record
        USING (feed, record_key)
    """


def _write(warehouse: Warehouse, rows: str, file: Path) -> None:
    warehouse.execute(f"COPY ({rows}) TO {quote_text(str(file))} (FORMAT parquet)")
