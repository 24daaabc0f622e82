from pathlib import Path

import pyarrow as pa
import pytest

from stores.errors import DamageError, MemoryLimitError, WarehouseError
from stores.warehouse import WarehouseSettings, open_read_only, open_warehouse


def test_an_open_warehouse_has_a_schema_for_each_stage() -> None:
    with open_warehouse(None) as warehouse:
        found = {name for (name,) in warehouse.rows("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal")}

    assert {"raw", "standard", "quarantine", "resolved", "graph"} <= found


def test_extensions_are_never_fetched() -> None:
    with open_warehouse(None) as warehouse:
        [settings] = warehouse.rows(
            "SELECT current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
        )

    assert settings == (False, False)


def test_a_transaction_that_fails_leaves_nothing() -> None:
    with open_warehouse(None) as warehouse:
        warehouse.execute("CREATE TABLE raw.fact (a INTEGER)")
        with pytest.raises(WarehouseError, match="no_such_table"), warehouse.transaction():
            warehouse.execute("INSERT INTO raw.fact VALUES (1)")
            warehouse.execute("FROM no_such_table")

        assert warehouse.rows("FROM raw.fact") == []


def test_arrow_tables_go_in_and_out() -> None:
    table = pa.table({"a": pa.array([1, 2], pa.int64())})
    with open_warehouse(None) as warehouse:
        warehouse.register_arrow("given", table)
        back = warehouse.arrow("SELECT a FROM given ORDER BY a")
        warehouse.unregister("given")

    assert back.to_pydict() == {"a": [1, 2]}


def test_a_database_opened_for_reading_refuses_to_be_written(tmp_path: Path) -> None:
    settings = WarehouseSettings(memory_limit="500MB", threads=1, temp_directory=tmp_path)
    with open_warehouse(tmp_path / "w.duckdb", settings=settings) as warehouse:
        warehouse.execute("CREATE TABLE raw.fact AS SELECT 1 AS a")
        warehouse.checkpoint()

    with open_read_only(tmp_path / "w.duckdb", settings=settings) as reader:
        assert reader.rows("FROM raw.fact") == [(1,)]
        with pytest.raises(WarehouseError, match="read-only"):
            reader.execute("DELETE FROM raw.fact")


def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_bytes(b"no database at all" * 1000)

    with pytest.raises(DamageError, match="made anew from the archive"):
        open_warehouse(tmp_path / "w.duckdb")


def test_a_limit_of_memory_is_told_with_the_setting_that_raises_it() -> None:
    settings = WarehouseSettings(memory_limit="20MB", threads=1)
    with (
        open_warehouse(None, settings=settings) as warehouse,
        pytest.raises(MemoryLimitError, match="HUB_MEMORY_LIMIT"),
    ):
        warehouse.execute("SET temp_directory = ''; CREATE TABLE big AS SELECT md5(range::VARCHAR) FROM range(2000000)")
