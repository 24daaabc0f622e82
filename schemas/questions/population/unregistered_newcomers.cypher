/*
title: {zh: 未登记的来沪人员, en: Unregistered newcomers}
question:
  zh: 哪些户籍不在本市的人在此居住已满三十天而没有有效的居住登记？
  en: Which people whose hukou is outside the city have lived here for thirty days or more without a valid residence registration?
subject: {label: Person, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  days: {type: integer, default: 30, meaning: Least number of days of living here}
  since: {type: date, before: {date: as_of, days: days}, meaning: Day on which the person lived here already}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the person}
  house_id: {type: text, zh: 房屋编号, en: Id of the house lived in}
  address: {type: text, zh: 居住地址, en: Address lived at}
  kinds: {type: list, zh: 居住证据种类, en: Kinds of evidence in force at that house}
  living_since: {type: date, zh: 居住起始, en: Living at that house since}
  last_registered: {type: date, zh: 上次登记到期, en: "End of the last residence registration, if there was one"}
purposes: [training, residence_check]
owner: population_office
legal_basis: 居住证暂行条例 (State Council order 663); 上海市居住证管理办法
retention_days: 365
review_on: 2027-11-01
when_wrong:
  zh: 登记写在同一人的另一条记录上而未并为一人；只知姓名、不知出生日期的人不在其中；户籍已迁入本市；已离开而居住证据尚未失效。
  en: >-
    When the registration stands on a record of the same person that was not linked; when the hukou has moved into the
    city; when the person has left and the evidence has not lapsed. People known by name alone are left out.
*/
// Somebody of whom a visit noted no more than a name can be looked up in no register: without a birth date no answer.
// Whoever moved within the district meanwhile has lived here all the same: any residence on that day counts.
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND p.hukou_in_city = false AND p.birth_date IS NOT NULL
  AND EXISTS { MATCH (p)-[m:LIVES_AT]->(x:House)
    WHERE m.valid_from <= $since AND (m.valid_to IS NULL OR m.valid_to > $since) }
  AND NOT EXISTS { MATCH (p)-[r:REGISTERED_AT]->(y:House) WHERE r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (p)-[g:EVIDENCE_AT]->(z:House)
    WHERE g.kind = 'residence_registration'
      AND g.valid_from <= $as_of AND (g.valid_to IS NULL OR g.valid_to > $as_of) }
WITH p, h, min(l.valid_from) AS living_since
OPTIONAL MATCH (p)-[e:EVIDENCE_AT]->(h)
WHERE e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
WITH p, h, living_since, collect(DISTINCT e.kind) AS kinds
OPTIONAL MATCH (p)-[o:EVIDENCE_AT]->(w:House)
WHERE o.kind = 'residence_registration' AND o.valid_from <= $as_of AND o.valid_to <= $as_of
WITH p, h, living_since, kinds, max(o.valid_to) AS last_registered
RETURN p.id AS person_id, h.id AS house_id, h.address AS address, kinds AS kinds,
  living_since AS living_since, last_registered AS last_registered
ORDER BY person_id, house_id
LIMIT $limit
