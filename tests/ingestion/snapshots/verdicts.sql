CREATE OR REPLACE TEMP TABLE verdict AS
WITH sound AS (
  SELECT "#line" AS line, "#row_key" AS row_key, "#version" AS version, "#deleted" AS deleted,
    "#content_hash" AS content_hash,
    row_number() OVER same_version AS place, first_value("#content_hash") OVER same_version AS first_hash
  FROM checked_row WHERE "#rule" IS NULL
  WINDOW same_version AS (PARTITION BY "#row_key", "#version" ORDER BY "#line")
),
held AS (
  SELECT event.* FROM (
    SELECT row_key, version, content_hash FROM raw."people"
    UNION ALL SELECT row_key, version, 'deleted' FROM raw.tombstone WHERE feed = 'people' AND line IS NOT NULL
  ) event SEMI JOIN sound USING (row_key)
),
head AS (
  SELECT row_key, max(version) AS version, arg_max(content_hash, version) AS content_hash FROM held GROUP BY row_key
),
compared AS (
  SELECT s.*, held.content_hash AS held_hash, head.version AS head_version, s.row_key IN (SELECT row_key FROM raw.tombstone WHERE feed = 'people' AND line IS NULL) AS is_back,
    CASE WHEN lag(s.version) OVER by_version > head.version OR head.version IS NULL
      THEN lag(s.content_hash) OVER by_version ELSE head.content_hash END AS previous_hash
  FROM sound s LEFT JOIN held USING (row_key, version) LEFT JOIN head USING (row_key)
  WHERE s.place = 1
  WINDOW by_version AS (PARTITION BY s.row_key ORDER BY s.version)
),
judged AS (
  SELECT line, held_hash, is_back, CASE
    WHEN held_hash = content_hash THEN 'unchanged'
    WHEN held_hash IS NOT NULL THEN 'version_reused'
    WHEN version < head_version THEN 'late'
    WHEN deleted THEN CASE WHEN previous_hash = 'deleted' THEN 'unchanged' ELSE 'deleted' END
    WHEN previous_hash IS NULL OR previous_hash = 'deleted' THEN 'new'
    WHEN previous_hash = content_hash THEN 'unchanged'
    ELSE 'changed' END AS outcome
  FROM compared
)
SELECT line, CASE WHEN outcome = 'version_reused' THEN 'quarantined' WHEN outcome = 'unchanged' AND is_back THEN 'new'
    ELSE outcome END AS outcome,
  outcome IN ('new', 'changed', 'late', 'deleted') OR (outcome = 'unchanged' AND held_hash IS NULL) AS stored,
  CASE outcome WHEN 'version_reused' THEN outcome END AS rule,
  CASE outcome WHEN 'version_reused' THEN 'this version of the row came before with other content' END AS reason
FROM judged
UNION ALL
SELECT line, CASE WHEN content_hash = first_hash THEN 'duplicate' ELSE 'quarantined' END, false,
  CASE WHEN content_hash <> first_hash THEN 'key_repeated' END,
  CASE WHEN content_hash <> first_hash THEN 'an earlier line has the same key and version with other content' END
FROM sound WHERE place > 1
UNION ALL
SELECT "#line", 'quarantined', false, "#rule", "#reason" FROM checked_row WHERE "#rule" IS NOT NULL
