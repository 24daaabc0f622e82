INSERT INTO delivery_row SELECT row_number() OVER () + 1, NULL, nullif("0", ''), nullif("1", ''), nullif("2", ''), nullif("4", ''), nullif("5", ''), nullif("6", ''), nullif("7", ''), nullif("8", ''), nullif("9", '')
FROM read_csv('people.csv', columns = {'0': 'VARCHAR', '1': 'VARCHAR', '2': 'VARCHAR', '3': 'VARCHAR', '4': 'VARCHAR', '5': 'VARCHAR', '6': 'VARCHAR', '7': 'VARCHAR', '8': 'VARCHAR', '9': 'VARCHAR'}, header = true, auto_detect = false,
  delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false,
  store_rejects = true, rejects_limit = 0, rejects_table = 'csv_fault', rejects_scan = 'csv_scan')
