/*
title: {zh: 独居老人, en: Old people living alone}
question:
  zh: 哪些老人一个人居住？民政是否已知？
  en: Which old people live alone, and does civil affairs know of them?
subject: {label: Person, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  from_age: {type: integer, default: 60, meaning: Age in years from which on a person is old}
  born_by: {type: date, before: {date: as_of, years: from_age}, meaning: Latest day of birth}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the person}
  birth_year: {type: integer, zh: 出生年份, en: Year of birth}
  house_id: {type: text, zh: 房屋编号, en: Id of the house lived in}
  address: {type: text, zh: 居住地址, en: Address lived at}
  living_since: {type: date, zh: 居住起始, en: Living there since}
  known_since: {type: date, zh: 民政登记日, en: "Start of the civil affairs record in force, if any"}
purposes: [training, care_services]
owner: civil_affairs
legal_basis: 中华人民共和国老年人权益保障法; 上海市老年人权益保障条例
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 同住的人没有任何居住证据；地址缺房号；老人已入住养老机构。
  en: >-
    When whoever shares the home left no evidence; when the address lacks the room; when the person has moved into a home
    for the aged.
*/
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND p.birth_date <= $born_by
  AND h.is_dwelling = true AND (h.use IS NULL OR h.use <> 'dormitory')
  AND NOT EXISTS { MATCH (q:Person)-[m:LIVES_AT]->(h)
    WHERE q.id <> p.id
      AND m.valid_from <= $as_of AND (m.valid_to IS NULL OR m.valid_to > $as_of) }
WITH p, h, min(l.valid_from) AS living_since
OPTIONAL MATCH (p)-[e:EVIDENCE_AT]->(x:House)
WHERE e.kind = 'civil_affairs'
  AND e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
WITH p, h, living_since, min(e.valid_from) AS known_since
RETURN p.id AS person_id, p.birth_year AS birth_year, h.id AS house_id, h.address AS address,
  living_since AS living_since, known_since AS known_since
ORDER BY person_id, house_id
LIMIT $limit
