"""A register file is read strictly, and its derived fields lead back to mapped ones."""

from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.registers import FieldType, Sensitivity, read_registers

OWN = """
id: boat
title: {zh: 船, en: Boats}
meaning: Whatever floats.
fields:
  name: {type: text, sensitivity: open, meaning: Its name}
  name_key: {type: text, sensitivity: open, meaning: Its sound, derived_from: name}
"""


def _write(overlay: Path, text: str, name: str = "boat.yml") -> DeclarationTree:
    (overlay / "registers").mkdir(exist_ok=True)
    (overlay / "registers" / name).write_text(text, encoding="utf-8")
    return DeclarationTree(overlay)


def test_register_of_an_overlay_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    registers = read_registers(_write(tmp_path, OWN))
    assert set(registers) == {"boat", "house", "person", "unit"}
    assert registers["boat"].mappable == {"name"}
    assert registers["boat"].field_names == {"name", "name_key"}
    assert registers["boat"].fields[0].type is FieldType.TEXT
    assert registers["boat"].fields[0].sensitivity is Sensitivity.OPEN


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sensitivity: open, meaning: Its name", "sensitivity: secret, meaning: Its name", "fields.name.sensitivity"),
        (
            "type: text, sensitivity: open, meaning: Its name",
            "sensitivity: open, meaning: Its name",
            "fields.name.type",
        ),
        ("derived_from: name", "derived_from: keel", "fields.name_key: derived_from must name a field of boat"),
        ("derived_from: name", "derived_from: name_key", "fields.name_key: derived_from must name a field of boat"),
        ("id: boat", "id: ship", "id: ship must be the file's stem"),
        ("meaning: Whatever floats.", "meaning: Whatever floats.\ncolour: red", "colour"),
    ],
)
def test_wrong_register_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        read_registers(_write(tmp_path, OWN.replace(old, new, 1)))
    assert expected in str(refused.value)


def test_mistakes_of_several_files_are_told_together(tmp_path: Path) -> None:
    _write(tmp_path, OWN + "colour: red\n")
    with pytest.raises(DeclarationError) as refused:
        read_registers(_write(tmp_path, OWN, "ship.yml"))
    assert [each.file.name for each in refused.value.problems] == ["boat.yml", "ship.yml"]
