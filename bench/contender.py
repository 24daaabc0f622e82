"""One contender links the same records, in a process of its own: `python -m bench.contender NAME FOLDER`."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ParamSpec
from unittest.mock import patch

import duckdb
from splink import DuckDBAPI, Linker, block_on

from bench.same_records import REGISTER, SameRecords
from resolution import linking
from resolution.columns import fit_model
from resolution.models import splink_settings
from resolution.resolve import ResolutionContext, resolve_register
from resolution.weights import default_weights
from schemas.declarations import load_declarations
from schemas.readers.linkage import LinkageModel
from stores.operational import open_operational
from stores.quoting import quote_text
from stores.warehouse import Warehouse, WarehouseSettings, open_warehouse

MEMORY_LIMIT = "4GB"
P = ParamSpec("P")


@dataclass(frozen=True)
class Outcome:
    """What linking took, once the compared columns lay in DuckDB; the clusters are in their file.

    `columns_seconds` is what the hub took beside that to make these columns out of standard records and facts.
    """

    records: int
    pairs: int
    seconds: float
    cpu_seconds: float
    columns_seconds: float = 0.0


class Clock:
    """Wall and CPU time since it was made, less that of a function that does not count."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()
        self._aside = 0.0

    def outcome(self, records: int, pairs: int) -> Outcome:
        """What was done by now."""
        return Outcome(records, pairs, time.monotonic() - self._wall, time.process_time() - self._cpu, self._aside)

    def set_aside(self, function: Callable[P, None]) -> Callable[P, None]:
        """The function, with its time taken out of this clock."""

        def timed(*arguments: P.args, **named: P.kwargs) -> None:
            wall, cpu = time.monotonic(), time.process_time()
            function(*arguments, **named)
            self._aside += time.monotonic() - wall
            self._wall += time.monotonic() - wall
            self._cpu += time.process_time() - cpu

        return timed


def by_hub(laid_out: SameRecords) -> Outcome:
    """The hub in a home in which persons were never linked: collapse, block, score, cluster, repair, name."""
    home, declarations = laid_out.home, load_declarations()
    settings = WarehouseSettings(memory_limit=MEMORY_LIMIT, temp_directory=home.temp)
    with open_operational(home) as operational, open_warehouse(home.warehouse, settings=settings) as warehouse:
        context = ResolutionContext(warehouse, operational, declarations, "bench", identity_key=home.key("identity"))
        weights, clock = default_weights(declarations.tree), Clock()
        with patch.object(linking, "build_linked", clock.set_aside(linking.build_linked)):
            report = resolve_register(context, REGISTER, weights)
        outcome = clock.outcome(report.linked.records, report.linked.pairs)
        members = f"SELECT record_id, entity_id AS cluster_id FROM resolved.member WHERE register = '{REGISTER}'"
        _write(warehouse, members, laid_out.clusters("hub"))
    return outcome


def by_tables(laid_out: SameRecords) -> Outcome:
    """Plain Splink, every feed a table of its own."""
    return _by_splink(laid_out, "tables", "link_and_dedupe")


def by_table(laid_out: SameRecords) -> Outcome:
    """Plain Splink, one table whose ids are numbers."""
    return _by_splink(laid_out, "table", "dedupe_only")


CONTENDERS: Mapping[str, Callable[[SameRecords], Outcome]] = {"hub": by_hub, "tables": by_tables, "table": by_table}


def _by_splink(laid_out: SameRecords, name: str, link_type: str) -> Outcome:
    temporary = str(laid_out.folder / f"temp_{name}")
    config: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "temp_directory": temporary}
    warehouse = Warehouse(duckdb.connect(config={**config, "preserve_insertion_order": False}))
    warehouse.execute(f"CREATE TABLE linked AS FROM read_parquet({quote_text(str(laid_out.records))})")
    model, settings = plain_settings(warehouse)
    tables = ["linked"]
    if link_type == "link_and_dedupe":
        tables = _split_by_feed(warehouse)
    [(records,)] = warehouse.rows("SELECT count(*) FROM read_parquet($file)", {"file": str(laid_out.records)})
    clock = Clock()
    api = DuckDBAPI(warehouse.connection)
    linker = Linker([api.register(table) for table in tables], {**settings, "link_type": link_type}, log_level="ERROR")
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    linker.table_management.register_blocked_pairs_for_predict(blocked)
    scores = linker.inference.predict(threshold_match_probability=model.accept, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scores, model.accept)
    [(pairs,)] = warehouse.rows(f"SELECT count(*) FROM {blocked.physical_name}")
    outcome = clock.outcome(records, pairs)
    _write(warehouse, f"SELECT record_id, cluster_id FROM {clusters.physical_name}", laid_out.clusters(name))
    warehouse.close()
    return outcome


def plain_settings(warehouse: Warehouse) -> tuple[LinkageModel, dict[str, Any]]:
    """The hub's model as settings for Splink alone: its comparisons with their weights, its blocking rules uncapped."""
    declarations = load_declarations()
    model = fit_model(warehouse, declarations.linkage[REGISTER]).model
    [(records,)] = warehouse.rows("SELECT count(*) FROM linked")
    weights = default_weights(declarations.tree)[REGISTER].at_size(model, records)
    prior = weights.prior(records, smallest_population=model.training.smallest_population)
    rules = [
        block_on(*rule.on, arrays_to_explode=[part for part in rule.on if part in model.many] or None)
        for rule in model.blocking
    ]
    settings = splink_settings(model, weights, prior=prior)
    return model, {**settings, "blocking_rules_to_generate_predictions": rules}


def _split_by_feed(warehouse: Warehouse) -> list[str]:
    feeds = [feed for (feed,) in warehouse.rows("SELECT DISTINCT feed FROM linked ORDER BY feed")]
    for feed in feeds:
        warehouse.execute(f"CREATE TABLE feed_{feed} AS FROM linked WHERE feed = {quote_text(feed)}")
    warehouse.execute("DROP TABLE linked")
    return [f"feed_{feed}" for feed in feeds]


def _write(warehouse: Warehouse, rows: str, file: Path) -> None:
    warehouse.execute(f"COPY ({rows}) TO {quote_text(str(file))} (FORMAT parquet)")


if __name__ == "__main__":
    print(json.dumps(asdict(CONTENDERS[sys.argv[1]](SameRecords(Path(sys.argv[2]))))))
