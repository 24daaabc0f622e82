/*
title: {zh: 住人的非居住房屋, en: Non-residential premises lived in}
question:
  zh: 哪些商铺、厂房、办公室和车库里有人居住？
  en: In which shops, workshops, offices and garages do people live?
subject: {label: House, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  independent_kinds: {type: integer, default: 2, meaning: Least number of departments whose evidence agrees}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  house_id: {type: text, zh: 房屋编号, en: Id of the house}
  address: {type: text, zh: 地址, en: Address}
  used_as: {type: text, zh: 登记用途, en: Use by the housing register}
  residents: {type: integer, zh: 居住人数, en: Resolved residents}
  independent: {type: integer, zh: 独立证据来源数, en: Departments that the evidence goes back to}
  kinds: {type: list, zh: 证据种类, en: Kinds of evidence about the residents}
  since: {type: date, zh: 最早入住, en: Day when the first of the residents came}
purposes: [training, dwelling_safety]
owner: housing
legal_basis: 上海市住房租赁条例 (non-residential premises may not be let to live in); 中华人民共和国消防法
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 房屋已依法改作居住而登记册未改；值班人员只在店中过夜；住户登记在店铺楼下的地址上。
  en: >-
    When the use was lawfully changed and the register lags; when someone on night duty was seen; when people who live
    above a shop gave the shop's address.
*/
// A meter in use says nothing about living where a shop or workshop uses it.
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND h.use IN ['commercial', 'industrial', 'office', 'garage']
WITH p, h, min(l.valid_from) AS moved_in
MATCH (p)-[e:EVIDENCE_AT]->(h)
WHERE e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
  AND e.kind <> 'utility_use'
WITH h, count(DISTINCT p.id) AS residents, count(DISTINCT e.origin) AS independent,
  collect(DISTINCT e.kind) AS kinds, min(moved_in) AS since
WHERE independent >= $independent_kinds
RETURN h.id AS house_id, h.address AS address, h.use AS used_as, residents AS residents,
  independent AS independent, kinds AS kinds, since AS since
ORDER BY residents DESC, house_id
LIMIT $limit
