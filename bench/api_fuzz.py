"""The service asked many thousand times what its own description allows and forbids, alone and in chains."""

import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.measurements import Measurement, keep, kept
from bench.report import Cell, table
from hub import pipeline
from stores.home import Home, create_home
from synthetic.district import synthesize
from tests.api.calling import Served, served
from tests.api.fuzzing import ERROR, INVALID, OFF_SCHEMA, Run, Tally, fuzz, operations
from tests.api.readable import readable_hub
from tests.hub.district import at_work
from tests.hub.sharing.asking import Hub

PART = "fuzz"
PERSONS, SEED, DAYS = 300, 1, 1
LEAST = 20_000
EACH, CHAINS = 40, 250
"""Of a round: requests of either kind at each operation, and chains; rounds go on until there are enough."""
UNBOUNDED = {"points_at_once": 10_000_000, "logins_per_minute": 100_000, "logins_per_minute_and_address": 100_000}
KINDS = (ERROR, OFF_SCHEMA, INVALID)
CLASSES = ("2xx", "3xx", "4xx", "5xx")


def measure_fuzz(work: Path, least: int = LEAST) -> None:
    """Fuzzes the service over a made-up district, in this process and without a network."""
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        hub = readable_hub(_home(Path(folder)))
        with served(hub, **UNBOUNDED) as api:
            begun, cpu = time.perf_counter(), time.process_time()
            found = _enough(hub, api, least)
            taken = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - cpu}
            missing = sorted(operations(api) - found.succeeded)
    told = {**_figures(found), "without a success": missing}
    keep(work, Measurement(PART, PERSONS, rows=found.requests, found=told, **taken))


def _home(folder: Path) -> Home:
    synthesize(persons=PERSONS, seed=SEED, days=DAYS, out=folder / "district")
    home = create_home(folder / "home", kind="synthetic")
    with at_work(home) as site:
        pipeline.run([folder / "district" / "feeds"], site)
    return home


def _enough(hub: Hub, api: Served, least: int) -> Tally:
    found, begin = Tally(), 0
    while found.requests < least:
        begin += 1
        found.add(fuzz(hub, api, Run(EACH, CHAINS, begin)))
        print(f"{PART}: {found.requests} requests, {len(found.wrong)} wrong", flush=True)
    return found


def _figures(found: Tally) -> dict[str, Any]:
    by_operation: dict[str, dict[str, int]] = {}
    for (operation, status), count in sorted(found.statuses.items()):
        by_operation.setdefault(operation, {})[str(status)] = count
    return {
        "statuses": by_operation,
        "forbidden": found.forbidden,
        "followed": sum(found.followed.values()),
        "links": len(found.followed),
        "cut short": found.cut_short,
        "wrong": {kind: found.wrong_of(kind) for kind in KINDS},
        "first wrong": [vars(each) for each in found.wrong[:20]],
    }


def fuzzed(work: Path) -> str:
    """Requests by operation and class of status, as a Markdown table, and what was wrong."""
    [each] = [each for each in kept(work) if each.part == PART]
    found = each.found
    rows = [_row(operation, statuses) for operation, statuses in found["statuses"].items()]
    header = ("operation", "requests", *CLASSES, "by status")
    wrong = ", ".join(f"{count} {kind}" for kind, count in found["wrong"].items())
    never = ", ".join(found["without a success"]) or "none"
    return (
        f"{each.rows:,} requests, {found['forbidden']:,} of them with something that the description forbids; "
        f"{found['followed']:,} followed one of {found['links']} links to a success ({found['cut short']} bundles of "
        f"chains cut short). **{wrong}.** Operations that never succeeded: {never}. {each.seconds:.0f} s, "
        f"CPU {each.cpu_seconds:.0f} s.\n\n{table(header, rows)}"
    )


def _row(operation: str, statuses: Mapping[str, int]) -> list[Cell]:
    classes = Counter({f"{status[0]}xx": 0 for status in statuses})
    for status, count in statuses.items():
        classes[f"{status[0]}xx"] += count
    by_status = ", ".join(f"{status}: {count}" for status, count in statuses.items())
    return [operation, sum(statuses.values()), *(classes[each] for each in CLASSES), by_status]
