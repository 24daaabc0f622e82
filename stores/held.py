"""What a graph server holds, row by row: keys and hashes in a database file, with which the next state is compared."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from stores.durable import replace_durably
from stores.warehouse import Warehouse

# A row's hash is the engine's own and good for one version of it: a file of another version is none of ours.
SUFFIX = f".{version('duckdb')}.duckdb"
HELD = "held"


def held_file(folder: Path, name: str) -> Path:
    """The file of one state of the graph, whether it is there or not."""
    return folder / f"{name}{SUFFIX}"


def keep_rows(warehouse: Warehouse, file: Path, selects: Mapping[str, str]) -> None:
    """Writes the rows of each SELECT as a table of this name; the file is whole on the disk, or not there."""
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with warehouse.attached(part, HELD):
        for name, select in selects.items():
            warehouse.execute(f"CREATE TABLE {HELD}.main.{name} AS {select}")
        warehouse.execute(f"CHECKPOINT {HELD}")
    replace_durably(part, file)


def forget_others(folder: Path, kept: Path) -> None:
    """Removes every file of the folder but this one."""
    for file in folder.iterdir():
        if file != kept:
            file.unlink(missing_ok=True)
