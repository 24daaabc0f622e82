CREATE OR REPLACE TEMP TABLE touched_row AS
WITH touched AS (SELECT row_key FROM raw."people" WHERE delivery_id IN (8, 9)
  UNION SELECT row_key FROM raw.tombstone WHERE feed = 'people' AND delivery_id IN (8, 9)
  UNION SELECT row_key FROM raw.returned WHERE feed = 'people' AND delivery_id IN (8, 9) UNION SELECT row_key FROM standard."person_record" WHERE feed = 'people' AND record_id IN (5, 7)),
stale AS (FROM touched UNION SELECT row_key FROM raw."people" r WHERE nullif(trim(r."户号"), '') IN (SELECT nullif(trim(r."户号"), '') FROM raw."people" r SEMI JOIN touched USING (row_key))),
context AS (FROM stale UNION SELECT row_key FROM raw."people" r WHERE nullif(trim(r."户号"), '') IN (SELECT nullif(trim(r."户号"), '') FROM raw."people" r SEMI JOIN stale USING (row_key)))
SELECT r.*, r.row_key IN (FROM stale) AS "#stale" FROM raw."people" r SEMI JOIN context USING (row_key);
CREATE OR REPLACE TEMP VIEW feed_row AS SELECT rowid AS "#place", * FROM touched_row
