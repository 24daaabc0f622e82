"""How much a delivered file may ask for before it is refused or a row of it is set aside: all limits in one place."""

MIB = 1 << 20

FIELD_BYTES = 1 * MIB
"""A longer value, or line of a text file, sets its row aside."""

COLUMNS = 1_000
"""Columns of a file, those that its contract does not know included; each of these becomes an issue."""

WORKBOOK_PARTS = 10_000
"""Files in the zip directory of a workbook."""

PART_BYTES = 512 * MIB
"""One part of a workbook, unpacked; a sheet of 500,000 rows and 20 columns needs about this."""

WORKBOOK_BYTES = 1024 * MIB
"""All parts of a workbook, unpacked."""

PACKING_RATIO = 250
"""Unpacked to packed size of a part above `RATIO_FROM_BYTES`; sheets of equal rows reach about 100."""

RATIO_FROM_BYTES = 16 * MIB

SHEET_CELLS = 10_000_000
"""Rows times columns up to the last cell used, of all visible sheets; each takes about 90 bytes while they are read."""

SHEET_TEXT_BYTES = 512 * MIB
"""All texts of the visible sheets, each shared one counted where it is used."""

HEADER_ROWS = 20
"""The rows in which the header of a sheet is looked for."""

VISIBLE_SHEETS = 20

PARQUET_ROWS = 100_000_000

PARQUET_TEXT_BYTES = 256 * MIB
"""All values of a Parquet file as text; above it the file is measured by `PACKING_RATIO` too."""

VALUE_BYTES = 16
"""What a value takes while a file is read, less the bytes of a long text."""

LIST_BYTES = 16 * MIB
"""The list of the sheets of a workbook, unpacked."""

SIDECAR_BYTES = 64 * 1024
