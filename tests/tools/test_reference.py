"""Reference pages repeat the declarations, and are stale as soon as these change."""

from pathlib import Path

import pytest

from hub.sharing.policies import compile_rules
from schemas.declarations import Declarations, load_declarations
from tests.schemas.contracts import small, write_contract
from tools.markdown import table
from tools.reference import PAGES, stale_pages


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load_declarations()


def _write(folder: Path, declared: Declarations) -> None:
    for file, text in stale_pages(folder, declared).items():
        file.write_text(text, encoding="utf-8")


def test_missing_pages_are_stale_and_written_ones_are_not(tmp_path: Path, declared: Declarations) -> None:
    assert {file.name for file in stale_pages(tmp_path, declared)} == set(PAGES)
    _write(tmp_path, declared)
    assert stale_pages(tmp_path, declared) == {}


def test_page_is_stale_once_edited_by_hand_or_by_a_new_feed(tmp_path: Path, declared: Declarations) -> None:
    _write(tmp_path, declared)
    graph = tmp_path / "graph.md"
    graph.write_text(graph.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    assert [file.name for file in stale_pages(tmp_path, declared)] == ["graph.md"]
    overlay = tmp_path / "own"
    content = small()
    content["customProperties"][4]["value"][1]["fields"]["address"]["standardiser"] = "address"
    write_contract(overlay, content)
    assert "feeds.md" in {file.name for file in stale_pages(tmp_path, load_declarations(overlay))}


@pytest.mark.parametrize("page", PAGES)
def test_page_names_everything_that_is_declared(page: str, declared: Declarations) -> None:
    text = PAGES[page](declared)
    named = {
        "feeds.md": [column.name for each in declared.contracts.values() for column in each.columns],
        "registers.md": [field.name for each in declared.registers.values() for field in each.fields],
        "linkage.md": [level.en for each in declared.linkage.values() for c in each.comparisons for level in c.levels],
        "graph.md": [*declared.graph.labels, *declared.graph.types],
        "questions.md": list(declared.questions),
        "purposes.md": [*declared.purposes, *(each.title_zh for each in declared.purposes.values())],
        "policies.md": [*compile_rules(declared).policies.policies, "person.id_number", "LIVES_AT"],
    }[page]
    assert [name for name in named if name not in text] == []


def test_cell_cannot_break_its_table() -> None:
    assert table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"
