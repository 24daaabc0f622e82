INSERT INTO standard.fact
SELECT (md5_number(concat_ws(chr(31), 'people', row_key, version, 'utility_use', subject_id, object_id)) >> 65)::BIGINT, 'people', 'town_teams',
  row_key, version, 'utility_use', 'person', subject_id, 'house',
  object_id, valid_from, valid_to, observed_on, value
FROM (
  SELECT r.row_key, r.version, s.record_id AS subject_id, o.record_id AS object_id,
    coalesce(NULL::DATE, r.effective_from) AS valid_from, least(NULL::DATE, r.ended_on) AS valid_to,
    coalesce(NULL::DATE, r.effective_from) AS observed_on, NULL::VARCHAR AS value
  FROM feed_row r
  JOIN role_version s ON s.role = 'person' AND s.place = r."#place"
  JOIN role_version o ON o.role = 'house' AND o.place = r."#place"
  
  WHERE r."#stale" AND nullif(trim(r."在用"), '') IN ('yes')
)
WHERE (valid_to IS NULL OR valid_from < valid_to) AND subject_id <> object_id
