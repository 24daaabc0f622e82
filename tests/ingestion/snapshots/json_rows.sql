INSERT INTO delivery_row SELECT "#line", CASE WHEN part IS NULL THEN 'torn_line'
  WHEN len(keys) > list_unique(keys) THEN 'key_doubled' END, nullif(part[1], ''), nullif(part[2], ''), nullif(part[3], ''), nullif(part[4], ''), nullif(part[5], ''), nullif(part[6], ''), nullif(part[7], ''), nullif(part[8], ''), nullif(part[9], '')
FROM (SELECT "#line", CASE WHEN CASE WHEN json_valid(text) THEN json_type(text) = 'OBJECT' ELSE false END THEN json_keys(text) END AS keys,
  CASE WHEN CASE WHEN json_valid(text) THEN json_type(text) = 'OBJECT' ELSE false END THEN json_extract_string(text, ['$."编号"', '$."姓名"', '$."身份证号"', '$."性别"', '$."住址"', '$."月用电量"', '$."登记日期"', '$."更新时间"', '$."操作"']) END AS part
  FROM json_line WHERE text IS NOT NULL)
