INSERT INTO role_version
WITH known AS (SELECT * FROM "input_house" i WHERE (i."in_address" IS NOT NULL AND i."in_address" NOT IN (SELECT raw FROM value_address WHERE value IS NULL))),
compared AS (
  SELECT row_key, n, version, "#place" AS place, hash(i."in_address") AS read_as
  FROM (FROM known SEMI JOIN revised_key USING (row_key)) i
  
),
ranked AS (
  SELECT row_key, n, place, read_as <> last_value(read_as) OVER history AS is_older,
    min_by(place, version) OVER alike AS record_place, last_value(place) OVER history AS newest,
    min(version) OVER alike AS oldest_version
  FROM compared
  WINDOW history AS (PARTITION BY row_key, n ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
    alike AS (PARTITION BY row_key, n, read_as)
),
named AS (
  SELECT "#place" AS place, n, "#place" AS record_place, row_key || '#house' || CASE WHEN n > 0 THEN '.' || n ELSE '' END AS record_key
  FROM known ANTI JOIN revised_key USING (row_key)
  UNION ALL
  SELECT place, n, CASE WHEN is_older THEN record_place ELSE newest END,
    CASE WHEN is_older THEN row_key || '#house' || CASE WHEN n > 0 THEN '.' || n ELSE '' END || '@' || oldest_version ELSE row_key || '#house' || CASE WHEN n > 0 THEN '.' || n ELSE '' END END
  FROM ranked
)
SELECT 'house', place, n, record_place, record_key,
  (md5_number('people' || chr(31) || record_key) >> 65)::BIGINT
FROM named
