import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.ingest import ingest
from ingestion.standard_tables import build_standard
from schemas.readers.contracts import ColumnUse, DeliveryFormat, FactMapping, FieldMapping, FileFormat, RecordMapping
from tests.ingestion.village import CONTRACT, DELTA, FULL, HOUSEHOLD, Village, column, open_village, row

ID = "310114198001011231"
OLD_HOME, NEW_HOME = "曹安路1285弄12号302室", "墨玉路1号101室"

VISITS = replace(
    CONTRACT,
    delivery=DeliveryFormat(FileFormat.JSONL, CONTRACT.delivery.file_pattern.replace("csv", "jsonl")),
    columns=(*CONTRACT.columns, column("人员", ColumnUse.MAPPED, items=("姓名", "电话"))),
    records=(
        CONTRACT.records[1],
        RecordMapping(
            role="seen",
            register="person",
            fields=(FieldMapping("name", ("姓名",), "person_name"), FieldMapping("phone", ("电话",), "phone")),
            needs=("name", "phone"),
            each="人员",
        ),
    ),
    facts=(FactMapping(kind="field_visit", subject="seen", object="house"),),
)


def persons(village: Village, *fields: str) -> list[tuple[Any, ...]]:
    return village.rows(f"SELECT record_key, {', '.join(fields)} FROM standard.person_record ORDER BY ALL")


def facts(village: Village, kind: str) -> list[tuple[Any, ...]]:
    """(subject key, object key, from, to, value) of the facts of this kind."""
    return village.rows(f"""
        WITH record AS (FROM standard.person_record SELECT record_id, record_key
          UNION ALL FROM standard.house_record SELECT record_id, record_key)
        SELECT s.record_key, o.record_key, valid_from::VARCHAR, valid_to::VARCHAR, value
        FROM standard.fact JOIN record s ON s.record_id = subject_id JOIN record o ON o.record_id = object_id
        WHERE kind = '{kind}' ORDER BY ALL""")


def test_a_row_yields_a_record_for_each_role_with_derived_fields(village: Village) -> None:
    village.take(FULL, row("1", "欧阳修", 身份证号=ID))

    assert persons(village, "role", "surname", "name_key", "sex", "id_valid", "phone") == [
        ("1", "person", "欧阳", "ou yang xiu", "male", True, None)
    ]
    assert village.rows("SELECT record_key, room FROM standard.house_record") == [("1#house", "302")]
    assert village.rows("SELECT count(*) FROM standard.unit_record") == [(0,)]


def test_record_ids_follow_from_feed_and_key_alone(village: Village) -> None:
    village.take(FULL, row("1"))

    expected = village.rows("SELECT (md5_number_lower('people' || chr(31) || '1') >> 1)::BIGINT")
    assert village.rows("SELECT record_id FROM standard.person_record") == expected


def test_a_record_without_any_needed_field_is_none(village: Village) -> None:
    village.take(FULL, row("1", 住址=""))

    assert village.rows("SELECT count(*) FROM standard.house_record") == [(0,)]
    assert facts(village, "field_visit") == []


def test_a_person_is_the_newest_version_and_old_facts_point_at_the_old_dwelling(village: Village) -> None:
    village.take(FULL, row("1", "王小明", 住址=OLD_HOME, 登记日期="2020-05-01"))
    village.take(DELTA, row("1", "王晓明", "2026-07-01", 住址=NEW_HOME, 登记日期="2020-05-01", 操作="变更"))

    assert persons(village, "name", "recorded_on") == [("1", "王晓明", date(2026, 7, 1))]
    assert village.rows("SELECT record_key, address FROM standard.house_record ORDER BY ALL") == [
        ("1#house", NEW_HOME),
        ("1#house@2026-06-01 10:00:00", OLD_HOME),
    ]
    assert facts(village, "field_visit") == [
        ("1", "1#house", "2020-05-01", None, None),
        ("1", "1#house@2026-06-01 10:00:00", "2020-05-01", "2026-07-01", None),
    ]


