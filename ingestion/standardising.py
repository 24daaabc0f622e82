"""Runs a standardiser over many texts: in this process, or a long column on every core at once."""

import gc
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import repeat
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

import pyarrow as pa

from ingestion.standard_sql import value_columns
from ingestion.standardise.registry import STANDARDISERS
from schemas.readers.registers import FieldType
from stores.errors import StoreError

BATCH = 20_000
AHEAD = 3  # batches per process that wait for it or for whoever reads what it made
LONG_COLUMN = 150_000  # texts; below it, starting the processes costs more than they save
ARROW_TYPES = {
    FieldType.TEXT: pa.string(),
    FieldType.DATE: pa.date32(),
    FieldType.INTEGER: pa.int64(),
    FieldType.DECIMAL: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
}


class Standardising:
    """The processes that standardise long columns; started when the first one comes, ended with the block."""

    def __init__(self, processes: int, *, long_column: int = LONG_COLUMN) -> None:
        self._processes = processes
        self._long_column = long_column
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def standardised(self, standardiser: str, texts: pa.Array) -> Iterator[pa.Table]:
        """What the standardiser makes of each text: `raw` and its value columns, in order, one batch at least.

        Raises StoreError where a process was killed, as for want of memory.
        """
        # As lists: a slice of an Arrow array takes its whole array along when it goes to another process.
        batches = (texts.slice(start, BATCH).to_pylist() for start in range(0, max(len(texts), 1), BATCH))
        if self._processes < 2 or len(texts) < self._long_column:
            yield from map(standardise_batch, repeat(standardiser), batches)
            return
        try:
            yield from self._on_every_core(standardiser, batches)
        except BrokenProcessPool as error:
            raise StoreError(
                f"a process that standardised {standardiser} was killed, most likely for want of memory: "
                "run the command again with fewer threads (HUB_THREADS)"
            ) from error

    def _on_every_core(self, standardiser: str, batches: Iterable[list[str]]) -> Iterator[pa.Table]:
        pool, waiting = self._started(), deque[Future[pa.Table]]()
        for batch in batches:
            waiting.append(pool.submit(standardise_batch, standardiser, batch))
            if len(waiting) > AHEAD * self._processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, not forked: the threads of DuckDB do not survive a fork.
            self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"), initializer=_begin)
        return self._pool


def standardise_batch(standardiser: str, texts: list[str]) -> pa.Table:
    """The texts as `raw`, and what the standardiser of this name makes of them as its value columns."""
    chosen = STANDARDISERS[standardiser]
    results = zip(*map(chosen.standardise, texts), strict=True) if texts else repeat(())
    columns: dict[str, pa.Array] = {"raw": pa.array(texts, pa.string())}
    for name, output, values in zip(value_columns(chosen), chosen.outputs, results, strict=False):
        if output.type is FieldType.DECIMAL:
            values = tuple(None if value is None else float(str(value)) for value in values)
        columns[name] = pa.array(values, ARROW_TYPES[output.type])
    return pa.table(columns)


def _begin() -> None:
    """Ends this process with the one that started it: a killed hub leaves nothing behind that holds memory."""
    # Standardisers make no cycles: looking for them takes a third of the time.
    gc.disable()
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel,), daemon=True).start()


def _wait_for(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
