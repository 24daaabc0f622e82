/*
title: {zh: 未登记的住处, en: Unregistered dwellings}
question:
  zh: 房屋登记册中有哪些住处，有两个以上独立来源的居住证据，却没有有效的户籍、居住登记或备案租约？
  en: >-
    Which dwellings of the housing register have independent evidence that people live there,
    but no valid hukou, residence registration or filed lease?
subject: {label: House, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  independent_kinds: {type: integer, default: 2, meaning: Least number of departments whose evidence agrees}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  house_id: {type: text, zh: 房屋编号, en: Id of the house}
  address: {type: text, zh: 地址, en: Address}
  independent: {type: integer, zh: 独立证据来源数, en: Departments that the evidence goes back to}
  kinds: {type: list, zh: 证据种类, en: Kinds of evidence in force}
  people: {type: integer, zh: 证据涉及人数, en: People that the evidence names}
  since: {type: date, zh: 最早证据, en: Start of the oldest evidence in force}
  last_seen: {type: date, zh: 最近观察, en: Day of the newest observation}
purposes: [training, rental_filing]
owner: housing
legal_basis: 上海市住房租赁条例 (filing of leases); 上海市实有人口服务和管理若干规定
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 户籍或租约写在同一住处的另一种地址上而未并为一处；电表户名和回访误写房号；住户刚搬走而证据尚在有效期内。
  en: >-
    When the hukou or lease is filed under another way of writing the address that was not linked; when a visit or meter
    names the wrong room; when people moved out and their evidence has not lapsed yet.
*/
// Premises that are no dwelling by use are the question non_residential_lived_in.
MATCH (p:Person)-[e:EVIDENCE_AT]->(h:House)
WHERE e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
  AND h.in_register = true AND h.is_dwelling = true
  AND (h.use IS NULL OR NOT h.use IN ['commercial', 'industrial', 'office', 'garage'])
WITH h, count(DISTINCT e.origin) AS independent, collect(DISTINCT e.kind) AS kinds,
  count(DISTINCT p.id) AS people, min(e.valid_from) AS since, max(coalesce(e.observed_on, e.valid_from)) AS last_seen
WHERE independent >= $independent_kinds
  AND NOT EXISTS { MATCH (q:Person)-[r:REGISTERED_AT]->(h) WHERE r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (q:Person)-[t:RENTS]->(h) WHERE t.valid_from <= $as_of AND (t.valid_to IS NULL OR t.valid_to > $as_of) }
  AND NOT EXISTS { MATCH (q:Person)-[g:EVIDENCE_AT]->(h)
    WHERE g.kind IN ['hukou', 'residence_registration', 'lease']
      AND g.valid_from <= $as_of AND (g.valid_to IS NULL OR g.valid_to > $as_of) }
RETURN h.id AS house_id, h.address AS address, independent AS independent, kinds AS kinds, people AS people,
  since AS since, last_seen AS last_seen
ORDER BY independent DESC, people DESC, house_id
LIMIT $limit
