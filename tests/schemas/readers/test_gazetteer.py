"""Places are found by code and by any name in use, and what is ambiguous is not guessed."""

from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.gazetteer import Committee, Gazetteer, Town, read_gazetteer

TOWNS = "code,name,aliases,source\n100000001,东镇,东|老东镇,us\n100000002,西镇,,us\n"
COMMITTEES = (
    "code,town_code,name,kind,source\n"
    "100000001001,100000001,桃园社区居委会,residential,us\n"
    "100000002001,100000002,桃园居委会,residential,us\n"
    "100000002201,100000002,柳村村委会,village,us\n"
)


def _gazetteer(overlay: Path, towns: str = TOWNS, committees: str = COMMITTEES) -> Gazetteer:
    (overlay / "gazetteer").mkdir()
    (overlay / "gazetteer" / "towns.csv").write_text(towns, encoding="utf-8")
    (overlay / "gazetteer" / "committees.csv").write_text(committees, encoding="utf-8")
    return read_gazetteer(DeclarationTree(overlay))


def test_shipped_gazetteer_has_every_town_and_committee() -> None:
    gazetteer = read_gazetteer(DeclarationTree())
    assert (len(gazetteer.towns), len(gazetteer.committees), len(gazetteer.provinces)) == (12, 399, 34)
    assert all(gazetteer.committee_code(each.name) == each.code for each in gazetteer.committees)


def test_shipped_gazetteer_has_the_divisions_of_every_province_with_their_short_names() -> None:
    gazetteer = read_gazetteer(DeclarationTree())
    named = {(each.code, each.name): each.aliases for each in gazetteer.divisions}
    assert named["330100", "杭州市"] == ("杭州",)
    assert "恩施" in named["422800", "恩施土家族苗族自治州"]
    # Taiwan's, Hong Kong's and Macao's are not in the statistics.
    with_divisions = {each.code[:2] for each in gazetteer.divisions}
    assert {each.code[:2] for each in gazetteer.provinces} - with_divisions == {"71", "81", "82"}


def test_town_is_found_by_name_and_alias(tmp_path: Path) -> None:
    codes = _gazetteer(tmp_path).town_codes
    assert codes["东镇"] == codes["老东镇"] == "100000001"
    assert "南镇" not in codes


def test_province_is_found_with_and_without_its_ending() -> None:
    codes = read_gazetteer(DeclarationTree()).province_codes
    assert codes["安徽"] == codes["安徽省"] == "340000"


@pytest.mark.parametrize("name", ["柳村村委会", "柳村", "柳村委会", "柳村民委员会"])
def test_village_is_found_however_clerks_write_it(tmp_path: Path, name: str) -> None:
    assert _gazetteer(tmp_path).committee_code(name) == "100000002201"


def test_name_of_two_committees_is_settled_by_the_town_or_not_at_all(tmp_path: Path) -> None:
    gazetteer = _gazetteer(tmp_path)
    assert gazetteer.committee_code("桃园") is None
    assert gazetteer.committee_code("桃园", town="东镇") == "100000001001"
    assert gazetteer.committee_code("桃园", town="西镇") == "100000002001"
    assert gazetteer.committee_code("桃园", town="无此镇") is None


def test_full_name_wins_over_another_committee_s_short_one(tmp_path: Path) -> None:
    assert _gazetteer(tmp_path).committee_code("桃园居委会") == "100000002001"


def test_unknown_committee_has_no_code() -> None:
    gazetteer = Gazetteer((Town("1", "东镇", ()),), (Committee("11", "甲居委会", "1", "residential"),), ())
    assert gazetteer.committee_code("乙居委会") is None


def test_every_wrong_line_of_both_files_is_told(tmp_path: Path) -> None:
    towns = TOWNS + "12,南镇,,us\n100000001,东镇,,us\n"
    committees = COMMITTEES + "100000009001,100000009,乙居委会,shop,us,more\n"
    with pytest.raises(DeclarationError) as refused:
        _gazetteer(tmp_path, towns, committees)
    assert [f"{each.file.stem} {each.key}: {each.message}" for each in refused.value.problems] == [
        "committees line 5: '100000009' is not the town of 100000009001",
        "committees line 5: 'shop' is none of residential, village",
        "committees line 5: has more values than columns",
        "towns line 4: '12' is not a code of 9 digits",
        "towns line 5: 100000001 is listed twice",
    ]


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="the columns must be code, name, aliases, source"):
        _gazetteer(tmp_path, "code;name\n1;a\n")
