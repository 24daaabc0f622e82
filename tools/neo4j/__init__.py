"""A real Neo4j server for tests and developers: `python -m tools.neo4j --help`."""
