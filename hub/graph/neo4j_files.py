"""Files that `neo4j-admin database import full` reads, from the graph tables, and the command that reads them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.graph.errors import GraphBuildError
from hub.graph.neo4j_settings import Neo4jSettings
from schemas.readers.graph import End, GraphModel, NodeLabel, Property, RelationshipType
from schemas.readers.registers import FieldType
from stores.quoting import quote_text
from stores.warehouse import Warehouse

IMPORT_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "string",
    FieldType.DATE: "date",
    FieldType.INTEGER: "long",
    FieldType.DECIMAL: "double",
    FieldType.BOOLEAN: "boolean",
}
GROUP_ROWS = 100_000


@dataclass(frozen=True)
class ImportFiles:
    """Where the files of a graph lie: of each label, and of each type for each pair of labels."""

    nodes: Sequence[tuple[str, Path]]
    relationships: Sequence[tuple[str, Path]]


def write_import_files(tables: Warehouse, model: GraphModel, folder: Path) -> ImportFiles:
    """Writes the graph tables into an empty folder as Parquet files whose column names say what a column is."""
    _refuse_empty_texts(tables, model)
    folder.mkdir(parents=True)
    nodes, relationships = [], []
    for label in model.labels.values():
        file = folder / f"node_{label.label}.parquet"
        _copy(tables, node_file_sql(label), file)
        nodes.append((label.label, file))
    for each, end in _pairs(model):
        file = folder / f"rel_{each.type}_{end.start}_{end.end}.parquet"
        _copy(tables, relationship_file_sql(each, end), file)
        relationships.append((each.type, file))
    return ImportFiles(nodes, relationships)


def node_file_sql(label: NodeLabel) -> str:
    """The rows of a label with the columns that the import wants; its key is looked up among those of the label."""
    key, *others = label.properties
    columns = [f'"{key.name}" AS "{key.name}:ID({label.label})"', *map(_column_sql, others)]
    return f"SELECT {', '.join(columns)} FROM {label.table}"


def relationship_file_sql(each: RelationshipType, end: End) -> str:
    """The rows of a type between two labels with the columns that the import wants."""
    columns = [
        f'start_id AS ":START_ID({end.start})"',
        f'end_id AS ":END_ID({end.end})"',
        *map(_column_sql, each.stored_properties),
    ]
    where = f"start_label = '{end.start}' AND end_label = '{end.end}'"
    return f"SELECT {', '.join(columns)} FROM {each.table} WHERE {where}"


def import_command(settings: Neo4jSettings, files: ImportFiles) -> list[str]:
    """The whole command line; a row that cannot be imported stops it, and is named in the report beside the files."""
    report = files.nodes[0][1].with_name("import.report")
    return [
        *(settings.admin or ("neo4j-admin",)),
        *("database", "import", "full", settings.database, "--overwrite-destination", "--input-type=parquet"),
        *("--bad-tolerance=0", "--high-parallel-io=on", f"--report-file={report}"),
        *(f"--nodes={label}={file}" for label, file in files.nodes),
        *(f"--relationships={type_}={file}" for type_, file in files.relationships),
    ]


def operators_script(settings: Neo4jSettings, files: ImportFiles) -> str:
    """What the operator of the server runs where the hub cannot; with the files at the same place."""
    return "\n".join(
        [
            "#!/bin/sh",
            "# Stop the server, run this as the account that owns its data, start the server, then tell the hub:",
            "#   hub graph load --how imported",
            "set -eu",
            " \\\n  ".join(shlex.quote(word) for word in import_command(settings, files)),
            "",
        ]
    )


def _refuse_empty_texts(tables: Warehouse, model: GraphModel) -> None:
    """The server's import takes an empty text for none at all."""
    for table, properties in [
        *((label.table, label.properties) for label in model.labels.values()),
        *((each.table, each.stored_properties) for each in model.types.values()),
    ]:
        names = [each.name for each in properties if each.type is FieldType.TEXT]
        if not names:
            continue
        empty = ", ".join(f"count(*) FILTER (\"{name}\" = '')" for name in names)
        [counts] = tables.rows(f"SELECT {empty} FROM {table}")
        if found := [name for name, count in zip(names, counts, strict=True) if count]:
            raise GraphBuildError(
                f"{table} has empty texts in {', '.join(found)}, which the import would lose: mend the feed's "
                "standardiser, or write over the connection with `hub graph load --how batches`"
            )


def _pairs(model: GraphModel) -> Iterator[tuple[RelationshipType, End]]:
    return ((each, end) for each in model.types.values() for end in each.ends)


def _column_sql(each: Property) -> str:
    return f'"{each.name}" AS "{each.name}:{IMPORT_TYPES[each.type]}"'


def _copy(tables: Warehouse, sql: str, file: Path) -> None:
    place = quote_text(str(file))
    tables.execute(f"COPY ({sql}) TO {place} (FORMAT parquet, ROW_GROUP_SIZE {GROUP_ROWS}, COMPRESSION zstd)")
