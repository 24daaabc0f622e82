"""The address parser on the public set of address elements and on a made-up district: spans by label, and speed."""

import gc
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.address_set import HOUSE_CHAIN, LabelledAddress, in_labels_of_the_set, labelled_addresses
from bench.runs import hub
from bench.suites.convert import data_folder
from ingestion.standardise.address_names import first_names
from ingestion.standardise.address_parts import Span
from ingestion.standardise.addresses import parse_address
from ingestion.standardise.registry import STANDARDISERS

SET = "cn_addr_parse/dev.parquet"
Parser = Callable[[str], frozenset[Span]]

# What one writes in an afternoon: each name up to the next usual ending, each number with its unit.
_BY_ENDINGS = re.compile(
    "(?P<prov>[^\\d]+?(?:省|自治区))|(?P<city>[^\\d]+?市)|(?P<district>[^\\d]+?[区县])|(?P<town>[^\\d]+?(?:镇|街道|乡))"
    "|(?P<community>[^\\d]+?(?:村|社区))|(?P<road>[^\\d]+?(?:路|街|大道|巷))|(?P<roadno>\\d+号(?!楼))"
    "|(?P<houseno>\\d+(?:幢|栋|座|号楼))|(?P<cellno>\\d+单元)|(?P<floorno>\\d+[楼层])|(?P<roomno>\\d+室?)"
    "|(?P<redundant>[-_/])|(?P<poi>[^\\d\\-_/]+)"
)


@dataclass(frozen=True)
class Found:
    """Spans by label: those found rightly, those found, and those there are."""

    right: Counter[str]
    found: Counter[str]
    there: Counter[str]

    def f1(self, labels: Iterable[str] | None = None) -> float:
        """F1 of all spans with one of the labels, or of all spans."""
        wanted = set(self.there | self.found if labels is None else labels)
        right, both = (sum(counts[label] for label in wanted) for counts in (self.right, self.found + self.there))
        return 2 * right / both if both else 0.0


@dataclass(frozen=True)
class AddressParsing:
    """What was measured: the parser and the floor on the set, and addresses a second on one core by kind."""

    addresses: int
    left_out: int
    parser: Found
    floor: Found
    speeds: dict[str, float]


def by_rules(text: str) -> frozenset[Span]:
    """The project's parser in the labels of the set."""
    return in_labels_of_the_set(text, parse_address(text).spans)


def by_endings(text: str) -> frozenset[Span]:
    """The floor: one regular expression."""
    return frozenset(Span(each.lastgroup or "", *each.span()) for each in _BY_ENDINGS.finditer(text))


def measure_addresses(*, persons: int, seed: int = 1) -> AddressParsing:
    """Measures on the dev part of the set; raises FileNotFoundError where the data folder does not hold it."""
    file = data_folder() / SET
    if not file.is_file():
        raise FileNotFoundError(f"{file}: name the folder of public data in HUB_EVAL_DATA")
    labelled, left_out = labelled_addresses(file)
    texts, standardise = [each.text for each in labelled], STANDARDISERS["address"].standardise
    district = district_addresses(persons, seed)
    speeds = {
        f"a register's: the {len(district):,} distinct ones of a made-up district, to register fields": per_second(
            standardise, district
        ),
        "the set's, from anywhere, to register fields": per_second(standardise, texts),
        "the set's, `parse_address` with spans": per_second(parse_address, texts),
        "the set's, one regular expression": per_second(by_endings, texts),
    }
    return AddressParsing(len(labelled), left_out, count(by_rules, labelled), count(by_endings, labelled), speeds)


def count(parser: Parser, labelled: Sequence[LabelledAddress]) -> Found:
    """Counts spans that agree in label, start and end."""
    right, found, there = Counter[str](), Counter[str](), Counter[str]()
    for each in labelled:
        spans = parser(each.text)
        right.update(span.label for span in spans & each.spans)
        found.update(span.label for span in spans)
        there.update(span.label for span in each.spans)
    return Found(right, found, there)


def district_addresses(persons: int, seed: int) -> list[str]:
    """The distinct addresses that the feeds of a made-up district write."""
    with tempfile.TemporaryDirectory() as folder:
        out, home = Path(folder) / "district", Path(folder) / "home"
        hub(["synthesize", "--persons", persons, "--seed", seed, "--days", 0, "--out", out])
        hub(["--home", home, "init", "--kind", "synthetic"])
        hub(["--home", home, "run", out / "feeds"])
        connection = duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)
        rows = connection.sql(
            "SELECT DISTINCT address FROM standard.house_record WHERE address IS NOT NULL ORDER BY hash(address)"
        ).fetchall()
        connection.close()
    return [address for (address,) in rows]


def per_second(read: Callable[[str], object], texts: Sequence[str]) -> float:
    """Texts a second of CPU time on one core, each read once, with nothing kept but what is loaded once."""
    read("上海市嘉定区清河路1号")
    first_names.cache_clear()
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        for text in texts:
            read(text)
        return len(texts) / (time.process_time() - begun)
    finally:
        gc.enable()


def address_parsing(measured: AddressParsing) -> tuple[tuple[list[str], list[list[str | float]]], ...]:
    """Both tables, each a header and rows: F1 by label, then speeds."""
    parser, floor = measured.parser, measured.floor
    labels = sorted(parser.there, key=lambda label: (-parser.there[label], label))
    rows: list[list[str | float]] = [
        [
            "house chain",
            sum(parser.there[label] for label in HOUSE_CHAIN),
            parser.f1(HOUSE_CHAIN),
            floor.f1(HOUSE_CHAIN),
        ],
        ["all labels", sum(parser.there.values()), parser.f1(), floor.f1()],
        *([label, parser.there[label], parser.f1([label]), floor.f1([label])] for label in labels),
    ]
    speeds: list[list[str | float]] = [[kind, f"{speed:,.0f}"] for kind, speed in measured.speeds.items()]
    return (["spans", "number", "F1", "F1 of one regular expression"], rows), (["addresses", "a second"], speeds)
