"""`python -m bench`: measures what is asked for and writes bench/RESULTS.md, section by section."""

import re
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench import api as api_loads
from bench import graph_report, real_time, report, size_report
from bench.accuracy import UNSEEN, measure
from bench.address_parsing import address_parsing, measure_addresses
from bench.analysts_copy import analysts_copy, measure_analysts_copy
from bench.api_fuzz import PERSONS as FUZZED_PERSONS
from bench.api_fuzz import fuzzed, measure_fuzz
from bench.audit import ROUNDS, SECONDS, audit_log, measure_audit, measure_reading
from bench.beside_splink import PART, measure_beside_splink
from bench.contender import MEMORY_LIMIT
from bench.daily_delta import DAYS_JOINED
from bench.district import hardness
from bench.district_size import AT_EVERY_SIZE, DAYS, FOUNDATIONS, PARTS, PERSONS_PER_CHANGE, Trial
from bench.district_size import measure as measure_part
from bench.graph_questions import POOL
from bench.graph_server import MEMORY, measure_graph_server
from bench.measurements import kept
from bench.public_suites import run_all
from resolution.realtime.matching import MOST_COMPARED

RESULTS = Path(__file__).with_name("RESULTS.md")
SECTIONS = (
    "public suites",
    "plain Splink on a district",
    "unseen seeds",
    "district size",
    "plain Splink at size",
    "graph on Neo4j",
    "analysts copy",
    "real time",
    "API",
    "addresses",
    "audit",
    "fuzz",
)
PERSONS = 20_000
WORK = Path(tempfile.gettempdir()) / "district-hub-bench"
SIZES = (150_000, 500_000, 1_500_000)


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"Sections: {', '.join(SECTIONS)}; all if none")] = None,
    persons: Annotated[list[int] | None, typer.Option(help="Sizes of the made-up districts")] = None,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds of the unseen districts")] = None,
    parts: Annotated[list[str] | None, typer.Option(help=f"Parts of `{SECTIONS[3]}`: {', '.join(PARTS)}")] = None,
    work: Annotated[Path, typer.Option(help="Folder of what the large sizes leave; needs 40 GiB")] = WORK,
) -> None:
    """Writes the sections that are asked for into bench/RESULTS.md; the others stay as they are."""
    small = (persons or [PERSONS])[0]
    measured = (
        public_suites,
        partial(plain_splink, small),
        partial(unseen_seeds, small, tuple(seeds or UNSEEN)),
        partial(district_size, work, persons or SIZES, parts),
        partial(splink_at_size, work, persons or SIZES[-1:]),
        partial(graph_server, work, persons or SIZES[-1:]),
        partial(copies_at_size, work, persons or SIZES),
        partial(one_at_a_time, work, persons or SIZES[-1:]),
        partial(service, work, persons or SIZES[-1:]),
        partial(addresses, small),
        partial(audit, work),
        partial(fuzz, work),
    )
    for section, measure_section in zip(SECTIONS, measured, strict=True):
        if section in (only or SECTIONS):
            write(section, measure_section())


def public_suites() -> str:
    """The public suites beside Splink as it comes."""
    return (
        "`hub evaluate --suite` on each set (`bench/suites`): a scratch home, ingest to publish, evaluate. "
        "Pairs within clusters at the one threshold that the suite declares, with its reason, in its file; Splink "
        "links the same standard records in the same run at the same threshold, with its library's comparisons and the "
        "blocking of its public demo, trained on the same records. Neither is told any truth. Time: ingest to publish, "
        "or plain Splink's training and linking. A suite by itself: `python -m bench.suites.convert NAME --out DIR`, "
        "then `hub evaluate --suite DIR/suite.yml`.\n\n" + report.public_suites(run_all())
    )


def plain_splink(persons: int, seed: int = 1) -> str:
    """How hard the made-up district is."""
    with tempfile.TemporaryDirectory() as folder:
        found = hardness(Path(folder), persons=persons, seed=seed)
    return (
        "The district's standard person records, linked by Splink's library comparisons without household guard, "
        "collapse or repair; pairs within clusters. Address pairs agree in family name and address and in no number, "
        "birth date or phone; family pairs are those of them with different given names.\n\n"
        + report.hardness(found, persons, seed)
    )


