"""Purposes against what they speak of, and questions and studies against the purposes."""

from pathlib import Path

import pytest

from schemas.declarations import load_declarations
from schemas.errors import DeclarationError
from schemas.files import SHIPPED

SAFETY = "purposes/dwelling_safety.yml"
CROWDED = "questions/housing/overcrowded_dwellings.cypher"
STUDIES = "graph/analysis.yml"


@pytest.mark.parametrize(
    ("place", "old", "new", "told"),
    [
        (SAFETY, "owner: town_teams", "owner: nobody", "owner: nobody is no department"),
        (SAFETY, "  housing: [", "  landlords: [", "readers.landlords: is no department"),
        (SAFETY, "area_m2", "shoe_size", "registers.house: shoe_size is no field of house"),
        (SAFETY, "  house: [", "  boat: [", "registers.boat: is no register"),
        (SAFETY, "EVIDENCE_AT", "KNOWS", "relationships: KNOWS is no type"),
        (SAFETY, "EVIDENCE_AT", "IN_TOWN", "relationships: IN_TOWN is no type"),
        (SAFETY, "counts: [person]", "counts: [boat]", "counts: boat is no register"),
        (SAFETY, "areas: [district]", "areas: ['310199']", "areas: 310199 is neither"),
        (CROWDED, "dwelling_safety]", "curiosity]", "purposes: curiosity is no purpose"),
        (CROWDED, "dwelling_safety]", "statistics]", "purposes: statistics shows no house"),
        (STUDIES, "purposes: [training]", "purposes: [curiosity]", "studies.housing.purposes: curiosity is no purpose"),
    ],
)
def test_what_nothing_declares_is_told(tmp_path: Path, place: str, old: str, new: str, told: str) -> None:
    text = (SHIPPED / place).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DeclarationError, match=told):
        load_declarations(tmp_path)
