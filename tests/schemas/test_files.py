"""Files are found shipped or laid over, and YAML is read without surprises."""

from pathlib import Path

import pytest

from schemas.errors import DeclarationError, Problem
from schemas.files import SHIPPED, DeclarationTree, StrictModel, parse_yaml, read_yaml


class _Pair(StrictModel):
    left: int
    right: int


def test_overlaid_file_hides_its_shipped_twin_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "unit.yml").touch()
    (tmp_path / "registers" / "boat.yml").touch()
    tree = DeclarationTree(tmp_path)
    assert tree.path("registers/unit.yml") == tmp_path / "registers" / "unit.yml"
    assert tree.path("registers/house.yml") == SHIPPED / "registers" / "house.yml"
    assert [file.name for file in tree.glob("registers/*.yml")] == ["boat.yml", "house.yml", "person.yml", "unit.yml"]
    assert DeclarationTree().glob("registers/*.yml") == sorted((SHIPPED / "registers").glob("*.yml"))


def test_key_written_twice_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationError) as refused:
        parse_yaml("a: 1\nb:\n  c: 1\n  c: 2\n", Path("x.yml"))
    assert refused.value.problems == [Problem(Path("x.yml"), "line 3", "key written twice: c")]


def test_text_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationError) as refused:
        parse_yaml("a: 1\nb: [\n", Path("x.yml"))
    assert refused.value.problems[0].key == "line 3"


@pytest.mark.parametrize("text", ["a: 2026-13-45\n", "a: \x07\n"])
def test_value_that_yaml_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError, match="not valid YAML"):
        parse_yaml(text, Path("x.yml"))


def test_file_in_another_encoding_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "pair.yml"
    file.write_bytes("left: 1 # 户".encode("gb18030"))
    with pytest.raises(DeclarationError, match="byte 10: is not UTF-8"):
        read_yaml(file, _Pair)


def test_tags_that_make_objects_are_refused() -> None:
    with pytest.raises(DeclarationError, match="could not determine a constructor"):
        parse_yaml("a: !!python/object/apply:os.getcwd []\n", Path("x.yml"))


def test_every_mistake_of_a_file_is_told_with_its_key(tmp_path: Path) -> None:
    file = tmp_path / "pair.yml"
    file.write_text("left: one\nmiddle: 2\n", encoding="utf-8")
    with pytest.raises(DeclarationError) as refused:
        read_yaml(file, _Pair)
    assert [each.key for each in refused.value.problems] == ["left", "middle", "right"]
    assert str(refused.value).splitlines()[1] == f"{file}: middle: Extra inputs are not permitted"


def test_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pair.yml"
    file.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(DeclarationError):
        read_yaml(file, _Pair)
