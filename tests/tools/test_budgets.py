"""Each budget is told when it is broken, and what is within it passes."""

from pathlib import Path

import pytest

from tools.budgets import declaration_breaches, layer_breaches, module_breaches

MODULE = '"""Says what it holds."""\n'


def _told(source: str, file: str = "hub/visits.py") -> list[str]:
    return [str(each) for each in module_breaches(source, file)]


def test_small_documented_module_passes() -> None:
    assert _told(MODULE + 'def visit() -> None:\n    """Visits."""\n') == []
    assert _told("", "hub/__init__.py") == []


def _function(lines: int) -> str:
    return MODULE + 'def visit() -> None:\n    """Visits."""\n' + "    visit()\n" * (lines - 2)


def test_file_and_function_have_a_largest_size() -> None:
    assert _told(MODULE + "x = 1\n" * 399) == []
    assert _told(MODULE + "x = 1\n" * 400) == ["hub/visits.py:401: file has 401 lines; 400 are allowed"]
    assert _told(_function(50)) == []
    assert _told(_function(51)) == ["hub/visits.py:2: function visit has 51 lines; 50 are allowed"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", "1: module has no docstring"),
        ('"""' + "a\n" * 5 + '"""\n', "1: module docstring is longer than 4 lines"),
        (MODULE + "def visit() -> None: ...\n", "2: visit has no docstring"),
        (MODULE + "class Visit: ...\n", "2: Visit has no docstring"),
        (MODULE + 'class Visit:\n    """V."""\n    def end(self) -> None: ...\n', "4: end has no docstring"),
        (
            MODULE + 'def visit() -> None:\n    """' + "a\n    " * 13 + '"""\n',
            "2: docstring of visit is longer than 12 lines",
        ),
        (
            MODULE + 'class VisitManager:\n    """V."""\n',
            "2: class name VisitManager says nothing; name it for what it is",
        ),
        (MODULE + "def visit(:\n", "2: is not Python 3.11: invalid syntax"),
    ],
)
def test_breach_is_told_with_its_line(source: str, expected: str) -> None:
    assert _told(source) == [f"hub/visits.py:{expected}"]


def test_private_names_and_tests_need_no_docstring() -> None:
    assert _told(MODULE + "def _visit() -> None: ...\nclass _Visit:\n    def end(self) -> None: ...\n") == []
    assert _told("def test_visit() -> None: ...\n", "tests/hub/test_visits.py") == []


@pytest.mark.parametrize("stem", ["utils", "visit_helpers", "common", "data"])
def test_module_name_that_says_nothing_is_told(stem: str) -> None:
    assert _told(MODULE, f"hub/{stem}.py") == [
        f"hub/{stem}.py:1: module name {stem} says nothing; name it for what it holds"
    ]


def test_declarations_are_short_and_contracts_may_be_longer() -> None:
    assert declaration_breaches("a: 1\n" * 165, "schemas/golden.yml") == []
    assert len(declaration_breaches("a: 1\n" * 166, "schemas/golden.yml")) == 1
    assert declaration_breaches("a: 1\n" * 400, "schemas/feeds/housing/x.odcs.yml") == []
    assert len(declaration_breaches("a: 1\n" * 401, "schemas/feeds/housing/x.odcs.yml")) == 1


def test_package_outside_the_import_contract_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_packages = ["hub", "stores", "api"]\n'
        '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["hub | api", "stores"]\n',
        encoding="utf-8",
    )
    for package in ("hub", "stores", "api", "tests", "extras"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    assert [each.message for each in layer_breaches(tmp_path)] == [
        "package extras is in no layer of the import contract"
    ]
