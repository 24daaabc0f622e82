"""Fills the match index of a snapshot with the keys of the linkage models' blocking rules."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hub.site import Site
from resolution.blocking import rule_keys_sql
from resolution.columns import build_linked, fit_model, resolved_sources
from schemas.readers.linkage import KeyRule
from stores.match_file import write_match_file

# The engine's own hash, without its last bit so that it fits a signed number: look up with the version that the
# manifest names.
KEY = "CAST(hash({}) >> 1 AS BIGINT)"


def write_match_index(site: Site, file: Path) -> int:
    """Writes the index of all registers; returns the number of pairs of key and record."""
    return write_match_file(file, _rules(site))


def _rules(site: Site) -> Iterator[tuple[str, str, pa.Table]]:
    for register, model in sorted(site.declarations.linkage.items()):
        build_linked(site.warehouse, model, resolved_sources(model))
        fitted = fit_model(site.warehouse, model).model
        for rule in fitted.blocking:
            yield register, rule.id, site.warehouse.arrow(index_keys_sql(rule, fitted.many))
        site.warehouse.execute("DROP TABLE temp.linked")


def index_keys_sql(rule: KeyRule, many: frozenset[str]) -> str:
    """Rows key, record_id, each once, sorted: 63 bits of the hash of the rule's values as text."""
    rows = rule_keys_sql(rule, many, table="linked", key=KEY)
    return f"SELECT DISTINCT key, record_id FROM ({rows}) ORDER BY key, record_id"
