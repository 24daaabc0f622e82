"""Fixtures that tests of several packages share."""

pytest_plugins = ["tests.hub.finished", "tests.neo4j.fixtures", "tests.postgresql.fixtures", "tests.smalltown.fixtures"]
