INSERT INTO delivery_row SELECT row_number() OVER () + 1, NULL, nullif("编号", ''), nullif("姓名", ''), nullif("身份证号", ''), nullif("性别", ''), nullif("住址", ''), nullif("月用电量", ''), nullif("登记日期", ''), nullif("更新时间", ''), nullif("操作", '')
FROM read_csv('people.csv', columns = {'编号': 'VARCHAR', '姓名': 'VARCHAR', '身份证号': 'VARCHAR', '民族': 'VARCHAR', '性别': 'VARCHAR', '住址': 'VARCHAR', '月用电量': 'VARCHAR', '登记日期': 'VARCHAR', '更新时间': 'VARCHAR', '操作': 'VARCHAR'}, header = true, auto_detect = false,
  delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false,
  store_rejects = true, rejects_limit = 0, rejects_table = 'csv_fault', rejects_scan = 'csv_scan')
