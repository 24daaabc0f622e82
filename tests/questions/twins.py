"""Independent twins of the heavy questions: plain SQL over the resolved tables, not over the graph tables.

Each takes $as_of and returns the first columns of its question, in any order.
"""

OPEN = "DATE '9999-12-31'"

# in_force: evidence of living whose interval covers the day; a fact without an end lapses.
EVIDENCE = f"""
day AS (SELECT CAST($as_of AS DATE) AS d),
rule(kind, origin, days) AS (VALUES
    ('hukou', 'public_security', 36500), ('residence_registration', 'population_office', 365),
    ('separated_residence', 'population_office', 1825), ('lease', 'housing', 365), ('school_home', 'education', 730),
    ('guardian_home', 'education', 730), ('utility_use', 'utilities', 120), ('civil_affairs', 'public_security', 1825),
    ('field_visit', 'town_teams', 365)),
in_force AS (
    SELECT r.subject_id AS person, r.object_id AS house, r.kind, rule.origin
    FROM resolved.relation AS r JOIN rule ON rule.kind = r.kind, day
    WHERE r.valid_from <= d AND coalesce(r.valid_to, r.observed_on + CAST(rule.days AS INTEGER)) > d),
fact AS (
    SELECT r.* FROM resolved.relation AS r, day WHERE r.valid_from <= d AND coalesce(r.valid_to, {OPEN}) > d),
lives AS (
    SELECT DISTINCT person_id AS person, house_id AS house FROM resolved.residence, day
    WHERE valid_from <= d AND coalesce(valid_to, {OPEN}) > d),
dwelling AS (
    SELECT h.* FROM resolved.house AS h
    WHERE h.precision = 'room' OR (h.precision = 'building' AND NOT EXISTS (
        FROM resolved.house AS o
        WHERE o.in_register AND o.precision = 'room' AND o.building_key = h.building_key)))
"""

UNREGISTERED = f"""
WITH {EVIDENCE}
SELECT h.entity_id, h.address, count(DISTINCT e.origin)
FROM dwelling AS h JOIN in_force AS e ON e.house = h.entity_id
WHERE h.in_register AND coalesce(h.use, '') NOT IN ('commercial', 'industrial', 'office', 'garage')
    AND h.entity_id NOT IN (SELECT house FROM in_force WHERE kind IN ('hukou', 'residence_registration', 'lease'))
    AND h.entity_id NOT IN (SELECT object_id FROM fact WHERE kind IN ('hukou', 'lease'))
GROUP BY ALL HAVING count(DISTINCT e.origin) >= 2
"""

# Kinship is closed by recursion here, and by two steps in the question: equal where families are as near as in life.
OVERCROWDED = f"""
WITH RECURSIVE {EVIDENCE},
tie AS (
    SELECT subject_id AS a, object_id AS b FROM fact WHERE kind IN ('kin', 'guardian') AND value <> 'other'
    UNION SELECT object_id, subject_id FROM fact WHERE kind IN ('kin', 'guardian') AND value <> 'other'),
relatives AS (
    SELECT person AS a, person AS b FROM lives UNION SELECT r.a, tie.b FROM relatives AS r JOIN tie ON tie.a = r.b),
sure AS (
    SELECT person_id AS person, house_id AS house FROM resolved.residence, day
    WHERE confidence >= 0.5 AND valid_from <= d AND coalesce(valid_to, {OPEN}) > d),
counted AS (
    SELECT lives.* FROM lives SEMI JOIN sure USING (person, house)
    JOIN resolved.person AS p ON p.entity_id = lives.person AND p.n_records >= 2
    SEMI JOIN (FROM in_force WHERE kind NOT IN ('hukou', 'utility_use', 'civil_affairs')) AS e USING (person, house)),
crowd AS (
    SELECT h.entity_id AS house, h.address, count(*) AS residents
    FROM dwelling AS h JOIN counted AS lives ON lives.house = h.entity_id
    WHERE coalesce(h.use, '') <> 'dormitory'
    GROUP BY h.entity_id, h.address, h.area_m2, h.rooms
    HAVING count(*) * 5 > h.area_m2 OR count(*) > 2 * h.rooms)
SELECT house, address, residents FROM crowd
WHERE residents > (
    SELECT max(kin) FROM (
        SELECT l.person, count(DISTINCT m.person) AS kin FROM counted AS l
        JOIN relatives AS r ON r.a = l.person JOIN counted AS m ON m.person = r.b AND m.house = l.house
        WHERE l.house = crowd.house GROUP BY l.person))
"""

