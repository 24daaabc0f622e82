"""The one door: refuses without a purpose, writes before it hands out, hands out nothing it could not write."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from hub.errors import AccessDenied, AuditError
from hub.sharing.audit import LOG_NAME
from hub.sharing.disclose import disclose, parameters_for_audit
from hub.sharing.policies import compile_rules
from hub.sharing.request import Answer, Caller, Reading, Request
from schemas.declarations import load_declarations
from schemas.readers.purposes import Role, Verb
from stores.home import Home, create_home

WANG = Caller("wang", "housing")
ROWS = pa.table({"house": ["H1", "H2"], "name": ["王小明", "李四"]})


SHOWS = {"house": frozenset({"house.entity"}), "name": frozenset({"person.name"})}
RULES = compile_rules(load_declarations())


def asking(home: Home) -> Request:
    reading = Reading(Verb.ASK, "unregistered_dwellings", {"as_of": "2026-06-30"})
    return Request(home, RULES, "2026-06-30-aa", reading)


def log_of(home: Home) -> list[dict[str, object]]:
    file = home.audit / LOG_NAME
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def never() -> Answer:
    raise AssertionError("was read although it was refused")


@pytest.fixture
def made_up(tmp_path: Path) -> Home:
    return create_home(tmp_path / "made-up", kind="synthetic")


@pytest.fixture
def real(tmp_path: Path) -> Home:
    return create_home(tmp_path / "real", kind="real")


@pytest.mark.parametrize(
    ("purpose", "rule"), [("", "purpose-named"), (" ", "purpose-named"), ("curiosity", "purpose-registered")]
)
def test_what_no_rule_permits_is_refused_with_rule_and_reason(made_up: Home, purpose: str, rule: str) -> None:
    with pytest.raises(AccessDenied) as refused:
        disclose(WANG, purpose, asking(made_up), never)
    assert refused.value.rule == rule
    assert refused.value.reason


def test_training_is_refused_where_people_are_real(real: Home) -> None:
    with pytest.raises(AccessDenied, match="training-on-made-up-people"):
        disclose(WANG, "training", asking(real), never)


def test_a_purpose_whose_time_is_over_does_not_load_and_ends_in_a_server_that_has_loaded_it(real: Home) -> None:
    clerk = Caller("wang", "housing", frozenset({Role.ANALYST}))
    reading = Reading(Verb.ASK, "residents_per_town", purposes=frozenset({"statistics"}))
    day = date(2027, 11, 1)
    for rules, rule in ((RULES, "purpose-in-force"), (compile_rules(load_declarations(), day), "purpose-registered")):
        with pytest.raises(AccessDenied) as refused:
            disclose(clerk, "statistics", Request(real, rules, "s", reading, today=day), never)
        assert refused.value.rule == rule
    within = Request(real, RULES, "s", reading, today=date(2027, 10, 31))
    disclose(clerk, "statistics", within, lambda: Answer(ROWS.select([]), shows={}))


def test_a_refusal_is_written_down(real: Home) -> None:
    with pytest.raises(AccessDenied):
        disclose(WANG, "training", asking(real), never)
    [line] = log_of(real)
    assert (line["outcome"], line["rule"], line["rows"]) == ("refused", "training-on-made-up-people", 0)


def test_the_line_is_on_disk_before_the_answer_leaves(made_up: Home) -> None:
    disclosure = disclose(WANG, "training", asking(made_up), lambda: Answer(ROWS, shows=SHOWS))
    [line] = log_of(made_up)
    assert disclosure.audit_sequence == line["sequence"] == 1
    assert (line["caller"], line["department"], line["purpose"]) == ("wang", "housing", "training")
    assert (line["snapshot"], line["verb"], line["what"]) == ("2026-06-30-aa", "ask", "unregistered_dwellings")
    assert (line["outcome"], line["rows"], line["parameters"]) == ("disclosed", 2, {"as_of": "2026-06-30"})


def test_the_log_never_holds_what_was_read(made_up: Home) -> None:
    disclose(WANG, "training", asking(made_up), lambda: Answer(ROWS, shows=SHOWS))
    text = (made_up.audit / LOG_NAME).read_text()
    assert "王小明" not in text
    assert "H1" not in text


def shut_folder(home: Home) -> None:
    (home.audit / LOG_NAME).mkdir()


def broken_chain(home: Home) -> None:
    (home.audit / LOG_NAME).write_text('{"sequence": 1, "hash": "0"}\n')


@pytest.mark.parametrize("fail", [shut_folder, broken_chain])
def test_nothing_leaves_where_the_line_cannot_be_written(made_up: Home, fail: Callable[[Home], None]) -> None:
    fail(made_up)
    with pytest.raises(AuditError):
        disclose(WANG, "training", asking(made_up), lambda: Answer(ROWS, shows=SHOWS))


def test_free_text_reaches_the_log_as_a_hash_only() -> None:
    written = parameters_for_audit({"name": "王小明", "days": 30}, free_text=frozenset({"name"}))
    assert written["days"] == "30"
    assert written["name"].startswith("sha256:")
    assert "王" not in written["name"]
