INSERT INTO role_version
WITH ranked AS (
  SELECT row_key, n, version, read_hash, last_value(version) OVER history AS newest,
    last_value(read_hash) OVER history AS newest_hash,
    min(version) OVER (PARTITION BY row_key, n, read_hash) AS oldest_alike
  FROM role_standard
  WINDOW history AS (PARTITION BY row_key, n ORDER BY version
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
named AS (
  SELECT row_key, n, version, CASE WHEN read_hash <> newest_hash THEN oldest_alike ELSE newest END AS record_version,
    CASE WHEN read_hash <> newest_hash THEN row_key || '#house' || CASE WHEN n > 0 THEN '.' || n ELSE '' END || '@' || oldest_alike ELSE row_key || '#house' || CASE WHEN n > 0 THEN '.' || n ELSE '' END END AS record_key
  FROM ranked
)
SELECT 'house', row_key, n, version, record_version, record_key,
  (md5_number_lower('people' || chr(31) || record_key) >> 1)::BIGINT
FROM named