def unseen_seeds(persons: int, seeds: tuple[int, ...]) -> str:
    """Figures of seeds that nothing was developed on."""
    runs = [measure(seed, persons=persons) for seed in seeds]
    parts = (
        report.registers(runs),
        report.feeds(runs),
        report.households(runs),
        report.residence(runs),
        report.questions(runs),
    )
    return f"{persons:,} persons each, a full dump and three daily deltas.\n\n" + "\n\n".join(parts)


def district_size(work: Path, sizes: Sequence[int], parts: Sequence[str] | None) -> str:
    """Measures these parts at these sizes, and tells all that the work folder has of any size.

    Where none are named, the delta and the rebuild are left to the largest size. Where the district or its home cannot
    be made, the other parts at that size are left.
    """
    for size in sizes:
        for part in parts or (PARTS if size == max(sizes) else AT_EVERY_SIZE):
            if measure_part(Trial(work, size), part).failed and part in FOUNDATIONS:
                break
    return (
        "Feeds of a made-up district from files to a published snapshot, each command a process of its own. Memory is "
        "the largest sum of the resident pages of all its processes, so pages that two share count twice. "
        f"Deliveries: a full dump and {DAYS - DAYS_JOINED} daily deltas of eleven feeds; the daily delta after them "
        f"is made of two more days, cut to one row for {PERSONS_PER_CHANGE} persons.\n\n"
        + size_report.district_size(kept(work))
    )


def splink_at_size(work: Path, sizes: Sequence[int]) -> str:
    """Plain Splink beside the hub on the persons of these sizes."""
    for size in sizes:
        measure_beside_splink(Trial(work, size))
    return (
        "The standard person records of the district above, each contender in a process of its own with DuckDB limited "
        f"to {MEMORY_LIMIT} and all cores. All use the comparisons, weights and blocking rules of "
        "`schemas/linkage/person.yml` at its accept threshold; nobody trains. Plain Splink takes its value frequencies "
        "from the records and knows no largest block, collapse or repair. Wall and CPU time start when the compared "
        "columns lie in DuckDB; what the hub takes beside that to make them out of standard records and facts stands "
        "under `columns`. The hub's time has all that it writes to disk in it, also what lets the next delta be linked "
        "without the rest. Pairs of records within clusters against truth; what is decidable was found with all "
        "numbers there. `half removed`: half of the records, by the last bit of their id, have no ID number.\n\n"
        + size_report.beside_splink([each for each in kept(work) if each.part.startswith(PART)])
    )


def graph_server(work: Path, sizes: Sequence[int]) -> str:
    """The graphs of these sizes on a server; tells all that the work folder has of any size."""
    for size in sizes:
        measure_graph_server(Trial(work, size))
    return (
        f"A server of the version that the tests use, on the same machine, heap {MEMORY.heap}, page cache "
        f"{MEMORY.page_cache}; memory is that of the hub and the server together. Changes are of relationships: "
        "two of ten go, two come, four change in place, one gets another end (which counts twice); one transaction, "
        "touched rows read back within it. Cold is the first asking after the engine was started, with files still in "
        f"the system's memory; the embedded engine has a buffer pool of {POOL.buffer_pool_bytes >> 30} GiB.\n\n"
        + graph_report.graph_server([each for each in kept(work) if each.part.startswith("graph: ")])
    )


def copies_at_size(work: Path, sizes: Sequence[int]) -> str:
    """Copies for analysts of the districts of these sizes."""
    for size in sizes:
        measure_analysts_copy(Trial(work, size))
    return (
        "`hub graph export --analysis` on the snapshot of each district: two studies of `schemas/graph/analysis.yml` "
        "into a file, and the first on a Neo4j server of its own, where the notebook of `docs/analysis` then runs. "
        "Memory is the hub's, without that of the server and of the notebook's kernel. Unique: persons whom nobody "
        "shares all values with, alone, with type, kind, month and committee of each relationship, and with all that "
        "is said about who is at its other end; in the graph itself, then in the copy.\n\n" + analysts_copy(kept(work))
    )


