"""Loads the written-down facts of smalltown into an in-memory warehouse and builds its graph."""

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from hub.graph.ladybug import LadybugSettings, LadybugStore, build_ladybug, open_ladybug
from hub.graph.port import GraphOrigin
from hub.graph.tables import build_graph_tables
from schemas.files import DeclarationTree
from schemas.readers.gazetteer import Committee, Gazetteer, Town
from schemas.readers.graph import GraphModel, read_graph
from schemas.readers.residence import ResidenceRules, read_residence
from stores.warehouse import Warehouse, open_warehouse

FOLDER = Path(__file__).parent
AS_OF = date(2026, 6, 30)
GAZETTEER = Gazetteer(
    towns=(Town("310114100", "东镇", ()), Town("310114101", "西镇", ())),
    committees=(
        Committee("310114100001", "曹安社区", "310114100", "residential"),
        Committee("310114100002", "嘉定社区", "310114100", "residential"),
        Committee("310114101001", "新村", "310114101", "village"),
    ),
    provinces=(),
)
SETTINGS = LadybugSettings(buffer_pool_bytes=1 << 28, max_file_bytes=1 << 34)
REGISTERS = "CASE left({0}, 1) WHEN 'P' THEN 'person' WHEN 'H' THEN 'house' WHEN 'U' THEN 'unit' END"


@dataclass(frozen=True)
class SmalltownDeclarations:
    """The shipped declarations with smalltown's own gazetteer."""

    graph: GraphModel
    residence: ResidenceRules
    gazetteer: Gazetteer


def smalltown_declarations() -> SmalltownDeclarations:
    """What the graph of smalltown is built by."""
    tree = DeclarationTree()
    return SmalltownDeclarations(read_graph(tree), read_residence(tree), GAZETTEER)


def smalltown_warehouse() -> Warehouse:
    """The resolved tables of smalltown, as the written-down facts say."""
    warehouse = open_warehouse(None)
    for register, records in (("person", ""), ("house", "1 AS n_records, "), ("unit", "1 AS n_records, ")):
        warehouse.execute(
            f"CREATE TABLE resolved.{register} AS SELECT *, {records}0.9 AS confidence FROM {_csv(register)}"
        )
    warehouse.execute(f"CREATE TABLE resolved.residence AS FROM {_csv('residence')}")
    warehouse.execute(
        f"CREATE TABLE resolved.relation AS SELECT *, {REGISTERS.format('subject_id')} AS subject_register, "
        f"{REGISTERS.format('object_id')} AS object_register, kind AS feed, 1 AS n_records, 0.9 AS confidence, "
        "(md5_number(concat_ws('|', kind, subject_id, object_id, department, valid_from)) >> 65)::BIGINT "
        "AS relation_id "
        f"FROM {_csv('relation')}"
    )
    warehouse.execute(f"CREATE TABLE resolved.link AS FROM {_csv('link')}")
    warehouse.execute(
        "CREATE TABLE resolved.member AS SELECT *, dense_rank() OVER (ORDER BY entity_id) AS number, "
        "NULL::DOUBLE AS probability FROM ("
        "SELECT 'person' AS register, n AS record_id, format('P{:02d}', n) AS entity_id FROM range(1, 41) AS r(n) "
        "UNION ALL SELECT 'person', 101, 'P33' "
        "UNION ALL SELECT 'house', n, format('H{:02d}', n) FROM range(1, 51) AS r(n))"
    )
    return warehouse


def _csv(name: str) -> str:
    codes = ", types={'hukou_area': 'VARCHAR'}" if name == "person" else ""
    codes = ", types={'community_code': 'VARCHAR'}" if name == "house" else codes
    return f"read_csv('{FOLDER / name}.csv', header=true, nullstr=''{codes})"


def smalltown_store(warehouse: Warehouse, folder: Path) -> LadybugStore:
    """The graph of smalltown in the embedded engine."""
    declarations = smalltown_declarations()
    build_graph_tables(warehouse, declarations)
    file = folder / "graph.lbug"
    build_ladybug(warehouse, declarations.graph, file, settings=SETTINGS)
    origin = GraphOrigin("smalltown", AS_OF, version("ladybug"))
    return open_ladybug(file, declarations.graph, origin, settings=SETTINGS)
