"""Opens a home's stores for the one command that writes; what is damaged is set aside first, to be made anew."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stores.blocks import assert_blocks_whole
from stores.durable import remove_durably, sync_folder, write_durably
from stores.errors import DamageError, StoreError
from stores.faults import engine_errors_told
from stores.home import Home
from stores.lock import held
from stores.operational.database import Operational, open_operational
from stores.warehouse import Warehouse, WarehouseSettings, open_warehouse

Tell = Callable[[str], None]


@dataclass(frozen=True)
class OpenStores:
    """The stores of a home while one command holds it."""

    operational: Operational
    warehouse: Warehouse


@contextmanager
def open_stores(home: Home, verb: str, *, settings: WarehouseSettings, tell: Tell) -> Iterator[OpenStores]:
    """Holds the home for this verb and opens what is whole; repairs are told.

    Raises HomeBusyError, HomeError, or what the stores raise when they are opened. Damage that is only met inside the
    block is remembered for the next command, which makes the warehouse anew.
    """
    with held(home, verb), engine_errors_told():
        settings = _spilling_apart(home, settings)
        # Kept for one command to look at, no longer: it holds what may have to be deleted for good.
        _empty(home.damaged)
        with open_operational(home, verb, tell=tell) as operational:
            with _open_whole(home, settings, tell) as warehouse:
                yield from _remembering_damage(home, OpenStores(operational, warehouse))
            _note_size(home)


def _spilling_apart(home: Home, settings: WarehouseSettings) -> WarehouseSettings:
    """Readers spill into the folder as well; the writer's part of it can be emptied of what a killed one left."""
    if settings.temp_directory not in (None, home.temp):
        return settings
    spill = home.temp / "writing"
    _empty(spill)
    return replace(settings, temp_directory=spill)


def _remembering_damage(home: Home, stores: OpenStores) -> Iterator[OpenStores]:
    try:
        with engine_errors_told():
            yield stores
    except DamageError as error:
        write_durably(home.damage_mark, str(error).encode())
        raise


def _open_whole(home: Home, settings: WarehouseSettings, tell: Tell) -> Warehouse:
    # The log first: without it the file is as of its last checkpoint, and only what came since is made again.
    parts = [_log(home), home.warehouse]
    why = _known_damage(home)
    if why:
        for part in parts:
            _set_aside(home, part)
        tell(_repaired(home, home.warehouse, why))
    remove_durably(home.damage_mark)
    remove_durably(home.warehouse_size)
    for part in parts:
        try:
            return _opened(home.warehouse, settings)
        except DamageError as error:
            if _set_aside(home, part):
                tell(_repaired(home, part, str(error)))
    return _opened(home.warehouse, settings)


def _opened(file: Path, settings: WarehouseSettings) -> Warehouse:
    warehouse = open_warehouse(file, settings=settings)
    try:
        assert_blocks_whole(warehouse, file)
    except StoreError:
        warehouse.close()
        raise
    return warehouse


def _known_damage(home: Home) -> str:
    """Why the warehouse must not even be opened."""
    if home.damage_mark.exists():
        return home.damage_mark.read_text(encoding="utf-8", errors="replace")
    if not home.warehouse_size.exists():
        return ""
    noted = home.warehouse_size.read_text(encoding="utf-8", errors="replace").strip()
    found = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    return f"it has {found} bytes, and had {noted} when it was closed" if noted != str(found) else ""


def _note_size(home: Home) -> None:
    # DuckDB itself does not look whether a file has lost its end: it would only meet the loss on the way.
    if not _log(home).exists():
        write_durably(home.warehouse_size, f"{home.warehouse.stat().st_size}\n".encode())


def _log(home: Home) -> Path:
    return home.warehouse.with_name(f"{home.warehouse.name}.wal")


def _set_aside(home: Home, part: Path) -> bool:
    if not part.exists():
        return False
    home.damaged.mkdir(mode=0o700, exist_ok=True)
    part.replace(home.damaged / part.name)
    sync_folder(home.root)
    return True


def _repaired(home: Home, part: Path, why: str) -> str:
    kept = f"until the next command it lies in {home.damaged}"
    return f"{part} is damaged and is made anew from the archive; {kept}: {why}"


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
