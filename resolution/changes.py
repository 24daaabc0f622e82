"""What has to be solved again: the records, nodes, pairs and clusters that a change can reach, and no others."""

from resolution.kept import Kept
from schemas.readers.linkage import KeyRule


def decided_sql() -> str:
    """Temporary table `decided` (record_l, record_r, why, kind): all decisions about records that are there."""
    return """
        CREATE OR REPLACE TEMP TABLE decided AS
        SELECT *, 'required' AS kind FROM required UNION ALL SELECT *, 'forbidden' FROM forbidden
    """


def prints_sql(target: str, records: str) -> str:
    """Temporary table `target` (record_id, print): a hash of each row of `records`."""
    return f"CREATE OR REPLACE TEMP TABLE {target} AS SELECT record_id, hash(record) AS print FROM {records} record"


def changed_sql(kept: Kept) -> str:
    """Temporary table `changed` (record_id): records that came, went or are linked by other values or decisions."""
    return f"CREATE OR REPLACE TEMP TABLE changed AS {_differing_sql('print', kept.prints)} UNION FROM redecided"


def rewritten_sql(kept: Kept) -> str:
    """Temporary table `rewritten` (record_id): records that came, went or say anything else than before."""
    return f"CREATE OR REPLACE TEMP TABLE rewritten AS {_differing_sql('content', kept.contents)}"


def _differing_sql(now: str, kept: str) -> str:
    return f"""
        SELECT record_id FROM {now} now FULL JOIN {kept} kept USING (record_id)
        WHERE now.print IS DISTINCT FROM kept.print
    """


def redecided_sql(kept: Kept) -> str:
    """Temporary table `redecided` (record_id): records about which a decision came or went."""
    return f"""
        CREATE OR REPLACE TEMP TABLE redecided AS
        SELECT DISTINCT unnest([record_l, record_r]) AS record_id
        FROM ((FROM decided EXCEPT FROM {kept.decided}) UNION ALL (FROM {kept.decided} EXCEPT FROM decided))
    """


def again_sql(kept: Kept, rules: tuple[KeyRule, ...]) -> str:
    """Temporary table `again` (record_id): records to collapse anew.

    Those changed, those that share a collapse key with one, and all that were one node with either.
    """
    partners = "".join(f" UNION {_partners_sql(rule)}" for rule in rules)
    return f"""
        CREATE OR REPLACE TEMP TABLE again AS
        WITH met AS (FROM changed{partners})
        SELECT record_id FROM {kept.collapsed} WHERE node_id IN (
            SELECT node_id FROM {kept.collapsed} SEMI JOIN met USING (record_id))
        UNION FROM changed
    """


def _partners_sql(rule: KeyRule) -> str:
    keys = ", ".join(f"{part} AS key_{place}" for place, part in enumerate(rule.on))
    names = ", ".join(f"key_{place}" for place in range(len(rule.on)))
    return f"""
        SELECT record_id FROM (SELECT record_id, {keys} FROM linked)
        SEMI JOIN (SELECT {keys} FROM linked SEMI JOIN changed USING (record_id)) USING ({names})
    """


def stale_nodes_sql(kept: Kept) -> str:
    """Temporary table `stale_node` (record_id): the nodes that the records of `again` were."""
    return f"""
        CREATE OR REPLACE TEMP TABLE stale_node AS
        SELECT DISTINCT node_id AS record_id FROM {kept.collapsed} SEMI JOIN again USING (record_id)
    """


def moved_nodes_sql(kept: Kept) -> str:
    """Temporary table `moved_node` (record_id): nodes of `node` that are new, have other values or other decisions.

    A decision goes with its records, also into a node, or out of one, that says the same as before.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE moved_node AS
        SELECT now.record_id FROM (SELECT record_id, hash(node) AS print FROM node) now
        LEFT JOIN (
            SELECT record_id, hash(kept) AS print FROM {kept.nodes} kept SEMI JOIN stale_node USING (record_id)
        ) kept USING (record_id)
        WHERE now.print IS DISTINCT FROM kept.print
        UNION
        SELECT record_id FROM node WHERE record_id IN (
            SELECT node_id FROM (
                SELECT record_id, node_id FROM collapsed
                UNION ALL SELECT record_id, node_id FROM {kept.collapsed} SEMI JOIN again USING (record_id))
            WHERE record_id IN (FROM redecided UNION SELECT unnest([record_l, record_r]) FROM decided))
    """


