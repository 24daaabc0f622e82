SELECT "#line", "#row_key", '性别', 'unknown_code', "性别" || ' is not in the code list'
FROM doubtful_row WHERE trim("性别") NOT IN ('', '男', '女')
UNION ALL SELECT "#line", "#row_key", NULL, 'has_an_address', 'not so: the address is known'
FROM doubtful_row WHERE NOT (coalesce("住址", '') <> '')
UNION ALL SELECT "#line", "#row_key", cell.name, 'control_character', 'holds a character that nobody sees; '
  || 'it is left out where the value is read'
FROM (SELECT "#line", "#row_key", unnest([{'name': '编号', 'value': "编号"}, {'name': '姓名', 'value': "姓名"}, {'name': '身份证号', 'value': "身份证号"}, {'name': '性别', 'value': "性别"}, {'name': '住址', 'value': "住址"}, {'name': '登记日期', 'value': "登记日期"}, {'name': '更新时间', 'value': "更新时间"}, {'name': '操作', 'value': "操作"}, {'name': '在用', 'value': "在用"}]) AS cell FROM doubtful_row)
WHERE regexp_matches(cell.value, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{feff}]')
