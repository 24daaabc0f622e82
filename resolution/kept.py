"""What the last linking of a register left in the warehouse, so that the next one solves only what has changed.

It is never the truth: without it, or where it was made by another model, everything is solved anew, with equal result.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from resolution.weights import Weights
from schemas.readers.linkage import LinkageModel
from stores.warehouse import Warehouse

BASIS = """
    CREATE TABLE IF NOT EXISTS resolved.kept_basis (
        register VARCHAR, basis VARCHAR, population BIGINT, generation VARCHAR)
"""


@dataclass(frozen=True)
class Kept:
    """The tables that a register's linking keeps.

    `prints` (record_id, print: a hash of what is linked), `contents` (record_id, print: a hash of the record itself),
    `collapsed` (record_id, node_id, place, reason), `nodes` (the columns of `node`), `keys` (rule, key, record_id),
    `full` (rule, key, size), `edges` (the columns of `edge`), `ties` (node, component: tied by accepted links, before
    repair), `decided` (record_l, record_r, why, kind).
    """

    register: str

    @property
    def prints(self) -> str:
        """Hashes of what is linked of the records."""
        return self._table("print")

    @property
    def contents(self) -> str:
        """Hashes of the records themselves."""
        return self._table("content")

    @property
    def collapsed(self) -> str:
        """The node of each record."""
        return self._table("collapsed")

    @property
    def nodes(self) -> str:
        """The nodes."""
        return self._table("node")

    @property
    def keys(self) -> str:
        """The blocking keys of the nodes."""
        return self._table("key")

    @property
    def full(self) -> str:
        """The keys that too many nodes hold."""
        return self._table("full_block")

    @property
    def edges(self) -> str:
        """The pairs of nodes that are linked, doubted or told apart."""
        return self._table("edge")

    @property
    def ties(self) -> str:
        """The components of accepted links."""
        return self._table("tie")

    @property
    def decided(self) -> str:
        """The stewards' decisions that were in force."""
        return self._table("decided")

    def begin_sql(self) -> tuple[str, ...]:
        """Statements that make the tables, empty, out of the shapes of `linked` and `node`."""
        columns = {
            self.prints: "record_id BIGINT, print UBIGINT",
            self.contents: "record_id BIGINT, print UBIGINT",
            self.collapsed: "record_id BIGINT, node_id BIGINT, place BIGINT, reason VARCHAR",
            self.keys: "rule UTINYINT, key UBIGINT, record_id BIGINT",
            self.full: "rule UTINYINT, key UBIGINT, size BIGINT",
            self.edges: "node_l BIGINT, node_r BIGINT, match_weight DOUBLE, match_probability DOUBLE, "
            "origin VARCHAR, status VARCHAR, reason VARCHAR",
            self.ties: "node BIGINT, component BIGINT",
            self.decided: "record_l BIGINT, record_r BIGINT, why VARCHAR, kind VARCHAR",
        }
        tables = [f"CREATE OR REPLACE TABLE {table} ({shape})" for table, shape in columns.items()]
        return (*tables, f"CREATE OR REPLACE TABLE {self.nodes} AS FROM node LIMIT 0")

    def _table(self, what: str) -> str:
        return f"resolved.kept_{what}_{self.register}"


@dataclass(frozen=True)
class Basis:
    """What kept tables depend on beside the records: with another basis they are void."""

    text: str
    generation: str | None


def basis_of(fitted: LinkageModel, weights: Weights, generation: str | None) -> Basis:
    """The basis of a linking by this model and these weights, on top of this generation of entities."""
    parts = [repr(fitted), weights.version, *own_sources()]
    return Basis(sha256("\x1f".join(parts).encode()).hexdigest(), generation)


def own_sources() -> list[str]:
    """The text of this package: what another version of it has kept is void."""
    return [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]


def kept_population(warehouse: Warehouse, register: str, basis: Basis) -> int | None:
    """The population to which the kept scores were fitted; None where nothing is kept on this basis."""
    warehouse.execute(BASIS)
    rows = warehouse.rows(
        "SELECT basis, generation, population FROM resolved.kept_basis WHERE register = ?", [register]
    )
    return next((size for text, generation, size in rows if Basis(text, generation) == basis), None)


def keep_basis(warehouse: Warehouse, register: str, basis: Basis, size: int) -> None:
    """Says what the kept tables were made on."""
    warehouse.execute("DELETE FROM resolved.kept_basis WHERE register = ?", [register])
    warehouse.execute(
        "INSERT INTO resolved.kept_basis VALUES (?, ?, ?, ?)", [register, basis.text, size, basis.generation]
    )
