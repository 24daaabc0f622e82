"""Checks the blocks of the warehouse's file before anything relies on them, by the checksums that DuckDB writes.

DuckDB checks a block only when it reads it; what no stage of today reads would stay damaged unnoticed.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from stores.errors import DamageError
from stores.quoting import quote_text
from stores.warehouse import Warehouse

HEADERS = 3 * 4096
FACTOR, START = np.uint64(0xBF58476D1CE4E5B9), np.uint64(5381)
WORKERS = 2


def assert_blocks_whole(warehouse: Warehouse, file: Path) -> None:
    """Raises DamageError where a block that a table is stored in is not what DuckDB wrote; reads the file once."""
    [(size,)] = warehouse.rows("SELECT block_size FROM pragma_database_size()")
    blocks = sorted(_used_blocks(warehouse))
    descriptor = os.open(file, os.O_RDONLY)
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            shares = [blocks[start::WORKERS] for start in range(WORKERS)]
            damaged = sum(pool.map(lambda share: _damaged(descriptor, share, int(size)), shares))
    finally:
        os.close(descriptor)
    if damaged:
        raise DamageError(f"{damaged} of the {len(blocks)} blocks of {file} are not what was written")


def _used_blocks(warehouse: Warehouse) -> set[int]:
    tables = warehouse.rows("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY ALL")
    used: set[int] = set()
    for schema, table in tables:
        name = quote_text(f'{schema}."{table}"')
        rows = warehouse.rows(
            "SELECT DISTINCT unnest(list_append(coalesce(additional_block_ids, []), block_id)) "
            f"FROM pragma_storage_info({name}) WHERE persistent"
        )
        used.update(int(block) for (block,) in rows if block is not None and block >= 0)
    return used


def _damaged(descriptor: int, blocks: Sequence[int], size: int) -> int:
    words = np.empty(size // 8, dtype="<u8")
    products = np.empty(size // 8 - 1, dtype="<u8")
    damaged = 0
    for block in blocks:
        is_cut = os.preadv(descriptor, [words.data], HEADERS + block * size) < size
        np.multiply(words[1:], FACTOR, out=products)
        damaged += is_cut or bool(np.bitwise_xor.reduce(products) ^ START != words[0])
    return damaged
