UPDATE raw."people" AS r SET ended_on = greatest(chain.effective_from, chain.next_from) FROM (
  WITH touched AS (
    SELECT row_key FROM raw."people" WHERE delivery_id = 7
    UNION SELECT row_key FROM raw.tombstone WHERE feed = 'people' AND delivery_id = 7
  ),
  event AS (
    SELECT row_key, version, effective_from, false AS deleted FROM raw."people" SEMI JOIN touched USING (row_key)
    UNION ALL SELECT row_key, version, effective_from, true FROM raw.tombstone SEMI JOIN touched USING (row_key)
    WHERE feed = 'people'
  )
  SELECT row_key, version, deleted, effective_from,
    lead(effective_from) OVER (PARTITION BY row_key ORDER BY version) AS next_from
  FROM event
) AS chain
WHERE NOT chain.deleted AND chain.next_from IS NOT NULL AND r.row_key = chain.row_key AND r.version = chain.version
  AND r.ended_on IS DISTINCT FROM greatest(chain.effective_from, chain.next_from)
