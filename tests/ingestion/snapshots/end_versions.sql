UPDATE raw."people" AS r SET ended_on = chain.ended_on FROM (
  WITH touched AS (SELECT row_key FROM raw."people" WHERE delivery_id IN (7)
  UNION SELECT row_key FROM raw.tombstone WHERE feed = 'people' AND delivery_id IN (7)
  UNION SELECT row_key FROM raw.returned WHERE feed = 'people' AND delivery_id IN (7)),
  event AS (
    SELECT row_key, version, effective_from, false AS deleted FROM raw."people" SEMI JOIN touched USING (row_key)
    UNION ALL SELECT row_key, version, effective_from, true FROM raw.tombstone SEMI JOIN touched USING (row_key)
    WHERE feed = 'people'
  )
  SELECT row_key, version, deleted, CASE WHEN next_from IS NOT NULL THEN greatest(effective_from, next_from) END
    AS ended_on
  FROM (SELECT *, lead(effective_from) OVER (PARTITION BY row_key ORDER BY version) AS next_from FROM event)
) AS chain
WHERE NOT chain.deleted AND r.row_key = chain.row_key AND r.version = chain.version
  AND r.ended_on IS DISTINCT FROM chain.ended_on
