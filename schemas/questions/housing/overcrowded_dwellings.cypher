/*
title: {zh: 超限居住的住处, en: Over-crowded dwellings}
question:
  zh: 哪些住处人均面积不足或每室人数超限，且住户不是一家近亲？
  en: Which dwellings have too little floor area a person or too many people a room, and are not lived in by one close family?
subject: {label: House, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  m2_per_person: {type: decimal, default: 5, meaning: Least floor area a person in square metres}
  persons_per_room: {type: decimal, default: 2, meaning: Most people a room}
  least_records: {type: integer, default: 2, meaning: "Fewest records of a resident who counts; of one record alone nobody knows whose it is"}
  least_confidence: {type: decimal, default: 0.5, meaning: Least confidence with which a resident who counts is placed there}
  least_households: {type: integer, default: 3, meaning: Fewest unrelated households; two on paper are mostly one after the other}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  house_id: {type: text, zh: 房屋编号, en: Id of the house}
  address: {type: text, zh: 地址, en: Address}
  residents: {type: integer, zh: 居住人数, en: Resolved residents who count}
  area_m2: {type: decimal, zh: 面积（平方米）, en: Floor area in square metres}
  rooms: {type: integer, zh: 居室数, en: Rooms}
  m2_each: {type: decimal, zh: 人均面积, en: Floor area a person}
  households: {type: integer, zh: 户数, en: Unrelated households among them}
  largest_family: {type: integer, zh: 最大亲属组人数, en: "Most residents that are one close family, as far as is known"}
  since: {type: date, zh: 最后一人入住, en: Day when the last of the residents came}
purposes: [training, dwelling_safety]
owner: housing
legal_basis: 上海市居住房屋租赁管理办法 (5 m² a person, two a room, close family aside)
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 两户互不相干者默认不计，多为先后居住；只有户籍或水电证据、或只有一条记录的人不计入；亲属关系没有登记在任何一册中；登记面积不含加建；一处住处实为几套；已搬走的人证据尚未失效。
  en: >-
    Two unrelated households in one home are left out unless asked for: mostly one has moved out without a word.
    People whom only the hukou, the meter or one single record places there do not count. When kinship is in no register; when the registered area lacks an extension; when one address is several flats; when
    people who left still have evidence in force.
kinship: exempts
*/
// Who counts: residents whom something fresher than the hukou, a case file or the meter places there, and more than one record knows.
// Everyone counts as one part of the own family, so that the parts add up to the number of households.
// Licensed dormitories have limits of their own. Close family: spouses, parents, children, grandparents, siblings, guardians;
// a family is all residents within two steps of kinship of one of them, also through a relative who lives elsewhere.
MATCH (p:Person)-[l:LIVES_AT]->(h:House)
WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of)
  AND h.is_dwelling = true AND (h.use IS NULL OR h.use <> 'dormitory')
  AND p.n_records >= $least_records AND l.confidence >= $least_confidence
  AND EXISTS { MATCH (p)-[e:EVIDENCE_AT]->(h)
    WHERE e.kind <> 'hukou' AND e.kind <> 'utility_use' AND e.kind <> 'civil_affairs'
      AND e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of) }
WITH h, count(DISTINCT p.id) AS residents, max(l.valid_from) AS since
WHERE residents > 1
  AND (h.area_m2 < residents * $m2_per_person OR h.rooms * $persons_per_room < residents)
MATCH (a:Person)-[m:LIVES_AT]->(h)
WHERE m.valid_from <= $as_of AND (m.valid_to IS NULL OR m.valid_to > $as_of)
  AND a.n_records >= $least_records AND m.confidence >= $least_confidence
  AND EXISTS { MATCH (a)-[f:EVIDENCE_AT]->(h)
    WHERE f.kind <> 'hukou' AND f.kind <> 'utility_use' AND f.kind <> 'civil_affairs'
      AND f.valid_from <= $as_of AND (f.valid_to IS NULL OR f.valid_to > $as_of) }
WITH h, residents, since, a
OPTIONAL MATCH (b:Person)-[n:LIVES_AT]->(h)
WHERE n.valid_from <= $as_of AND (n.valid_to IS NULL OR n.valid_to > $as_of)
  AND b.id <> a.id
  AND b.n_records >= $least_records AND n.confidence >= $least_confidence
  AND EXISTS { MATCH (b)-[g:EVIDENCE_AT]->(h)
    WHERE g.kind <> 'hukou' AND g.kind <> 'utility_use' AND g.kind <> 'civil_affairs'
      AND g.valid_from <= $as_of AND (g.valid_to IS NULL OR g.valid_to > $as_of) }
  AND (EXISTS { MATCH (a)-[k:KIN_OF|GUARDIAN_OF]-(b)
      WHERE (k.kind IS NULL OR k.kind <> 'other')
        AND k.valid_from <= $as_of AND (k.valid_to IS NULL OR k.valid_to > $as_of) }
    OR EXISTS { MATCH (a)-[k:KIN_OF|GUARDIAN_OF]-(c:Person)
      WHERE (k.kind IS NULL OR k.kind <> 'other')
        AND k.valid_from <= $as_of AND (k.valid_to IS NULL OR k.valid_to > $as_of)
        AND EXISTS { MATCH (c)-[j:KIN_OF|GUARDIAN_OF]-(b)
          WHERE (j.kind IS NULL OR j.kind <> 'other')
            AND j.valid_from <= $as_of AND (j.valid_to IS NULL OR j.valid_to > $as_of) } })
WITH h, residents, since, a, count(DISTINCT b.id) + 1 AS family
WITH h, residents, since, max(family) AS largest_family, round(sum(1.0 / family), 0) AS households
WHERE largest_family < residents AND households >= $least_households
RETURN h.id AS house_id, h.address AS address, residents AS residents, h.area_m2 AS area_m2, h.rooms AS rooms,
  floor(h.area_m2 / residents * 10 + 0.5) / 10 AS m2_each, households AS households, largest_family AS largest_family, since AS since
ORDER BY residents DESC, house_id
LIMIT $limit
