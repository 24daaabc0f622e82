"""Links the records of one register: collapse → block → score → cluster.

Where the last linking still stands, only what the changes since then can reach is solved again, by the same steps.
"""

from dataclasses import dataclass

from resolution.blocking import FullBlock, full_blocks, full_blocks_sql, keys_sql, pairs_sql
from resolution.changes import (
    again_sql,
    changed_sql,
    dead_nodes_sql,
    decided_sql,
    flipped_nodes_sql,
    moved_nodes_sql,
    paired_nodes_sql,
    prints_sql,
    redecided_sql,
    replaced_sql,
    rewritten_sql,
    scope_sql,
    solved_nodes_sql,
    solved_parts_sql,
    stale_nodes_sql,
    touched_blocks_sql,
    touched_keys_sql,
)
from resolution.clusters import cluster, judge
from resolution.collapse import collapse
from resolution.columns import FittedModel, Sources, build_linked, fit_model
from resolution.decisions import load_decisions
from resolution.kept import Kept, basis_of, kept_population
from resolution.models import score
from resolution.weights import Weights, check_weights, population
from schemas.readers.linkage import LinkageModel
from stores.operational.database import Operational
from stores.warehouse import Warehouse

TABLES = (
    *("linked", "required", "forbidden", "decided", "print", "content", "collapsed", "node", "pair", "scored", "edge"),
    *("tied", "solved", "cluster", "clustered", "link", "scope", "changed", "redecided", "again", "rewritten"),
    *("stale_node", "moved_node", "dead_node", "touched_key", "now_full"),
)
LINK_COLUMNS = "record_l, record_r, origin, match_weight, match_probability, status, reason"


@dataclass(frozen=True)
class Linked:
    """What linking one register did; `left_out` names rules and comparisons that no record can answer.

    `is_full`: everything was solved anew; else `scope` has the records that were solved again, and `rewritten` those
    whose content has changed. `pairs` and `statuses` are of what was solved.
    """

    register: str
    basis: str
    is_full: bool
    records: int
    nodes: int
    pairs: int
    clusters: int
    statuses: dict[str, int]
    left_out: tuple[str, ...]
    full_blocks: tuple[FullBlock, ...]


@dataclass(frozen=True)
class Task:
    """One register's linking: the model cut to what the records can answer, its weights, and what is kept of it."""

    warehouse: Warehouse
    model: LinkageModel
    weights: Weights
    kept: Kept


def prepare_records(warehouse: Warehouse, operational: Operational, model: LinkageModel, source: str) -> FittedModel:
    """Temporary tables `linked`, `required` and `forbidden`; returns the model cut to what the records can answer."""
    build_linked(warehouse, model, Sources(source))
    load_decisions(warehouse, operational, model.id)
    return fit_model(warehouse, model)


def prepare_nodes(warehouse: Warehouse, operational: Operational, model: LinkageModel, source: str) -> FittedModel:
    """What `prepare_records` makes, and the temporary tables `collapsed` and `node`."""
    fitted = prepare_records(warehouse, operational, model, source)
    collapse(warehouse, fitted.model)
    return fitted


