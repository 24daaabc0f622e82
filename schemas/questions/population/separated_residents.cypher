/*
title: {zh: 人户分离, en: Separated residents}
question:
  zh: 哪些人户籍在本市一处，实际居住在另一处已满六个月？
  en: Who has hukou at one dwelling and has lived at another for six months or more?
subject: {label: Person, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  days: {type: integer, default: 183, meaning: Least number of days at the other dwelling}
  since: {type: date, before: {date: as_of, days: days}, meaning: Latest day of moving in}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the person}
  hukou_addresses: {type: list, zh: 户籍地址, en: Addresses of the hukou}
  house_id: {type: text, zh: 现居房屋编号, en: Id of the house lived in}
  address: {type: text, zh: 现居住地址, en: Address lived at}
  living_since: {type: date, zh: 居住起始, en: Living there since}
  confidence: {type: decimal, zh: 居住可信度, en: How sure the residence is}
purposes: [training, residence_check]
owner: population_office
legal_basis: 上海市人户分离人员居住登记办法; 上海市实有人口服务和管理若干规定
retention_days: 365
review_on: 2027-11-01
when_wrong:
  zh: 户籍地址与居住地址是同一住处而未并为一处；户籍已迁出而登记未更新；居住判断本身有误。
  en: >-
    When hukou and residence are one dwelling written two ways; when the hukou has moved and the register lags; when the
    residence itself is wrong.
*/
// An address without a room may be the very dwelling: within one building only two different rooms count as two homes.
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND l.valid_from <= $since AND h.precision IN ['room', 'building']
WITH p, h, min(l.valid_from) AS living_since, max(l.confidence) AS confidence
MATCH (p)-[r:REGISTERED_AT]->(k:House)
WHERE r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of)
  AND k.id <> h.id AND k.precision IN ['room', 'building']
  AND (h.building IS NULL OR k.building IS NULL OR h.building <> k.building
    OR (h.precision = 'room' AND k.precision = 'room'))
  AND NOT EXISTS { MATCH (p)-[s:REGISTERED_AT]->(h) WHERE s.valid_from <= $as_of AND (s.valid_to IS NULL OR s.valid_to > $as_of) }
WITH p, h, living_since, confidence, collect(DISTINCT k.address) AS hukou_addresses
RETURN p.id AS person_id, hukou_addresses AS hukou_addresses, h.id AS house_id, h.address AS address,
  living_since AS living_since, confidence AS confidence
ORDER BY person_id, house_id
LIMIT $limit