def test_an_older_version_of_the_same_dwelling_is_no_record_of_its_own(village: Village) -> None:
    village.take(FULL, row("1", "王小明"))
    village.take(DELTA, row("1", "王晓明", "2026-07-01", 操作="变更"))

    assert village.rows("SELECT record_key FROM standard.house_record") == [("1#house",)]


def test_a_deleted_row_ends_its_record_and_its_facts(village: Village) -> None:
    village.take(FULL, row("1", 登记日期="2020-05-01"))
    village.take(DELTA, row("1", at="2026-07-01", 操作="删除"))

    assert persons(village, "ended_on") == [("1", date(2026, 7, 1))]
    assert facts(village, "field_visit") == [("1", "1#house", "2020-05-01", "2026-07-01", None)]


def test_a_fact_whose_start_nobody_recorded_starts_with_its_version(village: Village) -> None:
    village.take(FULL, row("1", 登记日期="不详"))

    assert [start for _, _, start, _, _ in facts(village, "field_visit")] == ["2026-06-01"]


def test_a_fact_exists_only_where_its_codes_hold(village: Village) -> None:
    village.take(FULL, row("1", 月用电量="80"), row("2", 月用电量="3"))

    assert [subject for subject, *_ in facts(village, "utility_use")] == ["1"]
    assert village.rows('SELECT "在用" FROM raw.people ORDER BY row_key') == [("yes",), ("no",)]


def test_consumed_columns_are_not_in_the_warehouse(village: Village) -> None:
    village.take(FULL, row("1", 月用电量="80"))

    columns = {name for (name,) in village.rows("SELECT column_name FROM duckdb_columns()")}
    assert "在用" in columns
    assert not {"月用电量", "民族"} & columns


def test_kin_are_facts_towards_the_head_of_the_household(tmp_path: Path) -> None:
    with open_village(tmp_path, HOUSEHOLD) as village:
        header = "编号,姓名,身份证号,民族,性别,住址,月用电量,登记日期,户号,关系,更新时间,操作\n"
        people = [("1", "H1", "户主"), ("2", "H1", "子女"), ("3", "H2", "子女"), ("4", "", "户主"), ("5", "", "子女")]
        lines = [f"{key},王,,,男,,,,{group},{kin},2026-06-01,\n" for key, group, kin in people]
        village.take_bytes(FULL, (header + "".join(lines)).encode())

        assert facts(village, "kin") == [("2", "1", "2026-06-01", None, "child")]


def test_each_item_of_a_list_is_a_record(tmp_path: Path) -> None:
    seen = [{"姓名": "王小明", "电话": "13917624833"}, {"姓名": "", "电话": None}, {"姓名": "李黎"}]
    with open_village(tmp_path, VISITS) as village:
        lines = [row("1") | {"人员": seen}, row("2") | {"人员": None}, row("3") | {"人员": "无人"}]
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        village.take_bytes("people_full_20260630_0001.jsonl", content.encode())

        assert persons(village, "role", "name", "phone") == [
            ("1#seen.1", "seen", "王小明", "13917624833"),
            ("1#seen.3", "seen", "李黎", None),
        ]
        assert [(subject, house) for subject, house, *_ in facts(village, "field_visit")] == [
            ("1#seen.1", "1"),
            ("1#seen.3", "1"),
        ]


def test_nothing_is_built_again_where_nothing_changed(village: Village) -> None:
    village.take(FULL, row("1"))

    assert build_standard(village.context) == []


def test_a_changed_contract_is_built_again_from_what_is_held(tmp_path: Path) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, row("1", 性别="女"))
    other = replace(CONTRACT, records=(replace(CONTRACT.records[0], needs=("id_number",)), CONTRACT.records[1]))
    with open_village(tmp_path, other) as village:
        ingest([], village.context)

        assert persons(village, "name") == []


def test_records_of_a_feed_without_contract_are_removed(tmp_path: Path) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, row("1"))
    with open_village(tmp_path, replace(CONTRACT, id="others")) as village:
        ingest([], village.context)

        assert persons(village, "name") == []
