/*
title: {zh: 失学失业青少年, en: Young people out of school and work}
question:
  zh: 哪些十六至十八周岁的居民既不在学籍也不在社保？
  en: Which residents of 16 to 18 are on no school roll and in no social insurance?
subject: {label: Person, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  from_age: {type: integer, default: 16, meaning: Youngest age in years}
  below_age: {type: integer, default: 19, meaning: Age in years from which on people are left out}
  born_by: {type: date, before: {date: as_of, years: from_age}, meaning: Latest day of birth}
  born_after: {type: date, before: {date: as_of, years: below_age}, meaning: Day of birth from which on people are young enough}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the person}
  birth_year: {type: integer, zh: 出生年份, en: Year of birth}
  house_id: {type: text, zh: 房屋编号, en: Id of the house lived in}
  address: {type: text, zh: 居住地址, en: Address lived at}
  last_in_school: {type: date, zh: 上次学籍截止, en: "End of the last time on a school roll, if any"}
purposes: [training, youth_services]
owner: civil_affairs
legal_basis: 中华人民共和国未成年人保护法; 中华人民共和国预防未成年人犯罪法 (help with education and training)
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 在外地就学或工作；在没有学籍数据的学校就读；出生日期有误；学籍记录未并到此人。
  en: >-
    When the person studies or works elsewhere or at a school that hands over no roll; when the birth date is wrong; when the
    school's record was not linked.
*/
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND p.birth_date <= $born_by AND p.birth_date > $born_after
  AND NOT EXISTS { MATCH (p)-[s:STUDIES_AT]->(u:Unit) WHERE s.valid_from <= $as_of AND (s.valid_to IS NULL OR s.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (p)-[w:WORKS_AT]->(v:Unit) WHERE w.valid_from <= $as_of AND (w.valid_to IS NULL OR w.valid_to > $as_of) }
WITH p, h
OPTIONAL MATCH (p)-[o:STUDIES_AT]->(x:Unit)
WHERE o.valid_from <= $as_of AND o.valid_to <= $as_of
WITH p, h, max(o.valid_to) AS last_in_school
RETURN p.id AS person_id, p.birth_year AS birth_year, h.id AS house_id, h.address AS address,
  last_in_school AS last_in_school
ORDER BY person_id, house_id
LIMIT $limit
