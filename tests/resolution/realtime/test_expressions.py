"""What a linkage file says means the same for one record in Python as for all of them in the engine."""

import random
from datetime import date
from typing import Any

import pytest

from resolution.clusters import sided_sql
from resolution.errors import ResolutionError
from resolution.models import condition_sql
from resolution.realtime.expressions import pair_condition, record_expression
from schemas.declarations import load_declarations
from stores.warehouse import open_warehouse
from tests.resolution.tables import TYPES

DECLARED = load_declarations(None)
TEXTS = [
    None,
    None,
    "",
    "wang",
    "wáng",
    "王伟",
    "王炜",
    "310114199001011234",
    "1990-01-01",
    "1990-02-01",
    "xiaoming",
    "12 Main St",
]
LISTS = [None, ["a"], ["a", "b"], ["b", "c"], ["d"]]
CONDITIONS = sorted(
    {
        (register, when)
        for register, model in DECLARED.linkage.items()
        for when in [
            *(level.when for each in model.comparisons for level in each.levels if level.when),
            *(each.when for each in (*model.stewards, *model.repair.conflicts)),
        ]
    }
)
EDGES = [
    "substr(a, 2)",
    "substr(a, -2, 1)",
    "substr(a, 0, 2)",
    "left(a, 3)",
    "right(a, 2)",
    "right(a, 0)",
    "coalesce(nullif(a, ''), b)",
    "concat(a, b)",
    "a || b",
    "a in ('wang', '王伟')",
    "a not in ('wang', b)",
    "not (a = b and b <> '')",
    "a = b or a is null",
    "case a when '' then 'empty' when b then 'same' end",
    "case when length(a) > 3 then upper(a) else lower(b) end",
    "greatest(length(a), length(b)) - least(length(a), length(b), 4)",
    "abs(length(a) - length(b)) <= 1",
    "replace(a, 'a', 'ä')",
    "levenshtein(a, b)",
    "cast(d as varchar)",
    "cast(n as varchar)",
    "year(d) + month(d) - day(d)",
    "regexp_replace(a, ' .*$', '')",
    "n >= 2.5",
]


@pytest.mark.parametrize(("register", "when"), CONDITIONS)
def test_a_condition_holds_for_the_pairs_for_which_the_engine_says_so(register: str, when: str) -> None:
    model, dice = DECLARED.linkage[register], random.Random(1)
    columns = [each.id for each in model.columns] + [each.id for each in model.contexts]
    rows = [[dice.choice(LISTS if name in model.many else TEXTS) for name in columns] for _ in range(60)]
    types = ", ".join(f'"{name}" VARCHAR{"[]" if name in model.many else ""}' for name in columns)
    with open_warehouse(None) as warehouse:
        warehouse.execute(f"CREATE TABLE record (place BIGINT, {types})")
        for place, row in enumerate(rows):
            warehouse.execute(f"INSERT INTO record VALUES ({place}, {', '.join('?' * len(row))})", row)
        told = warehouse.rows(f"""
            SELECT place_l, place_r, ({condition_sql(when)})
            FROM {sided_sql("record", "l")} CROSS JOIN {sided_sql("record", "r")}
        """)
    holds = pair_condition(when, columns)
    assert {(left, right): value for left, right, value in told} == {
        (left, right): holds(rows[left], rows[right]) for left, right, _ in told
    }


@pytest.mark.parametrize("register", sorted(DECLARED.linkage))
def test_columns_have_the_values_that_the_engine_computes(register: str) -> None:
    model, dice = DECLARED.linkage[register], random.Random(2)
    kinds = {field.name: TYPES[field.type] for field in DECLARED.registers[register].fields}
    kinds |= {name: "VARCHAR" for name in model.prepared if name not in kinds}
    drawn: dict[str, list[Any]] = {
        "VARCHAR": TEXTS,
        "BOOLEAN": [None, True, False],
        "DATE": [None, date(1990, 1, 1), date(2004, 2, 29)],
        "INTEGER": [None, 1, 1990],
        "DECIMAL(18, 2)": [None],
    }
    rows = [[dice.choice(drawn[kind]) for kind in kinds.values()] for _ in range(80)]
    with open_warehouse(None) as warehouse:
        warehouse.execute(f"CREATE TABLE record ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        for row in rows:
            warehouse.execute(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", row)
        told = warehouse.rows(f"SELECT {', '.join(each.value for each in model.columns)} FROM record")
    values = [record_expression(each.value, list(kinds)) for each in model.columns]
    assert told == [tuple(value(row) for value in values) for row in rows]


@pytest.mark.parametrize("expression", EDGES)
def test_an_expression_has_the_engine_s_value_at_its_edges(expression: str) -> None:
    rows = [
        [a, b, d, n]
        for a in ("", "wang", "wáng", "王伟", "a b", None)
        for b in ("wang", "王", None)
        for d, n in ((date(2004, 2, 29), 3), (None, None), (date(1990, 1, 1), 2))
    ]
    with open_warehouse(None) as warehouse:
        warehouse.execute("CREATE TABLE record (a VARCHAR, b VARCHAR, d DATE, n INTEGER)")
        for row in rows:
            warehouse.execute("INSERT INTO record VALUES (?, ?, ?, ?)", row)
        told = [value for (value,) in warehouse.rows(f"SELECT {expression} FROM record")]
    value = record_expression(expression, ["a", "b", "d", "n"])
    assert told == [value(row) for row in rows]


@pytest.mark.parametrize("expression", ["soundex(a)", "a like 'x%'", "cast(a as integer)", "c = a", "a = "])
def test_what_one_record_cannot_be_asked_is_refused_by_name(expression: str) -> None:
    with pytest.raises(ResolutionError, match="cannot be computed for one record"):
        record_expression(expression, ["a", "b"])
