INSERT INTO raw."people" SELECT "#row_key", "#version", "#effective_from", NULL, 7,
  v.line, "#content_hash", "编号", "姓名", "身份证号", "性别", "住址", "登记日期", "更新时间", "操作", "在用" FROM checked_row c JOIN verdict v ON c."#line" = v.line WHERE v.stored AND NOT "#deleted" ORDER BY v.line;
INSERT INTO raw.tombstone SELECT 'people', "#row_key", "#version", "#effective_from",
  7, v.line FROM checked_row c JOIN verdict v ON c."#line" = v.line WHERE v.stored AND "#deleted" ORDER BY v.line
