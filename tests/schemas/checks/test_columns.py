"""Columns are found in SQL by their quotes, not inside strings."""

import pytest

from schemas.checks.columns import columns_in
from schemas.checks.crossing import names_in


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"户号"', {"户号"}),
        ("coalesce(\"a\", '\"b\"') <> 'it''s \"c\"'", {"a"}),
        ('"say ""hi"""', {'say "hi"'}),
        ("1 = 1", set()),
    ],
)
def test_quoted_columns_are_found(expression: str, expected: set[str]) -> None:
    assert columns_in(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("coalesce(born, case when id_valid then id_birth end)", {"born", "id_valid", "id_birth"}),
        ("year(birth_date)", {"birth_date"}),
        ("hukou_area LIKE '31 or_less%'", {"hukou_area"}),
        ("cast(area_m2 as varchar)", {"area_m2"}),
    ],
)
def test_field_names_are_found_without_functions_words_and_strings(expression: str, expected: set[str]) -> None:
    assert names_in(expression) == expected
