INSERT INTO raw.tombstone
WITH horizon AS (SELECT coalesce(max("#version"), '') AS version FROM checked_row WHERE "#rule" IS NULL)
SELECT 'people', r.row_key, greatest(r.version, horizon.version) || '~', DATE '2026-06-30', 7,
  NULL
FROM raw."people" r CROSS JOIN horizon
ANTI JOIN checked_row c ON c."#row_key" = r.row_key
WHERE r.ended_on IS NULL AND (r.effective_from < DATE '2026-06-30' OR r.version <= horizon.version)
  AND NOT EXISTS (FROM checked_row WHERE "#fault" NOT IN ('title_row', 'totals_row', 'repeated_header') AND ("#row_key" IS NULL OR "#fault" = 'key_as_number'))
ORDER BY r.row_key
