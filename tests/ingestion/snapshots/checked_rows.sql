CREATE OR REPLACE TEMP TABLE checked_row AS
WITH complete AS (SELECT *, CASE WHEN try_cast("月用电量" AS DOUBLE) >= 30 THEN 'yes' ELSE 'no' END AS "在用" FROM delivery_row),
timed AS (SELECT *, CASE WHEN isfinite(coalesce(try_cast(trim("更新时间") AS TIMESTAMP), try_strptime(trim("更新时间"), ['%Y%m%d%H%M%S', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y/%m/%d', '%Y.%m.%d', '%Y年%m月%d日']))) THEN coalesce(try_cast(trim("更新时间") AS TIMESTAMP), try_strptime(trim("更新时间"), ['%Y%m%d%H%M%S', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y/%m/%d', '%Y.%m.%d', '%Y年%m月%d日'])) END AS "#moment" FROM complete),
keyed AS (
  SELECT *, nullif(trim("编号"), '') AS "#row_key", coalesce(trim("操作") IN ('删除'), false) AS "#deleted",
    coalesce("#moment"::VARCHAR, CASE WHEN regexp_full_match(trim("更新时间"), '[0-9]{1,18}') THEN lpad(trim("更新时间"), 18, '0') END) AS "#given_version",
    coalesce("#moment"::DATE, DATE '2026-06-30') AS "#effective_from"
  FROM timed
),
judged AS (SELECT *, CASE
    WHEN "#fault" IS NOT NULL THEN {'rule': "#fault", 'reason': CASE "#fault" WHEN 'torn_line' THEN 'the line cannot be split into the columns of the header' WHEN 'value_too_long' THEN 'a line or value is longer than 1 MiB' WHEN 'nul_character' THEN 'a value holds a NUL character' WHEN 'key_doubled' THEN 'the object has a key twice' WHEN 'title_row' THEN 'stands above the header; take it out' WHEN 'totals_row' THEN 'sums up other rows; take it out' WHEN 'repeated_header' THEN 'is the header once more; take it out' WHEN 'formula_without_value' THEN 'a cell has a formula without its result; save the workbook in Excel, or paste values' WHEN 'error_in_cell' THEN 'a cell holds an error such as #N/A; correct it' WHEN 'key_as_number' THEN 'the key came as a number, which loses digits; it must come as text' WHEN 'merged_cells' THEN 'cells are merged over several rows; unmerge them and fill each' END}
    WHEN "#row_key" IS NULL THEN {'rule': 'key_missing', 'reason': 'no value in 编号'}
    WHEN trim(coalesce("更新时间", '')) = '' THEN {'rule': 'version_missing', 'reason': 'no value in 更新时间'}
    WHEN "#given_version" IS NULL THEN {'rule': 'version_unreadable', 'reason': '更新时间 ' || "更新时间" || ' is neither a time nor a whole number'}
    WHEN "#moment" >= DATE '2026-06-30' + 2 THEN {'rule': 'version_in_future', 'reason': '更新时间 ' || "更新时间" || ' is after the delivery of 2026-06-30'}
    WHEN trim("操作") NOT IN ('', '新增', '变更', '删除') THEN {'rule': 'operation_unknown', 'reason': '操作 ' || "操作" || ' is none of the contract''s operations'}
    WHEN regexp_matches("身份证号", '^[0-9]+\.[0-9]+$|^[0-9.]+[eE][+]?[0-9]+$') THEN {'rule': 'id_as_number', 'reason': '身份证号 came as a number, which loses digits; it must come as text'}
    WHEN NOT "#deleted" AND trim(coalesce("编号", '')) = '' THEN {'rule': 'required_missing', 'reason': 'no value in 编号'}
    WHEN NOT "#deleted" AND trim(coalesce("姓名", '')) = '' THEN {'rule': 'required_missing', 'reason': 'no value in 姓名'}
    WHEN NOT "#deleted" AND NOT (length("姓名") <= 20) THEN {'rule': 'name_is_short', 'reason': 'not so: a name has at most 20 signs'}
  END AS "#broken" FROM keyed)
SELECT * EXCLUDE ("#broken", "#moment", "#given_version"),
  CASE WHEN "#deleted" THEN "#given_version" || '~' ELSE "#given_version" END AS "#version",
  CASE WHEN "#deleted" THEN 'deleted' ELSE md5(concat_ws(chr(31), coalesce("编号", chr(30)), coalesce("姓名", chr(30)), coalesce("身份证号", chr(30)), coalesce("性别", chr(30)), coalesce("住址", chr(30)), coalesce("登记日期", chr(30)), coalesce("在用", chr(30)))) END AS "#content_hash",
  "#broken".rule AS "#rule", "#broken".reason AS "#reason"
FROM judged
