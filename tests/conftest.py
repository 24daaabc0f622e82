"""Fixtures that tests of several packages share."""

pytest_plugins = ["tests.postgresql.fixtures", "tests.smalltown.fixtures"]
