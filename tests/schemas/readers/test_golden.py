from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.golden import Choice, read_golden

REST = "house: {trust: [], otherwise: {rule: newest}}\nunit: {trust: [], otherwise: {rule: newest}}\n"


def written(folder: Path, text: str) -> DeclarationTree:
    (folder / "golden.yml").write_text(text + REST, encoding="utf-8")
    return DeclarationTree(folder)


def test_a_field_without_a_rule_of_its_own_follows_the_rule_for_all_others(tmp_path: Path) -> None:
    rules = read_golden(
        written(
            tmp_path,
            "person:\n  trust: [a, b]\n  otherwise: {rule: most_frequent}\n"
            "  fields:\n    phone: {rule: newest}\n    id_number: {rule: most_trusted, prefer: {id_valid: ['true']}}\n",
        )
    )["person"]
    assert rules.rule("phone").choice is Choice.NEWEST
    assert rules.rule("name").choice is Choice.MOST_FREQUENT
    assert rules.rule("id_number").prefer == {"id_valid": ("true",)}


def test_an_unknown_rule_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"person\.otherwise\.rule"):
        read_golden(written(tmp_path, "person: {trust: [], otherwise: {rule: longest}}\n"))
