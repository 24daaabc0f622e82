from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.ingest import ingest
from ingestion.recovery import rebuild
from stores.durable import file_hash
from stores.errors import ArchiveError
from tests.ingestion.village import DELTA, FULL, Village, csv_text, open_village, row

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
SECRET, TORN_SECRET = "民族秘密XK7", "民族秘密QT9"


def archived_text(village: Village, number: int = 1) -> str:
    delivery = village.context.operational.ledger.get(number)
    with village.context.archive.opened(delivery) as plain:
        return pa.input_stream(str(plain), compression="zstd").read().decode()


def test_the_archive_holds_the_delivery_with_its_line_numbers(village: Village) -> None:
    village.take_bytes(FULL, csv_text(row("1", "买买提·艾力"), row("2")).encode("gb18030"))
    header, first, second = archived_text(village).splitlines()

    assert header.startswith('"#line","#fault",编号,姓名,身份证号,性别')
    assert first.startswith("2,,1,买买提·艾力,")
    assert second.startswith("3,,2,")


def test_a_dropped_column_is_nowhere_in_the_home(tmp_path: Path) -> None:
    text = csv_text(row("1", 民族=SECRET), row("2", name="", 民族=SECRET), row("3", 民族=SECRET))
    text = text.replace("\r\n3,", f"\r\n4,{TORN_SECRET}\r\n3,")
    with open_village(tmp_path) as village:
        report = village.take_bytes(FULL, text.encode("gb18030"))
        archived = archived_text(village)

    assert dict(report.quarantine) == {"required_missing": 1, "torn_line": 1}
    contents = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    contents.append(archived.encode())
    for secret in (SECRET, TORN_SECRET):
        for codec in ("utf-8", "gb18030", "utf-16-le"):
            assert not any(secret.encode(codec) in content for content in contents)


def test_what_is_kept_is_not_readable_in_the_archive_folder(village: Village) -> None:
    village.take(FULL, row("1", "欧阳修"))
    [copy] = [path for path in village.context.home.archive.rglob("*") if path.is_file()]

    assert "欧阳修".encode() not in copy.read_bytes()
    assert ZSTD_MAGIC not in copy.read_bytes()[:32]


def test_the_ledger_keeps_the_hash_of_the_file_as_it_came(village: Village) -> None:
    village.take(FULL, row("1"))

    assert village.context.operational.ledger.get(1).sha256 == file_hash(village.inbox / FULL)


def test_the_spool_is_empty_when_the_delivery_is_in(village: Village) -> None:
    village.take(FULL, row("1"))

    assert list(village.context.home.spool.iterdir()) == []


def test_a_destroyed_key_makes_the_archive_copy_unreadable(village: Village) -> None:
    village.take(FULL, row("1"))
    village.context.operational.archive_keys.destroy(1)

    with pytest.raises(ArchiveError, match="gone for good"):
        archived_text(village)


def test_a_rebuild_leaves_out_what_expired(village: Village) -> None:
    village.take(FULL, row("1"))
    village.take(DELTA, row("2", 操作="新增"))
    village.context.operational.archive_keys.destroy(1)

    assert rebuild(village.context) == 1
    assert [key for key, *_ in village.held()] == ["2"]
    assert ingest([], village.context) == []


def test_an_archive_copy_that_was_altered_is_noticed(village: Village) -> None:
    village.take(FULL, row("1"))
    path = village.context.archive.path(village.context.operational.ledger.get(1))
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(ArchiveError, match="altered or cut off"):
        rebuild(village.context)


def test_a_delivery_cannot_pass_for_another(village: Village) -> None:
    village.take(FULL, row("1"))
    village.take(DELTA, row("2", 操作="新增"))
    first, second = (village.context.archive.path(village.context.operational.ledger.get(n)) for n in (1, 2))
    second.write_bytes(first.read_bytes())

    with pytest.raises(ArchiveError):
        archived_text(village, 2)
