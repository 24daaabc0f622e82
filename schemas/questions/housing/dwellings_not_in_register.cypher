/*
title: {zh: 登记册外的住处, en: Dwellings not in the register}
question:
  zh: 哪些住处有独立来源的居住证据，而房屋登记册中没有？
  en: Which dwellings with independent evidence of living does the housing register not know?
subject: {label: House, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  independent_kinds: {type: integer, default: 2, meaning: Least number of departments whose evidence agrees}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  house_id: {type: text, zh: 房屋编号, en: Id of the house}
  address: {type: text, zh: 地址, en: Address}
  building_known: {type: boolean, zh: 登记册中有该楼, en: Whether the register carries other parts of the building}
  independent: {type: integer, zh: 独立证据来源数, en: Departments that the evidence goes back to}
  kinds: {type: list, zh: 证据种类, en: Kinds of evidence in force}
  people: {type: integer, zh: 证据涉及人数, en: People that the evidence names}
  last_seen: {type: date, zh: 最近观察, en: Day of the newest observation}
purposes: [training, dwelling_safety, rental_filing]
owner: housing
legal_basis: 上海市住房租赁条例; 上海市实有人口服务和管理若干规定 (register of actual housing)
retention_days: 180
review_on: 2027-11-01
when_wrong:
  zh: 登记册只记整栋而未分室；同一住处的小区名与路弄号未并为一处；地址中房号写错。
  en: >-
    When the register lists the building without splitting it into rooms; when estate name and lane of one dwelling were
    not linked; when a room number is mistyped in two feeds.
*/
// An address that stops at the building says nothing about a dwelling where the register knows the building.
MATCH (p:Person)-[e:EVIDENCE_AT]->(h:House)
WHERE e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
  AND h.in_register = false
  AND (h.precision = 'room' OR (h.precision = 'building' AND h.building_in_register = false))
WITH h, count(DISTINCT e.origin) AS independent, collect(DISTINCT e.kind) AS kinds, count(DISTINCT p.id) AS people,
  max(coalesce(e.observed_on, e.valid_from)) AS last_seen
WHERE independent >= $independent_kinds
RETURN h.id AS house_id, h.address AS address, h.building_in_register AS building_known, independent AS independent,
  kinds AS kinds, people AS people, last_seen AS last_seen
ORDER BY independent DESC, people DESC, house_id
LIMIT $limit
