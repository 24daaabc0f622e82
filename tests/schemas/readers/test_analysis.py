"""The declaration of the analysts' copy: what it refuses, with file and key."""

from pathlib import Path

import pytest

from schemas.declarations import check_declarations
from schemas.files import SHIPPED, DeclarationTree
from schemas.readers.analysis import FILE, Dates, Does, read_analysis


def test_shipped_rules_hold_what_the_issue_asks() -> None:
    rules = read_analysis(DeclarationTree())
    assert (rules.k, rules.max_unique_share) == (10, 0.01)
    assert {name: study.purposes for name, study in rules.studies.items()} == {
        "housing": ("training",),
        "whole": ("training",),
    }
    housing = rules.studies["housing"]
    assert housing.dates is Dates.MONTH
    assert [rung.what for rung in housing.ladder if rung.does is Does.DATES] == ["quarter", "year", "none"]


MISTAKES = [
    ("k: 10", "k: 1", "k: Input should be greater than or equal to 2"),
    ("k: 10", "k: 10\nlevel: 3", "level: Extra inputs are not permitted"),
    ("{usual: 30, most: 90}", "{usual: 91, most: 90}", "expires_in_days.usual: is longer than the most"),
    ("whole: [Community, Town]", "whole: [Community, Town, House]", "whole.House: is not public"),
    ("  Unit:", "  Boat:", "labels: a copy has the labels Person, House, Unit"),
    ("use: {of: use}", "use: {of: address}", "keeps.use: address names or nearly names somebody and never leaves"),
    ("use: {of: use}", "use: {of: colour}", "keeps.use: colour is no property of the label"),
    ("birth: {of: birth_year,", "birth: {of: birth_date,", "birth_date names or nearly names"),
    ("is_dwelling: {of: is_dwelling}", "is_dwelling: {of: rooms}", "a number leaves in bands only"),
    ("use: {of: use}", "use: {of: use, widths: [2]}", "and nothing else has widths"),
    ("widths: [5, 10, 20]", "widths: [5, 12, 20]", "birth.widths: each width must be a multiple of the one before"),
    ("rare: [birth, place, birth,", "rare: [birth, place,", "birth is named 2 times, it has 3 levels"),
    ("rare: [place, industry,", "rare: [place, colour,", "rare: colour is nothing that is kept"),
    ("kinds: [EVIDENCE_AT,", "kinds: [LIVES_AT,", "kinds.LIVES_AT: is no type with a kind"),
    ("types: [LIVES_AT, LETS, OWNS, RENTS, OCCUPIES]", "types: [IN_TOWN]", "types.IN_TOWN: is no type of relationship"),
    ("- {alone: RENTS}", "- {alone: KIN_OF}", "ladder.7: KIN_OF is no type of this study"),
    ("- {wider: birth}", "- {wider: place}", "place is no band of a person"),
    ("- {dates: quarter}", "- {dates: quarter, places: town}", "ladder.0: a rung is one of dates, places"),
    ("- {dates: quarter}", "- {dates: day}", "Input should be 'quarter', 'year' or 'none'"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES, ids=[told for _, _, told in MISTAKES])
def test_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = (SHIPPED / FILE).read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(told in str(problem) and str(file) in str(problem) for problem in check_declarations(tmp_path))
