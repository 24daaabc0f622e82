"""Links the records of one register: collapse → block → score → cluster."""

from dataclasses import dataclass

from resolution.blocking import FullBlock, block
from resolution.clusters import cluster
from resolution.collapse import collapse
from resolution.columns import FittedModel, Sources, build_linked, fit_model
from resolution.decisions import load_decisions
from resolution.models import score
from resolution.weights import Weights, check_weights
from schemas.readers.linkage import LinkageModel
from stores.operational.database import Operational
from stores.warehouse import Warehouse

TABLES = ("linked", "required", "forbidden", "collapsed", "node", "pair", "scored", "cluster", "clustered", "link")
LINK_COLUMNS = "record_l, record_r, origin, match_weight, match_probability, status, reason"


@dataclass(frozen=True)
class Linked:
    """What linking one register did; `left_out` names rules and comparisons that no record can answer."""

    register: str
    records: int
    nodes: int
    pairs: int
    clusters: int
    statuses: dict[str, int]
    left_out: tuple[str, ...]
    full_blocks: tuple[FullBlock, ...]


def prepare_nodes(warehouse: Warehouse, operational: Operational, model: LinkageModel, source: str) -> FittedModel:
    """Temporary tables `linked`, `collapsed` and `node`; returns the model cut to what the records can answer."""
    build_linked(warehouse, model, Sources(source))
    load_decisions(warehouse, operational, model.id)
    fitted = fit_model(warehouse, model)
    collapse(warehouse, fitted.model)
    return fitted


def link_register(
    warehouse: Warehouse, operational: Operational, *, model: LinkageModel, weights: Weights, source: str
) -> Linked:
    """Temporary tables `clustered` (record_id, cluster) and `link`; fills the register's part of `resolved.link`."""
    fitted = prepare_nodes(warehouse, operational, model, source)
    check_weights(model, fitted.model, weights)
    full = block(warehouse, fitted.model)
    score(warehouse, fitted.model, weights)
    cluster(warehouse, fitted.model)
    write_links(warehouse, model.id)
    counts = warehouse.rows("SELECT status, count(*) FROM link GROUP BY status ORDER BY status")
    return Linked(
        register=model.id,
        records=_count(warehouse, "linked"),
        nodes=_count(warehouse, "node"),
        pairs=_count(warehouse, "pair"),
        clusters=warehouse.rows("SELECT count(DISTINCT cluster) FROM clustered")[0][0],
        statuses=dict(counts),
        left_out=fitted.left_out,
        full_blocks=full,
    )


def write_links(warehouse: Warehouse, register: str) -> None:
    """Replaces the register's rows of `resolved.link` with those of the temporary table `link`."""
    warehouse.execute("""
        CREATE TABLE IF NOT EXISTS resolved.link (
            register VARCHAR, record_l BIGINT, record_r BIGINT, origin VARCHAR, match_weight DOUBLE,
            match_probability DOUBLE, status VARCHAR, reason VARCHAR)
    """)
    with warehouse.transaction():
        warehouse.execute("DELETE FROM resolved.link WHERE register = $register", {"register": register})
        warehouse.execute(
            f"INSERT INTO resolved.link SELECT '{register}', {LINK_COLUMNS} FROM link ORDER BY record_l, record_r"
        )


def clear(warehouse: Warehouse) -> None:
    """Forgets the temporary tables of the register that was linked last."""
    for table in TABLES:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _count(warehouse: Warehouse, table: str) -> int:
    return int(warehouse.rows(f"SELECT count(*) FROM {table}")[0][0])
