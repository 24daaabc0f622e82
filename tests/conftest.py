"""Fixtures that tests of several packages share."""

pytest_plugins = ["tests.neo4j.fixtures", "tests.postgresql.fixtures", "tests.smalltown.fixtures"]
