"""Fills the match index of a snapshot with the blocking keys that the linking has found records by."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hub.site import Site
from resolution.columns import fit_model
from resolution.kept import Kept
from stores.match_file import write_match_file

# The engine's own hash, without its last bit so that it fits a signed number: look up with the version that the
# manifest names.
KEY = "CAST(hash({}) >> 1 AS BIGINT)"


def write_match_index(site: Site, file: Path) -> int:
    """Writes the index of all registers; returns the number of pairs of key and record.

    Records that were collapsed into one are found by the one that stands for them, which has their values.
    """
    return write_match_file(file, _rules(site))


def _rules(site: Site) -> Iterator[tuple[str, str, pa.Table]]:
    for register, model in sorted(site.declarations.linkage.items()):
        kept = Kept(register)
        fitted = fit_model(site.warehouse, model, table=kept.nodes).model
        for place, rule in enumerate(fitted.blocking):
            yield register, rule.id, site.warehouse.arrow(index_keys_sql(kept, place))


def index_keys_sql(kept: Kept, place: int) -> str:
    """Rows key, record_id of the rule at this place, each once, sorted: 63 bits of the hash of its values as text."""
    keys = f"SELECT CAST(key >> 1 AS BIGINT) AS key, record_id FROM {kept.keys} WHERE rule = {place}"
    return f"SELECT DISTINCT * FROM ({keys}) ORDER BY key, record_id"
