"""Texts that would do something where they are taken for more than text."""

CYPHER = (
    "') DETACH DELETE n //",
    "' OR 1=1 WITH 1 AS x MATCH (n) DETACH DELETE n //",
    '"}) MATCH (p:Person) RETURN p.name //',
    "`; CALL db.labels() YIELD label //",
    "' UNION MATCH (p:Person) RETURN p.id_number AS id //",
    "$limit} CREATE (:Person {id: 'P0'})",
    "\\u0027 OR true //",
    "'] | REMOVE n.id //",
)
SQL = (
    "'; DROP TABLE person; --",
    "' OR '1'='1",
    '"; DELETE FROM member; --',
    "' UNION SELECT id_number FROM person --",
    "1; ATTACH '/tmp/out.db' AS out; --",
    "'); COPY person TO '/tmp/person.csv'; --",
    "$$; PRAGMA database_list; $$",
    "%' OR name LIKE '%",
    "x' AND 1=CAST((SELECT name FROM person LIMIT 1) AS INTEGER) --",
)
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.invalid","x")',
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
)
HTML = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "</title><b>x</b>",
    "{{7*7}}",
    "${7*7}",
    "&lt;script&gt;",
)
ALL = (*CYPHER, *SQL, *FORMULAS, *HTML)
