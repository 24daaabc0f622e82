"""An operational database that an earlier hub wrote is brought up to date with everything in it."""

import sqlite3
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from stores.home import create_home
from stores.operational import open_operational
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.identity import EventKind, GenerationNote, LineageEvent
from stores.operational.migrating import _config
from stores.operational.reviews import Outcome

GIVEN = Decision("person", 4, 9, DecisionKind.MUST_LINK, "wang", datetime(2026, 7, 1), "seen")


def of_the_first_hub(file: Path) -> None:
    """A database with the first tables, one event and one decision in it."""
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(file), poolclass=sa.StaticPool)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO lineage VALUES (7, 'person', 1, 'r1', 'merged', 'P1', 'P2')")
        connection.exec_driver_sql(
            "INSERT INTO decision VALUES (1, 'person', 4, 9, 'must_link', 'wang', '2026-07-01 00:00:00', 'seen', NULL)"
        )
    engine.dispose()


def test_a_database_of_the_first_hub_keeps_its_events_and_decisions(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    home.operational.parent.mkdir(parents=True, exist_ok=True)
    of_the_first_hub(home.operational)
    with open_operational(home) as operational:
        [event] = operational.identity.lineage().to_pylist()
        assert (event["event_id"], event["kind"], event["other_id"], event["as_of"]) == (7, "merged", "P2", None)
        assert operational.decisions("person").num_rows == 1
        files = operational.identity.begin("person")
        files.members.write_text("x")
        files.entities.write_text("x")
        events = [LineageEvent(EventKind.RETIRED, "P2")]
        operational.identity.keep("person", GenerationNote("r2"), files, events)
        assert operational.identity.lineage(after=7)["event_id"].to_pylist() == [8]
        assert operational.reviews.judge(GIVEN, twice=True) is Outcome.OPEN
