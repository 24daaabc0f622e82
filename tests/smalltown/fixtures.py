"""Fixtures that build smalltown once per session."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from hub.graph.port import GraphStore
from stores.warehouse import Warehouse
from tests.smalltown.town import smalltown_store, smalltown_warehouse


@pytest.fixture(scope="session")
def smalltown_tables() -> Iterator[Warehouse]:
    """Resolved tables and graph tables of smalltown; nobody may change them."""
    with smalltown_warehouse() as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def smalltown(smalltown_tables: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """The graph of smalltown in the embedded engine, open for reading."""
    with closing(smalltown_store(smalltown_tables, tmp_path_factory.mktemp("smalltown"))) as store:
        yield store
