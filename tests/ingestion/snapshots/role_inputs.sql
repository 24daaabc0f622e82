CREATE OR REPLACE TEMP VIEW "input_person" AS
SELECT r."#place", r."#stale", r.row_key, r.version, r.effective_from, r.ended_on, r.delivery_id, r.line, 0::INTEGER AS n, nullif(trim(r."姓名"), '') AS "in_name", nullif(trim(r."身份证号"), '') AS "in_id_number", CASE nullif(trim(r."性别"), '') WHEN '男' THEN 'male' WHEN '女' THEN 'female' END AS "in_sex"
FROM feed_row r
