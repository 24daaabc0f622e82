/*
title: {zh: 各居村委实有人口, en: Residents per committee}
question:
  zh: 每个居委会、村委会住着多少人？
  en: How many people live in the area of each committee?
subject: {label: Community, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  committee_id: {type: text, zh: 居村委代码, en: Code of the committee}
  name: {type: text, zh: 名称, en: Name}
  kind: {type: text, zh: 类别, en: village or residential}
  town: {type: text, zh: 街镇, en: Town}
  residents: {type: integer, zh: 实有人口, en: Resolved residents}
  from_elsewhere: {type: integer, zh: 其中户籍不在本市, en: Residents whose recorded hukou area is outside the city}
  houses_lived_in: {type: integer, zh: 有人居住房屋数, en: Houses with residents}
purposes: [training, statistics]
owner: population_office
legal_basis: 中华人民共和国统计法; 上海市实有人口服务和管理若干规定
retention_days: 3650
review_on: 2027-11-01
when_wrong:
  zh: 房屋没有居委会代码的不计入；居住证据不足的人不计入。
  en: >-
    Houses without a committee code and people whose evidence is too thin for a residence are not counted anywhere.
*/
MATCH (c:Community)-[:IN_TOWN]->(t:Town)
WITH c, t
OPTIONAL MATCH (h:House)-[:IN_COMMUNITY]->(c)
WITH c, t, h
OPTIONAL MATCH (p:Person)-[l:LIVES_AT]->(h)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
WITH c, t, count(DISTINCT p.id) AS residents,
  count(DISTINCT CASE WHEN p.hukou_in_city = false THEN p.id END) AS from_elsewhere,
  count(DISTINCT CASE WHEN p.id IS NOT NULL THEN h.id END) AS houses_lived_in
RETURN c.id AS committee_id, c.name AS name, c.kind AS kind, t.name AS town, residents AS residents,
  from_elsewhere AS from_elsewhere, houses_lived_in AS houses_lived_in
ORDER BY committee_id
LIMIT $limit
