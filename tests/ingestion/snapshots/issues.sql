SELECT "#line", "#row_key", '性别', 'unknown_code', "性别" || ' is not in the code list'
FROM entered_row WHERE trim("性别") NOT IN ('', '男', '女')
UNION ALL SELECT "#line", "#row_key", NULL, 'has_an_address', 'not so: the address is known'
FROM entered_row WHERE NOT (coalesce("住址", '') <> '')