def one_at_a_time(work: Path, sizes: Sequence[int]) -> str:
    """One record at a time against districts of these sizes."""
    for size in sizes:
        real_time.measure_real_time(Trial(work, size))
    return (
        "One person record against a published district: keys, candidates from the match index, scores, grades and the "
        "steps of every candidate, in Python, after 100 queries that only warm up; no network, no audit. Queries are "
        "nodes of the district: as they are (at least two of birth date, number, phone and dwelling), with a letter of "
        "the given name or a digit of the number wrong, or both, or out of the 60 largest blocks of each rule without "
        f"an ID number. At most {MOST_COMPARED} candidates are compared, those first that share the rarest keys. "
        "Splink takes one record and all nodes, rules, weights and value frequencies made ready.\n\n"
        + real_time.real_time([each for each in kept(work) if each.part.startswith(real_time.PART)])
    )


def service(work: Path, sizes: Sequence[int]) -> str:
    """The service over districts of these sizes."""
    for size in sizes:
        api_loads.measure_api(Trial(work, size))
    return (
        "`python -m api` with one worker on one core, its client on the other; a department's program that reads its "
        "people by own id (names and ID numbers among the fields), and looks them up by name, ID number and "
        "birth date, every other time with a slip in the name. Each answer is decided, cut and in the audit log on "
        "disk (`fsync`) before it "
        f"leaves. Throughput: {api_loads.AT_ONCE} connections that always have a request under way; CPU is that of all "
        "processes of the service, per request. Without audit and without policy are the same routes with these parts "
        f"taken out by `bench/api_floor.py`. Overload: {api_loads.OVERLOAD} times as many readings a second as were "
        "answered, from whoever does not wait for the others; recovered when ten in a row are answered within "
        f"{1000 * api_loads.WELL:.0f} ms each. Its second line has the points a minute that a caller has by default. "
        "Changes: the daily delta is run and published while the service is asked.\n\n"
        + api_loads.api([each for each in kept(work) if each.part.startswith(api_loads.PART)])
    )


def addresses(persons: int) -> str:
    """The address parser on the public set, beside a floor, and its speed."""
    found = measure_addresses(persons=persons)
    quality, speed = (report.table(*each) for each in address_parsing(found))
    return (
        f"Dev part of `cn_addr_parse`, on which nothing was developed: {found.addresses:,} addresses ({found.left_out} "
        "left out, whose spans fit no way of counting tokens). A span is right where label, start and end agree. The "
        "house chain is road, road within a road, their numbers, building, entrance, floor and room. The parser knows "
        "the country's divisions and no address of the set; its labels are put into the set's by "
        f"`bench/address_set.py`. Speed is CPU time on one core, each address read once.\n\n{quality}\n\n{speed}"
    )


def audit(work: Path) -> str:
    """Durable records of the audit log, by many callers at once."""
    work.mkdir(parents=True, exist_ok=True)
    rates = audit_log(measure_audit(work))
    return (
        "A caller goes on when its record is on disk (`fsync`). The log shares one sync among all who wrote before "
        "it began and signs its checkpoints meanwhile; beside it the same lines under a lock with a sync for each, as "
        f"the log did before. Median of {ROUNDS} rounds of {SECONDS:.0f} s, the ways in turn.\n\n{rates}\n\n"
        + measure_reading(work)
    )


def fuzz(work: Path) -> str:
    """The service asked at random, as its own description allows and forbids."""
    measure_fuzz(work)
    return (
        f"The application in this process over a made-up district of {FUZZED_PERSONS} persons, asked what Schemathesis "
        "makes up from its OpenAPI file: for each operation what is allowed and what is forbidden, then chains along "
        "the file's links. What is not meant to be wrong is real every other time (ids, records, cursors, disputes, "
        "receipts of the asker's department), and asked by whoever may. Each answer is held to the file: status, "
        "media type, headers, body; none may be a server error, and nothing forbidden may be accepted.\n\n"
        + fuzzed(work)
    )


def write(section: str, text: str) -> None:
    """Puts a section into the results in place of its earlier self."""
    body = f"## {section}\n\n{text}\n\nMachine: {report.machine()}. Command: `python -m bench --only '{section}'`.\n"
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Results\n"
    pattern = re.compile(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    page = pattern.sub(lambda _: body + "\n", page) if pattern.search(page) else f"{page}\n{body}"
    RESULTS.write_text(page.rstrip() + "\n", encoding="utf-8")
    print(f"{RESULTS}: {section}")


if __name__ == "__main__":
    typer.run(main)