def link_register(
    warehouse: Warehouse, operational: Operational, *, model: LinkageModel, weights: Weights, source: str
) -> Linked:
    """Temporary tables `clustered` (record_id, cluster) and `link`; brings `resolved.link` up to date.

    To be called in the transaction that also keeps the entities, for what it keeps must be true of both.
    """
    fitted = prepare_records(warehouse, operational, model, source)
    check_weights(model, fitted.model, weights)
    task = Task(warehouse, fitted.model, weights, Kept(model.id))
    operational.identity.current(model.id)
    basis = basis_of(fitted.model, weights, operational.identity.digest(model.id))
    size = kept_population(warehouse, model.id, basis)
    warehouse.execute(decided_sql())
    warehouse.execute(prints_sql("print", "linked"))
    warehouse.execute(prints_sql("content", f"standard.{model.id}_record"))
    if size is None:
        solve_all(task)
    else:
        solve_changes(task, size)
    write_links(warehouse, model.id, is_full=size is None)
    counts = warehouse.rows("SELECT status, count(*) FROM link GROUP BY status ORDER BY status")
    return Linked(
        register=model.id,
        basis=basis.text,
        is_full=size is None,
        records=_count(warehouse, "linked"),
        nodes=_count(warehouse, task.kept.nodes),
        pairs=_count(warehouse, "pair"),
        clusters=warehouse.rows("SELECT count(DISTINCT cluster) FROM clustered")[0][0],
        statuses=dict(counts),
        left_out=fitted.left_out,
        full_blocks=full_blocks(warehouse, fitted.model, task.kept.full),
    )


def solve_all(task: Task) -> None:
    """Links every record and keeps what was found."""
    warehouse, model, kept = task.warehouse, task.model, task.kept
    collapse(warehouse, model)
    for statement in kept.begin_sql():
        warehouse.execute(statement)
    warehouse.execute(f"INSERT INTO {kept.collapsed} BY NAME FROM collapsed")
    warehouse.execute(f"INSERT INTO {kept.nodes} BY NAME FROM node")
    keep_state(task)
    for statement in keys_sql(model, nodes="node", keys=kept.keys):
        warehouse.execute(statement)
    warehouse.execute(full_blocks_sql(model, kept.keys, kept.full))
    warehouse.execute(pairs_sql(kept.keys, kept.full))
    score(warehouse, model, task.weights, records=_count(warehouse, "node"))
    judge(warehouse, model)
    warehouse.execute(f"INSERT INTO {kept.edges} BY NAME FROM edge")
    cluster(warehouse, model)
    warehouse.execute(f"INSERT INTO {kept.ties} BY NAME FROM tied")


def solve_changes(task: Task, size: int) -> None:
    """Links again what the changes since the last linking can reach; the kept scores were fitted to `size`."""
    warehouse, model, kept = task.warehouse, task.model, task.kept
    for sql in (redecided_sql(kept), changed_sql(kept), rewritten_sql(kept), again_sql(kept, model.collapse)):
        warehouse.execute(sql)
    _collapse_again(task)
    _block_again(task)
    if population(_count(warehouse, kept.nodes)) != size:
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE moved_node AS SELECT record_id FROM {kept.nodes}")
    warehouse.execute(pairs_sql(kept.keys, kept.full, own="moved_node"))
    warehouse.execute(paired_nodes_sql(kept))
    score(warehouse, model, task.weights, records=_count(warehouse, kept.nodes))
    judge(warehouse, model)
    _replace_edges(task)
    for sql in (solved_nodes_sql(kept), *solved_parts_sql(kept)):
        warehouse.execute(sql)
    cluster(warehouse, model)
    warehouse.execute("INSERT INTO solved SELECT record_id FROM stale_node ANTI JOIN solved ON node = record_id")
    for sql in replaced_sql(kept.ties, "node", "solved", "tied"):
        warehouse.execute(sql)
    keep_state(task)


def keep_state(task: Task) -> None:
    """Keeps by what the next linking will know what has changed since."""
    kept = task.kept
    for table, rows in ((kept.prints, "print"), (kept.contents, "content"), (kept.decided, "decided")):
        task.warehouse.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {rows}")


