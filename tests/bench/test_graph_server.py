"""What a graph server took is told step by step, and answers that differ are named."""

from bench.graph_report import graph_server
from bench.graph_server import steps
from bench.measurements import Measurement
from bench.processes import Watched

ANSWER = {"rows": 3, "embedded": [2.0, 1.0], "server": [4.0, 3.0], "findings": 0.25, "equal": True}
SPREAD = {"count": 5, "median": 1.25, "p95": 2.5, "most": 7.0}


def test_a_load_is_told_step_by_step() -> None:
    lines = ((9.0, "graph: 0/4 import to bolt"), (20.0, "graph: 1/4 import"), (21.0, "graph: 1/4 import"))
    lines += ((60.0, "graph: 2/4 keys"), (70.0, "graph: 3/4 check"), (100.0, "graph: 4/4 2026-07-05"), (101.0, "end"))
    done = Watched(0, "", "", 102.0, 90.0, 4.0, 0.0, (), lines)
    assert list(steps(done).values()) == [9.0, 11.0, 40.0, 10.0, 30.0]


def test_answers_that_differ_are_named() -> None:
    entities = {engine: {"1 hop": SPREAD} for engine in ("embedded", "server")}
    found = {"questions": {"one": ANSWER, "two": {**ANSWER, "equal": False}}, "entities": entities, "door": SPREAD}
    told = graph_server([Measurement("graph: questions", 1000, found=found)])
    assert "| one | 3 | 2.00 | 1.00 | 4.00 | 3.00 | 0.25 |" in told
    assert "that differ: 1 of 2 (two)." in told
    assert "| 1 hop | server | 5 | 1.2 | 2.5 | 7.0 |" in told
