from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.residence import read_residence

KIND = "{department: housing, weight: 0.5, half_life_days: 10, in_force_days: 20, registers: false, why: x, source: x}"


def written(folder: Path, text: str) -> DeclarationTree:
    (folder / "residence.yml").write_text(text, encoding="utf-8")
    return DeclarationTree(folder)


def test_kinds_and_copies_are_read(tmp_path: Path) -> None:
    text = (
        f"minimum_confidence: 0.3\nevidence:\n  a: {KIND}\n  b: {KIND}\n"
        "copied_from:\n  - {kind: b, from: a, why: both}\n"
    )
    rules = read_residence(written(tmp_path, text))
    assert (rules.evidence["a"].weight, rules.evidence["a"].in_force_days, rules.minimum_confidence) == (0.5, 20, 0.3)
    assert rules.group("b") == "housing"


def test_copies_of_unknown_kinds_and_circles_are_refused_together(tmp_path: Path) -> None:
    text = (
        f"minimum_confidence: 0.3\nevidence:\n  a: {KIND}\n  b: {KIND}\n"
        "copied_from:\n  - {kind: a, from: b, why: x}\n  - {kind: b, from: a, why: x}\n  - {kind: c, from: a, why: x}\n"
    )
    with pytest.raises(DeclarationError) as refused:
        read_residence(written(tmp_path, text))
    messages = [problem.message for problem in refused.value.problems]
    assert [message for message in messages if "copy of itself" in message] == [
        "a is a copy of itself",
        "b is a copy of itself",
    ]
    assert any(message.startswith("c is no kind of evidence") for message in messages)


def test_a_weight_that_is_no_share_is_refused(tmp_path: Path) -> None:
    text = f"minimum_confidence: 0.3\nevidence:\n  a: {KIND.replace('0.5', '1.5')}\n"
    with pytest.raises(DeclarationError, match=r"evidence\.a\.weight"):
        read_residence(written(tmp_path, text))