def _collapse_again(task: Task) -> None:
    """Collapses the records of `again` alone, and lets `collapsed` be that of the records with decisions afterwards."""
    warehouse, kept = task.warehouse, task.kept
    warehouse.execute("ALTER TABLE linked RENAME TO linked_whole")
    warehouse.execute("CREATE TEMP TABLE linked AS FROM linked_whole SEMI JOIN again USING (record_id)")
    collapse(warehouse, task.model)
    warehouse.execute("DROP TABLE temp.linked")
    warehouse.execute("ALTER TABLE linked_whole RENAME TO linked")
    for sql in (stale_nodes_sql(kept), moved_nodes_sql(kept), dead_nodes_sql()):
        warehouse.execute(sql)
    for sql in (
        *replaced_sql(kept.collapsed, "record_id", "again", "collapsed"),
        *replaced_sql(kept.nodes, "record_id", "stale_node", "node"),
    ):
        warehouse.execute(sql)
    decided = "SELECT unnest([record_l, record_r]) FROM decided"
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE collapsed AS FROM {kept.collapsed} WHERE record_id IN ({decided})")


def _block_again(task: Task) -> None:
    """Keys of the moved nodes, and the blocks that they make full or no longer full."""
    warehouse, model, kept = task.warehouse, task.model, task.kept
    warehouse.execute("CREATE OR REPLACE TEMP TABLE touched_key (rule UTINYINT, key UBIGINT)")
    warehouse.execute(touched_keys_sql(kept, "dead_node"))
    warehouse.execute(f"DELETE FROM {kept.keys} WHERE record_id IN (FROM dead_node)")
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE node AS FROM {kept.nodes} SEMI JOIN moved_node USING (record_id)")
    for statement in keys_sql(model, nodes="node", keys=kept.keys):
        warehouse.execute(statement)
    warehouse.execute(touched_keys_sql(kept, "moved_node"))
    warehouse.execute(touched_blocks_sql(kept))
    warehouse.execute("CREATE OR REPLACE TEMP TABLE now_full (rule UTINYINT, key UBIGINT, size BIGINT)")
    warehouse.execute(full_blocks_sql(model, "touched_block", "now_full"))
    warehouse.execute(flipped_nodes_sql(kept))
    warehouse.execute(f"DELETE FROM {kept.full} WHERE (rule, key) IN (SELECT rule, key FROM touched_key)")
    warehouse.execute(f"INSERT INTO {kept.full} FROM now_full")
    warehouse.execute("DROP TABLE temp.touched_block")


def _replace_edges(task: Task) -> None:
    """Lets the kept edges be those of now: of the moved nodes as just judged, of all others as before."""
    warehouse, edges = task.warehouse, task.kept.edges
    warehouse.execute("INSERT INTO dead_node SELECT record_id FROM moved_node ANTI JOIN dead_node USING (record_id)")
    warehouse.execute(f"DELETE FROM {edges} WHERE node_l IN (FROM dead_node) OR node_r IN (FROM dead_node)")
    warehouse.execute("DELETE FROM edge WHERE node_l NOT IN (FROM moved_node) AND node_r NOT IN (FROM moved_node)")
    warehouse.execute(f"INSERT INTO {edges} BY NAME FROM edge")


def write_links(warehouse: Warehouse, register: str, *, is_full: bool) -> None:
    """Replaces the register's rows of `resolved.link`, or those that touch the records solved again, by `link`."""
    warehouse.execute("""
        CREATE TABLE IF NOT EXISTS resolved.link (
            register VARCHAR, record_l BIGINT, record_r BIGINT, origin VARCHAR, match_weight DOUBLE,
            match_probability DOUBLE, status VARCHAR, reason VARCHAR)
    """)
    touched = ""
    if not is_full:
        warehouse.execute(scope_sql())
        touched = "AND (record_l IN (FROM scope) OR record_r IN (FROM scope))"
    warehouse.execute(f"DELETE FROM resolved.link WHERE register = $register {touched}", {"register": register})
    warehouse.execute(f"INSERT INTO resolved.link SELECT '{register}', {LINK_COLUMNS} FROM link")


def clear(warehouse: Warehouse) -> None:
    """Forgets the temporary tables of the register that was linked last."""
    for table in TABLES:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _count(warehouse: Warehouse, table: str) -> int:
    return int(warehouse.rows(f"SELECT count(*) FROM {table}")[0][0])
