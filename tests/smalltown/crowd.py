"""A larger town made by arithmetic, for comparing the graph's answers with SQL: many people, deliberate collisions."""

from resolution.identity import MEMBER_TABLES
from stores.warehouse import Warehouse, open_warehouse

DEPARTMENTS = {
    "hukou": "public_security",
    "residence_registration": "population_office",
    "separated_residence": "population_office",
    "lease": "housing",
    "school_home": "education",
    "guardian_home": "education",
    "utility_use": "utilities",
    "civil_affairs": "civil_affairs",
    "field_visit": "town_teams",
}


def crowd_warehouse(persons: int) -> Warehouse:
    """Resolved tables of so many persons, half as many houses and twice as many facts, the same on every call."""
    warehouse = open_warehouse(None)
    for statement in _statements(persons, max(persons // 2, 10)):
        warehouse.execute(statement)
    return warehouse


def _pick(modulus: object, salt: str, of: str = "n") -> str:
    return f"(md5_number_lower('{salt}' || {of}) % {modulus})::INTEGER"


def _numbers(count: int) -> str:
    return f"(SELECT n::INTEGER AS n FROM range({count}) AS r(n)) AS numbers"


def _statements(persons: int, houses: int) -> list[str]:
    kinds = ", ".join(f"('{kind}', '{department}')" for kind, department in DEPARTMENTS.items())
    return [
        f"""CREATE TABLE resolved.person AS SELECT 'P' || n AS entity_id, 'name ' || n AS name,
            DATE '1940-01-01' + {_pick(30000, "born")} AS birth_date,
            CASE {_pick(3, "origin")} WHEN 0 THEN '340100' WHEN 1 THEN '310114' END AS hukou_area,
            1 + ({_pick(6, "records")} > 0)::INTEGER AS n_records, 0.9 AS confidence FROM {_numbers(persons)}""",
        f"""CREATE TABLE resolved.house AS SELECT 'H' || n AS entity_id, 'road ' || n // 4 || ' room ' || n AS address,
            CASE WHEN n % 37 > 0 THEN 'road ' || n // 4 END AS building_key,
            CASE {_pick(8, "exact")} WHEN 0 THEN 'building' WHEN 1 THEN 'lane' ELSE 'room' END AS precision,
            CASE {_pick(9, "use")} WHEN 0 THEN 'commercial' WHEN 1 THEN 'dormitory' WHEN 2 THEN NULL
                ELSE 'residential' END AS use,
            CASE WHEN n % 11 > 0 THEN 6.5 + {_pick(30, "area")} END AS area_m2, 1 + {_pick(3, "rooms")} AS rooms,
            {_pick(6, "known")} > 0 AS in_register, '310114100001' AS community_code,
            1 AS n_records, 0.9 AS confidence FROM {_numbers(houses)}""",
        """CREATE TABLE resolved.unit AS SELECT 'U1' AS entity_id, 'unit' AS name, NULL AS industry,
            'active' AS status, NULL AS kind, true AS in_register, 1 AS n_records, 0.9 AS confidence""",
        f"""CREATE TABLE resolved.residence AS SELECT 'P' || n AS person_id,
            'H' || {_pick(houses, "home")} // 2 AS house_id,
            DATE '2024-06-30' + {_pick(800, "moved")} AS valid_from,
            CASE WHEN n % 7 = 0 THEN DATE '2026-06-30' + n % 3 END AS valid_to, 0.5 AS confidence
            FROM {_numbers(persons)} WHERE n % 5 > 0""",
        f"""UPDATE resolved.residence SET house_id = 'H' || ({_pick(houses, "home", "(n - n % 3)")} // 2) FROM
            (SELECT n FROM {_numbers(persons)}) AS r
            WHERE person_id = 'P' || n AND {_pick(3, "together", "(n - n % 3)")} > 0""",
        f"""CREATE TABLE resolved.relation AS
            WITH kind(kind, department) AS (VALUES {kinds}),
            fact AS (SELECT n, {_pick(houses, "where")} AS h, {_pick(persons, "who")} AS p,
                {_pick(9, "kind")} AS k FROM {_numbers(persons * 2)})
            SELECT n::BIGINT AS relation_id, kind.kind, 'person' AS subject_register, 'P' || p AS subject_id,
                'house' AS object_register,
                CASE WHEN n % 3 > 0 THEN coalesce(home.house_id, 'H' || h) ELSE 'H' || h END AS object_id,
                kind.kind AS feed, department,
                DATE '2024-01-01' + {_pick(1000, "from")} AS valid_from,
                CASE WHEN n % 6 = 0 THEN DATE '2026-06-30' + n % 5 - 2 END AS valid_to,
                DATE '2024-01-01' + {_pick(1000, "from")} AS observed_on, NULL AS value, 1 AS n_records,
                0.9 AS confidence
            FROM fact JOIN (SELECT *, row_number() OVER (ORDER BY kind) - 1 AS k FROM kind) AS kind USING (k)
            LEFT JOIN resolved.residence AS home ON home.person_id = 'P' || p
            UNION ALL SELECT -n::BIGINT, CASE WHEN n % 4 = 0 THEN 'guardian' ELSE 'kin' END, 'person', 'P' || n,
                'person', 'P' || (n - n % 3), 'household_register', 'public_security', DATE '2020-01-01',
                CASE WHEN n % 13 = 0 THEN DATE '2026-06-30' END, NULL,
                CASE {_pick(8, "kin")} WHEN 0 THEN 'other' ELSE 'child' END, 1, 0.9
            FROM {_numbers(persons)} WHERE n % 3 > 0""",
        """CREATE TABLE resolved.link (register VARCHAR, record_l BIGINT, record_r BIGINT, match_probability DOUBLE,
            status VARCHAR)""",
        MEMBER_TABLES,
    ]
