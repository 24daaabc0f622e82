/*
title: {zh: 在无证照地址经营的单位, en: Units working at an address without a licence there}
question:
  zh: 哪些单位被见到在某地址经营，而在该地址没有有效登记？
  en: Which units were seen working at an address where they hold no licence in force?
subject: {label: Unit, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  unit_id: {type: text, zh: 单位编号, en: Id of the unit}
  name: {type: text, zh: 单位名称, en: Name of the unit}
  house_id: {type: text, zh: 房屋编号, en: Id of the house where it was seen}
  address: {type: text, zh: 见到的地址, en: Address where it was seen}
  seen_on: {type: date, zh: 最近见到, en: Day when it was last seen there}
  in_register: {type: boolean, zh: 是否在市场主体登记中, en: Whether the business register carries the unit}
  licensed_elsewhere: {type: list, zh: 其他登记地址, en: Addresses where it is licensed}
purposes: [training, market_inspection]
owner: market_regulation
legal_basis: 无证无照经营查处办法 (State Council order 684)
retention_days: 365
review_on: 2027-11-01
when_wrong:
  zh: 门牌名与登记名不同而未并为一家；登记地址写法不同；同楼其他房间有登记而回访写错房号。
  en: >-
    When the sign differs from the registered name and was not linked; when the licence writes the address another way; when
    the visit names the wrong room.
*/
// An address without a room may be the licensed room of that building.
MATCH (u:Unit)-[e:EVIDENCE_AT]->(h:House)
WHERE e.kind = 'unit_seen'
  AND e.valid_from <= $as_of AND (e.valid_to IS NULL OR e.valid_to > $as_of)
  AND NOT EXISTS { MATCH (u)-[o:OCCUPIES]->(k:House)
    WHERE o.valid_from <= $as_of AND (o.valid_to IS NULL OR o.valid_to > $as_of)
      AND (k.id = h.id OR (k.building = h.building AND (k.precision <> 'room' OR h.precision <> 'room'))) }
WITH u, h, max(coalesce(e.observed_on, e.valid_from)) AS seen_on
OPTIONAL MATCH (u)-[q:OCCUPIES]->(x:House)
WHERE q.valid_from <= $as_of AND (q.valid_to IS NULL OR q.valid_to > $as_of)
WITH u, h, seen_on, collect(DISTINCT x.address) AS licensed_elsewhere
RETURN u.id AS unit_id, u.name AS name, h.id AS house_id, h.address AS address, seen_on AS seen_on,
  u.in_register AS in_register, licensed_elsewhere AS licensed_elsewhere
ORDER BY unit_id, house_id
LIMIT $limit
