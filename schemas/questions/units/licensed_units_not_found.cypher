/*
title: {zh: 查无下落的持照单位, en: Licensed units not found at their address}
question:
  zh: 哪些有登记的单位在登记地址查无，且此后未再见到？
  en: Which licensed units were looked for at their address and not found, and not seen there since?
subject: {label: Unit, key: id}
parameters:
  as_of: {type: date, default: snapshot, meaning: The date of the answer}
  limit: {type: integer, default: 1000000, meaning: Most rows to return}
columns:
  unit_id: {type: text, zh: 单位编号, en: Id of the unit}
  name: {type: text, zh: 单位名称, en: Name of the unit}
  house_id: {type: text, zh: 登记房屋编号, en: Id of the licensed house}
  address: {type: text, zh: 登记地址, en: Licensed address}
  licensed_since: {type: date, zh: 登记起始, en: Licensed there since}
  missed_on: {type: date, zh: 最近查无, en: Day when it was last not found}
  visits: {type: integer, zh: 查无次数, en: Visits that did not find it}
purposes: [training, market_inspection]
owner: market_regulation
legal_basis: 中华人民共和国市场主体登记管理条例; 经营异常名录 (units out of contact at their address)
retention_days: 365
review_on: 2027-11-01
when_wrong:
  zh: 查访时歇业；门牌更名；查访走错房间；变更登记尚在办理。
  en: When it was closed for the day, has another sign, the visitor was at the wrong room, or a change is being filed.
*/
MATCH (u:Unit)-[o:OCCUPIES]->(k:House)
WHERE o.valid_from <= $as_of AND (o.valid_to IS NULL OR o.valid_to > $as_of)
WITH u, k, min(o.valid_from) AS licensed_since
MATCH (u)-[n:EVIDENCE_AT]->(h:House)
WHERE n.kind = 'unit_not_found'
  AND n.valid_from <= $as_of AND (n.valid_to IS NULL OR n.valid_to > $as_of)
  AND (k.id = h.id OR (k.building = h.building AND (k.precision <> 'room' OR h.precision <> 'room')))
WITH u, k, licensed_since, max(coalesce(n.observed_on, n.valid_from)) AS missed_on,
  count(DISTINCT n.eid) AS visits
WHERE NOT EXISTS { MATCH (u)-[s:EVIDENCE_AT]->(x:House)
  WHERE s.kind = 'unit_seen' AND s.observed_on > missed_on
    AND s.valid_from <= $as_of AND (s.valid_to IS NULL OR s.valid_to > $as_of)
    AND (k.id = x.id OR (k.building = x.building AND (k.precision <> 'room' OR x.precision <> 'room'))) }
RETURN u.id AS unit_id, u.name AS name, k.id AS house_id, k.address AS address, licensed_since AS licensed_since,
  missed_on AS missed_on, visits AS visits
ORDER BY unit_id, house_id
LIMIT $limit
