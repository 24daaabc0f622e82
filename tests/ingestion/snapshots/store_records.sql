INSERT INTO standard."person_record"
SELECT v.record_id, 'people', v.record_key, i.row_key, 'person', i.version, i.effective_from, i.ended_on, NULL, try_cast("of_name".value AS VARCHAR), try_cast("of_name"."name_simplified" AS VARCHAR), try_cast("of_name"."surname" AS VARCHAR), try_cast("of_name"."given_name" AS VARCHAR), try_cast("of_name"."name_key" AS VARCHAR), try_cast("of_name"."surname_key" AS VARCHAR), try_cast("of_name"."given_key" AS VARCHAR), try_cast("of_sex".value AS VARCHAR), NULL::DATE, try_cast("of_id_number".value AS VARCHAR), try_cast("of_id_number"."id_valid" AS BOOLEAN), try_cast("of_id_number"."id_birth_date" AS DATE), try_cast("of_id_number"."id_sex" AS VARCHAR), NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR
FROM "input_person" i
JOIN role_version v ON v.role = 'person' AND v.record_place = v.place AND v.n = i.n AND v.place = i."#place"
LEFT JOIN value_person_name "of_name" ON "of_name".raw = i."in_name"
LEFT JOIN value_resident_id "of_id_number" ON "of_id_number".raw = i."in_id_number"
LEFT JOIN value_text "of_sex" ON "of_sex".raw = i."in_sex"
WHERE i."#stale"
