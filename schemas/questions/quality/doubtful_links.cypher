/*
title: {zh: 存疑的关联, en: Doubtful links}
question:
  zh: 哪些人可能是同一个人而有待专人判定？
  en: Which people may be one and the same, so that a steward has to decide?
subject: {label: Person, key: id}
parameters:
  least_probability: {type: decimal, default: 0, meaning: Least match probability}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the one}
  other_id: {type: text, zh: 另一人员编号, en: Id of the other}
  name: {type: text, zh: 姓名, en: Name of the one}
  other_name: {type: text, zh: 另一姓名, en: Name of the other}
  probability: {type: decimal, zh: 匹配概率, en: Match probability of the best link}
  links: {type: integer, zh: 关联数, en: Links in doubt between the two}
purposes: [training, stewardship]
owner: population_office
legal_basis: 中华人民共和国个人信息保护法 article 8 (personal information is kept right)
retention_days: 90
review_on: 2027-11-01
when_wrong:
  zh: 列出的是可能，不是结论；两条都错的记录也会相似。
  en: It lists possibilities, never findings; two wrong records can resemble each other.
*/
MATCH (p:Person)-[s:POSSIBLY_SAME]->(q:Person)
WHERE p.id <> q.id AND s.probability >= $least_probability
RETURN p.id AS person_id, q.id AS other_id, p.name AS name, q.name AS other_name, s.probability AS probability,
  s.n_records AS links
ORDER BY probability DESC, person_id, other_id
LIMIT $limit
