from pathlib import Path

import pytest

from ingestion import encodings
from ingestion.encodings import decode_to_utf8
from ingestion.errors import RefusedDeliveryError
from tests.ingestion.village import FULL, Village, csv_text, row

TEXT = "编号,姓名\r\n1,王𠮷\r\n"


@pytest.mark.parametrize(
    ("codec", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("gbk", "GB18030")]
)
def test_a_file_becomes_utf8_without_a_mark(tmp_path: Path, codec: str, name: str) -> None:
    text = TEXT.replace("𠮷", "喆")
    (tmp_path / "in").write_bytes(text.encode(codec))
    decoded = decode_to_utf8(tmp_path / "in", tmp_path / "out", file="in")

    assert decoded.encoding == name
    assert decoded.path.read_bytes() == text.encode()


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_signs_cut_by_a_block_are_read_whole(tmp_path: Path, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BLOCK", 3)
    (tmp_path / "in").write_bytes(TEXT.encode(codec))
    decode_to_utf8(tmp_path / "in", tmp_path / "out", file="in")

    assert (tmp_path / "out").read_bytes() == TEXT.encode()


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        ("编号,姓名\n".encode("utf-16"), r"byte 0\) and not GB18030 \(byte 0\)"),
        ("abc".encode("utf-16-le"), r"byte 1\) and not GB18030 \(byte 1\)"),
        ("编号".encode("gb18030") + b"\xff\xff", r"GB18030 \(byte 4\)"),
        ("编号".encode() + b"\xff", r"UTF-8 \(byte 6\)"),
    ],
)
def test_what_is_neither_encoding_is_refused_with_the_byte(tmp_path: Path, content: bytes, offset: str) -> None:
    (tmp_path / "in").write_bytes(content)

    with pytest.raises(RefusedDeliveryError, match=offset):
        decode_to_utf8(tmp_path / "in", tmp_path / "out", file="in")
    assert not (tmp_path / "out").exists()


def test_a_delivery_in_utf16_is_refused_and_nothing_of_it_stays(village: Village) -> None:
    report = village.take_bytes(FULL, csv_text(row("1")).encode("utf-16"))

    assert report.state == "refused"
    assert report.note.startswith(f"{FULL}: not UTF-8 (byte 0)")
    assert list(village.context.home.spool.iterdir()) == []


@pytest.mark.parametrize("codec", ["gb18030", "utf-8-sig"])
def test_departments_encodings_read_alike(village: Village, codec: str) -> None:
    village.take_bytes(FULL, csv_text(row("1", "买买提·艾力")).encode(codec))

    assert [name for _, _, name, _ in village.held()] == ["买买提·艾力"]
