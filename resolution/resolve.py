"""The resolution of a whole run: houses, then units, then persons; golden records, relations, residence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from resolution.errors import ResolutionError
from resolution.golden import build_golden
from resolution.identity import Churn, Minting, assign_entities, write_lineage
from resolution.kept import Basis, keep_basis, own_sources
from resolution.linking import Linked, clear, link_register
from resolution.places import place_houses
from resolution.relations import build_relations
from resolution.residence import build_residence
from resolution.unit_names import name_units
from resolution.weights import Weights, default_weights, population
from schemas.declarations import Declarations
from schemas.readers.linkage import LinkageModel
from stores.operational.database import Operational
from stores.progress import Progress, SilentProgress
from stores.warehouse import Warehouse

ORDER = ("house", "unit", "person")
STEPS = (*ORDER, "golden", "relations", "residence")
DERIVED = "CREATE TABLE IF NOT EXISTS resolved.derived (basis VARCHAR)"
PREPARE: Mapping[str, Callable[[Warehouse], str]] = {"house": place_houses, "unit": name_units}
"""For a register whose records need more than their own row: builds the table that stands in for its standard one."""


@dataclass(frozen=True)
class ResolutionContext:
    """What a resolution works with; without `weights` those that ship with the linkage models are pinned."""

    warehouse: Warehouse
    operational: Operational
    declarations: Declarations
    run_id: str
    identity_key: bytes
    weights: Mapping[str, Weights] | None = None
    progress: Progress = field(default_factory=SilentProgress)


@dataclass(frozen=True)
class RegisterReport:
    """What resolving one register did."""

    linked: Linked
    churn: Churn
    weights: str


@dataclass(frozen=True)
class ResolutionReport:
    """What a resolution did, by register."""

    as_of: date
    registers: Mapping[str, RegisterReport]


@dataclass(frozen=True)
class Derivation:
    """The part of a run after the registers are linked; see `resolution.context.Resolved`."""

    warehouse: Warehouse
    declarations: Declarations
    is_full: bool


def resolve(context: ResolutionContext) -> ResolutionReport:
    """Fills the tables of schema `resolved` from schema `standard`; a second run gives the same."""
    weights = default_weights(context.declarations.tree) if context.weights is None else context.weights
    registers = {}
    context.warehouse.execute(DERIVED)
    for done, register in enumerate(ORDER):
        context.progress.step("resolve", register, done, len(STEPS))
        registers[register] = resolve_register(context, register, weights)
    write_lineage(context.warehouse, context.operational)
    as_of = _write_run(context, {name: each.weights for name, each in registers.items()})
    derive(context)
    context.progress.step("resolve", "", len(STEPS), len(STEPS))
    return ResolutionReport(as_of, registers)


def derive(context: ResolutionContext) -> None:
    """Golden records, relations and residence: of all entities, or of those touched since the last derivation."""
    warehouse, basis = context.warehouse, derived_basis(context.declarations)
    is_full = warehouse.rows("SELECT basis FROM resolved.derived") != [(basis,)]
    if not is_full:
        warehouse.execute("CREATE OR REPLACE TEMP TABLE touched_entity AS SELECT DISTINCT * FROM resolved.touched")
    derivation = Derivation(warehouse, context.declarations, is_full)
    with warehouse.transaction():
        for done, build in enumerate((build_golden, build_relations, build_residence), start=len(ORDER)):
            context.progress.step("resolve", STEPS[done], done, len(STEPS))
            build(derivation)
        warehouse.execute("DELETE FROM resolved.touched; DELETE FROM resolved.derived")
        warehouse.execute("INSERT INTO resolved.derived VALUES (?)", [basis])
    warehouse.execute("DROP TABLE IF EXISTS temp.touched_entity")


def derived_basis(declarations: Declarations) -> str:
    """What golden records, relations and residence depend on beside the records: changed, all are built anew."""
    rules = [repr(each) for each in (declarations.registers, declarations.golden, declarations.residence)]
    return sha256("\x1f".join([*rules, *own_sources()]).encode()).hexdigest()


def resolve_register(context: ResolutionContext, register: str, weights: Mapping[str, Weights]) -> RegisterReport:
    """Links one register and names its entities; raises ResolutionError where no weights are there for it."""
    model = context.declarations.linkage.get(register)
    if model is None or register not in weights:
        raise ResolutionError(f"linkage/{register}.yml or linkage/weights/{register}.json is missing: run `hub train`")
    with context.warehouse.transaction():
        source = source_table(context.warehouse, register)
        linked = link_register(
            context.warehouse, context.operational, model=model, weights=weights[register], source=source
        )
        if model.prepared:
            context.warehouse.execute(prepared_sql(model, source))
            context.warehouse.execute(f"DROP TABLE temp.{source}")
        as_of = context.operational.ledger.latest_date()
        minting = Minting(register, context.run_id, context.identity_key, as_of)
        churn = name_entities(context.warehouse, context.operational, minting, linked)
        if linked.is_full:
            context.warehouse.execute(f"{DERIVED}; DELETE FROM resolved.derived")
    clear(context.warehouse)
    return RegisterReport(linked, churn, weights[register].version)


def name_entities(warehouse: Warehouse, operational: Operational, minting: Minting, linked: Linked) -> Churn:
    """Gives the clusters of a linking their entities, and says on what the next linking may build."""
    churn = assign_entities(warehouse, operational, minting, is_full=linked.is_full)
    basis = Basis(linked.basis, operational.identity.digest(linked.register))
    keep_basis(warehouse, linked.register, basis, population(linked.nodes))
    return churn


def source_table(warehouse: Warehouse, register: str) -> str:
    """The table whose records are linked: the register's standard one, or what is prepared from it."""
    return PREPARE[register](warehouse) if register in PREPARE else f"standard.{register}_record"


def prepared_sql(model: LinkageModel, source: str) -> str:
    """`resolved.prepared_<register>`: record_id and what preparation added, for whoever reads them afterwards."""
    columns = ", ".join(["record_id", *model.prepared])
    return f"CREATE OR REPLACE TABLE resolved.prepared_{model.id} AS SELECT {columns} FROM {source} ORDER BY record_id"


def _write_run(context: ResolutionContext, versions: Mapping[str, str]) -> date:
    as_of = context.operational.ledger.latest_date() or _latest_record(context.warehouse)
    columns = ", ".join(f"'{version}' AS {register}" for register, version in versions.items())
    context.warehouse.execute(
        f"CREATE OR REPLACE TABLE resolved.run AS SELECT $run_id AS run_id, $as_of::DATE AS as_of, {columns}",
        {"run_id": context.run_id, "as_of": as_of},
    )
    return as_of


def _latest_record(warehouse: Warehouse) -> date:
    tables = " UNION ALL ".join(f"SELECT recorded_on FROM standard.{register}_record" for register in ORDER)
    latest: date | None = warehouse.rows(f"SELECT max(recorded_on) FROM ({tables})")[0][0]
    if latest is None:
        raise ResolutionError("there is no record to resolve: run `hub ingest PATH…` first")
    return latest