SEPARATED = f"""
WITH {EVIDENCE},
registered AS (
    SELECT DISTINCT subject_id AS person, h.* FROM fact JOIN resolved.house AS h ON h.entity_id = object_id
    WHERE kind = 'hukou'),
settled AS (
    SELECT r.person_id AS person, min(r.valid_from) AS since, h.*
    FROM resolved.residence AS r JOIN resolved.house AS h ON h.entity_id = r.house_id, day
    WHERE r.valid_from <= d - 183 AND coalesce(r.valid_to, {OPEN}) > d GROUP BY ALL)
SELECT s.person, list(DISTINCT r.address ORDER BY r.address), s.entity_id, s.address, s.since
FROM settled AS s JOIN registered AS r ON r.person = s.person AND r.entity_id <> s.entity_id
WHERE (s.person, s.entity_id) NOT IN (SELECT person, entity_id FROM registered)
    AND s.precision IN ('room', 'building') AND r.precision IN ('room', 'building')
    AND (r.building_key IS DISTINCT FROM s.building_key OR (r.precision = 'room' AND s.precision = 'room'))
GROUP BY ALL
"""

NOT_IN_REGISTER = f"""
WITH {EVIDENCE},
known AS (SELECT DISTINCT building_key FROM resolved.house WHERE in_register AND building_key IS NOT NULL)
SELECT h.entity_id, h.address, coalesce(h.building_key IN (FROM known), false), count(DISTINCT e.origin)
FROM resolved.house AS h JOIN in_force AS e ON e.house = h.entity_id
WHERE NOT h.in_register AND (h.precision = 'room' OR (h.precision = 'building'
    AND coalesce(h.building_key NOT IN (FROM known), true)))
GROUP BY ALL HAVING count(DISTINCT e.origin) >= 2
"""

NON_RESIDENTIAL = f"""
WITH {EVIDENCE}
SELECT h.entity_id, h.address, h.use, count(DISTINCT lives.person), count(DISTINCT e.origin)
FROM resolved.house AS h JOIN lives ON lives.house = h.entity_id
JOIN in_force AS e ON e.house = h.entity_id AND e.person = lives.person AND e.kind <> 'utility_use'
WHERE h.use IN ('commercial', 'industrial', 'office', 'garage')
GROUP BY ALL HAVING count(DISTINCT e.origin) >= 2
"""

NEWCOMERS = f"""
WITH {EVIDENCE}
SELECT p.entity_id, lives.house
FROM resolved.person AS p JOIN lives ON lives.person = p.entity_id
WHERE p.hukou_area NOT LIKE '31%' AND p.birth_date IS NOT NULL
    AND p.entity_id IN (SELECT person_id FROM resolved.residence, day
        WHERE valid_from <= d - 30 AND coalesce(valid_to, {OPEN}) > d - 30)
    AND p.entity_id NOT IN (SELECT subject_id FROM fact WHERE kind = 'hukou')
    AND p.entity_id NOT IN (SELECT person FROM in_force WHERE kind = 'residence_registration')
"""

YOUTH = f"""
WITH {EVIDENCE}
SELECT p.entity_id, year(p.birth_date), lives.house
FROM resolved.person AS p JOIN lives ON lives.person = p.entity_id, day
WHERE date_diff('year', p.birth_date, d) - (strftime(d, '%m%d') < strftime(p.birth_date, '%m%d'))::INTEGER
    BETWEEN 16 AND 18
    AND p.entity_id NOT IN (SELECT subject_id FROM fact WHERE kind IN ('enrolment', 'employment'))
"""

OLD_ALONE = f"""
WITH {EVIDENCE}
SELECT p.entity_id, year(p.birth_date), lives.house
FROM resolved.person AS p JOIN lives ON lives.person = p.entity_id JOIN dwelling AS h ON h.entity_id = lives.house, day
WHERE date_diff('year', p.birth_date, d) - (strftime(d, '%m%d') < strftime(p.birth_date, '%m%d'))::INTEGER >= 60
    AND coalesce(h.use, '') <> 'dormitory'
    AND (SELECT count(*) FROM lives AS other WHERE other.house = lives.house) = 1
"""

NO_EMPLOYER = f"""
WITH {EVIDENCE}
SELECT p.entity_id, list(DISTINCT e.kind ORDER BY e.kind)
FROM resolved.person AS p JOIN in_force AS e ON e.person = p.entity_id AND e.kind <> 'hukou', day
WHERE date_diff('year', p.birth_date, d) - (strftime(d, '%m%d') < strftime(p.birth_date, '%m%d'))::INTEGER >= 18
    AND p.entity_id NOT IN (SELECT person FROM lives)
    AND p.entity_id NOT IN (SELECT subject_id FROM fact WHERE kind IN ('enrolment', 'employment'))
GROUP BY ALL
"""

# A twin knows one setting of each question; where it is not the default, it stands here.
SETTINGS: dict[str, dict[str, object]] = {"overcrowded_dwellings": {"least_households": 2}}

TWINS = {
    "dwellings_not_in_register": NOT_IN_REGISTER,
    "non_residential_lived_in": NON_RESIDENTIAL,
    "unregistered_newcomers": NEWCOMERS,
    "youth_out_of_school_and_work": YOUTH,
    "old_people_alone": OLD_ALONE,
    "no_employer_no_dwelling": NO_EMPLOYER,
    "unregistered_dwellings": UNREGISTERED,
    "overcrowded_dwellings": OVERCROWDED,
    "separated_residents": SEPARATED,
}
