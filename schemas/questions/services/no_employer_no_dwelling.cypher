/*
title: {zh: 无单位无住处（救助）, en: "No employer and no dwelling, for assistance"}
question:
  zh: 哪些成年人在本区被见到或登记，却没有住处、单位和学籍，可能需要救助？
  en: Which adults were met in the district but have no dwelling, no employer and no school, and may need assistance?
subject: {label: Person, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  from_age: {type: integer, default: 18, meaning: Youngest age in years}
  born_by: {type: date, before: {date: as_of, years: from_age}, meaning: Latest day of birth}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  person_id: {type: text, zh: 人员编号, en: Id of the person}
  kinds: {type: list, zh: 在本区的证据, en: Kinds of evidence that the person is here}
  last_seen: {type: date, zh: 最近见到, en: Day of the newest observation}
  last_address: {type: text, zh: 最近见到的地址, en: "An address of that day, the first by text"}
  last_employed: {type: date, zh: 上次参保截止, en: "End of the last employment, if any"}
purposes: [training, assistance]
owner: civil_affairs
legal_basis: 社会救助暂行办法 (State Council order 649)
retention_days: 90
review_on: 2027-11-01
when_wrong:
  zh: 未参保但有工作；住在亲友处而无证据；回访记录未并到本人。只用于救助，不作其他推断。
  en: >-
    When the person works uninsured, stays with friends, or a visit's record was not linked. It serves assistance alone;
    nothing else follows from it.
*/
// The hukou says where a person is registered, not that they are here.
MATCH (p:Person)-[e:EVIDENCE_AT]->(h:House)
WHERE e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
  AND e.kind <> 'hukou'
  AND p.birth_date <= $born_by
  AND NOT EXISTS { MATCH (p)-[l:LIVES_AT]->(x:House) WHERE l.valid_from <= $as_of AND (l.valid_to IS NULL OR l.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (p)-[w:WORKS_AT]->(u:Unit) WHERE w.valid_from <= $as_of AND (w.valid_to IS NULL OR w.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (p)-[s:STUDIES_AT]->(v:Unit) WHERE s.valid_from <= $as_of AND (s.valid_to IS NULL OR s.valid_to > $as_of) }
WITH p, collect(DISTINCT e.kind) AS kinds, max(coalesce(e.observed_on, e.valid_from)) AS last_seen
MATCH (p)-[n:EVIDENCE_AT]->(k:House)
WHERE n.valid_from <= $as_of AND (n.valid_to IS NULL OR n.valid_to > $as_of)
  AND n.kind <> 'hukou' AND coalesce(n.observed_on, n.valid_from) = last_seen
WITH p, kinds, last_seen, min(k.address) AS last_address
OPTIONAL MATCH (p)-[o:WORKS_AT]->(y:Unit)
WHERE o.valid_from <= $as_of AND o.valid_to <= $as_of
WITH p, kinds, last_seen, last_address, max(o.valid_to) AS last_employed
RETURN p.id AS person_id, kinds AS kinds, last_seen AS last_seen, last_address AS last_address,
  last_employed AS last_employed
ORDER BY person_id
LIMIT $limit