def replaced_sql(table: str, key: str, gone: str, come: str) -> tuple[str, str]:
    """Statements that replace the rows of a table whose key is in the table `gone` by the rows of `come`."""
    return f"DELETE FROM {table} WHERE {key} IN (FROM {gone})", f"INSERT INTO {table} BY NAME FROM {come}"


def dead_nodes_sql() -> str:
    """Temporary table `dead_node` (record_id): nodes whose pairs no longer hold, being gone or moved."""
    return """
        CREATE OR REPLACE TEMP TABLE dead_node AS
        SELECT record_id FROM stale_node ANTI JOIN node USING (record_id) UNION FROM moved_node
    """


def touched_keys_sql(kept: Kept, nodes: str) -> str:
    """Adds to `touched_key` (rule, key) the keys of these nodes."""
    return f"INSERT INTO touched_key SELECT DISTINCT rule, key FROM {kept.keys} SEMI JOIN {nodes} USING (record_id)"


def touched_blocks_sql(kept: Kept) -> str:
    """Temporary table `touched_block` (rule, key, record_id): who holds a touched key now."""
    return f"""
        CREATE OR REPLACE TEMP TABLE touched_block AS
        FROM {kept.keys} SEMI JOIN touched_key USING (rule, key)
    """


def flipped_nodes_sql(kept: Kept) -> str:
    """Adds to `moved_node` the nodes of blocks that have become full, or are so no more (`now_full`)."""
    was = f"SELECT rule, key FROM {kept.full} SEMI JOIN touched_key USING (rule, key)"
    return f"""
        INSERT INTO moved_node
        SELECT DISTINCT record_id FROM {kept.keys} SEMI JOIN (
            (SELECT rule, key FROM now_full EXCEPT {was}) UNION ALL ({was} EXCEPT SELECT rule, key FROM now_full)
        ) USING (rule, key) WHERE record_id NOT IN (SELECT record_id FROM moved_node)
    """


def paired_nodes_sql(kept: Kept) -> str:
    """Temporary table `node`: the nodes of the pairs in `pair`, and no others."""
    return f"""
        CREATE OR REPLACE TEMP TABLE node AS
        FROM {kept.nodes} SEMI JOIN (
            SELECT DISTINCT unnest([join_key_l, join_key_r]) AS record_id FROM pair) USING (record_id)
    """


def solved_nodes_sql(kept: Kept) -> str:
    """Temporary table `solved` (node): the components that a node of `again`, a moved one or a new link reaches."""
    return f"""
        CREATE OR REPLACE TEMP TABLE solved AS
        WITH seed AS (
            SELECT node_id AS node FROM {kept.collapsed} SEMI JOIN again USING (record_id)
            UNION SELECT record_id FROM stale_node
            UNION SELECT record_id FROM moved_node
            UNION SELECT unnest([node_l, node_r]) FROM edge WHERE status = 'accepted'
        ), reached AS (
            SELECT node FROM {kept.ties} WHERE component IN (
                SELECT component FROM {kept.ties} SEMI JOIN seed USING (node))
            UNION FROM seed
        )
        SELECT node FROM reached SEMI JOIN {kept.nodes} nodes ON nodes.record_id = reached.node
    """


def solved_parts_sql(kept: Kept) -> tuple[str, ...]:
    """Temporary tables `edge` (all that touch a solved node), `node` and `collapsed`: what is kept of the solved."""
    touches = "node_l IN (FROM solved) OR node_r IN (FROM solved)"
    return (
        f"CREATE OR REPLACE TEMP TABLE edge AS FROM {kept.edges} WHERE {touches}",
        f"CREATE OR REPLACE TEMP TABLE node AS FROM {kept.nodes} WHERE record_id IN (FROM solved)",
        f"CREATE OR REPLACE TEMP TABLE collapsed AS FROM {kept.collapsed} WHERE node_id IN (FROM solved)",
    )


def scope_sql() -> str:
    """Temporary table `scope` (record_id): the records whose entity is asked again, and those that are gone."""
    return "CREATE OR REPLACE TEMP TABLE scope AS SELECT record_id FROM clustered UNION FROM again"
