INSERT INTO standard."house_record"
SELECT v.record_id, 'people', v.record_key, s.row_key, 'house', s.version, s.effective_from, s.ended_on, s."address", s."town", s."committee", s."road", s."lane", s."sub_lane", s."number", s."building", s."entrance", s."floor", s."room", s."village", s."village_group", s."estate", s."address_key", s."building_key", s."precision", s."community_code", s."area_m2", s."rooms", s."use", s."year_built", s."certificate_no"
FROM role_standard s JOIN role_version v USING (row_key, n, version)
WHERE v.role = 'house' AND v.record_version = v.version ORDER BY v.record_key
