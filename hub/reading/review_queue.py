"""The stewards' queue: pairs in doubt, those first whose review is worth most, without what the asker has judged."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.reader import Reader
from hub.reading.surroundings import NAMES
from hub.sharing.request import Answer, Disclosure, Reading
from schemas.declarations import Declarations
from schemas.items import ENTITY, RECORDS
from schemas.readers.purposes import Verb
from stores.operational import Operational, read_operational
from stores.operational.decisions import DecisionKind
from stores.operational.reviews import Outcome
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

SCORE, STEWARD = "score", "steward"
JUDGED, OPEN, DISAGREED = "judged", "open", "two stewards disagree 待裁决"
REGISTERS = dict(NAMES.values())
HIDDEN = pa.schema(
    [
        ("register", pa.string()),
        ("record_l", pa.int64()),
        ("record_r", pa.int64()),
        ("hides_entities", pa.bool_()),
        ("standing", pa.string()),
    ]
)


@dataclass(frozen=True)
class QueueFilter:
    """Which part of the queue: a register, a reason (`score` or the id of a stewards' rule), a town by name."""

    register: str | None = None
    reason: str | None = None
    town: str | None = None
    limit: int = 100


def queue(reader: Reader, wanted: QueueFilter) -> Disclosure:
    """The doubtful pairs, one a row for each two entities, the most valuable first.

    The value is the expected number of records that a review puts right: the chance that the two are one, though they
    are held apart, times the records of the smaller entity. A pair that a rule puts before stewards has the chance 0.5,
    for there the score is what is doubted.
    """
    if wanted.register is not None and wanted.register not in REGISTERS:
        raise UsageError(f"there is no register {wanted.register!r}: it is one of {', '.join(REGISTERS)}")
    towns = _town_code(reader.declarations, wanted.town)
    reasons = reason_words(reader.declarations)
    logged = {"register": wanted.register, "reason": wanted.reason, "town": wanted.town, "limit": str(wanted.limit)}

    def run(snapshot: Snapshot) -> Answer:
        with read_operational(reader.home) as operational:
            judged = _judged(operational, reader.caller.name)
        with reader.entities(snapshot) as tables:
            rows = _rows(tables, wanted, judged, towns)
        words = [
            reasons.get((row, why), why)
            for row, why in zip(rows["register"].to_pylist(), rows["reason"].to_pylist(), strict=True)
        ]
        table = rows.append_column("doubt 存疑", pa.array(words, pa.string()))
        return Answer(table, "For review 待复核", (VALUE,), shows=_shows(table), ids=("left_id", "right_id"))

    reading = Reading(
        Verb.REVIEW,
        "queue",
        {name: value for name, value in logged.items() if value},
        registers=frozenset([wanted.register] if wanted.register else REGISTERS),
    )
    return reader.read(reading, run)


def _shows(table: pa.Table) -> Mapping[str, frozenset[str]]:
    """What the columns show: a row is of any register, so that each shows what it would of all of them."""
    own = frozenset(f"{register}.{ENTITY}" for register in REGISTERS)
    records = frozenset(f"{register}.{RECORDS}" for register in REGISTERS)
    names = frozenset(f"{register}.{field}" for register, field in REGISTERS.items())
    others = {"left": records, "right": records, "left_name": names, "right_name": names}
    return {name: others.get(name, own) for name in table.column_names if name not in ("left_id", "right_id")}


VALUE = (
    "value: chance that the two are one (0.5 where a rule doubts them) × records of the smaller entity, "
    "the records that a review is expected to put right 复核价值"
)


def reason_words(declarations: Declarations) -> Mapping[tuple[str, str], str]:
    """What each reason for review means, by register and reason."""
    words = {(register, SCORE): "the score alone 分数存疑" for register in REGISTERS}
    words |= {(register, STEWARD): "put before stewards by one of them 复核员提出" for register in REGISTERS}
    for model in declarations.linkage.values():
        words |= {(model.id, each.id): f"{each.en} {each.zh}" for each in model.stewards}
    return words


def _town_code(declarations: Declarations, town: str | None) -> str | None:
    if town is None:
        return None
    codes = [each.code for each in declarations.gazetteer.towns if town in (each.name, each.code)]
    if not codes:
        names = ", ".join(each.name for each in declarations.gazetteer.towns)
        raise UsageError(f"there is no town {town!r}: it is one of {names}")
    return codes[0]


def _judged(operational: Operational, who: str) -> pa.Table:
    """Pairs that are not asked again of this steward, and those that await a second, blind, or a third."""
    rows = []
    for register in REGISTERS:
        for each in operational.decisions(register).to_pylist():
            is_one = each["kind"] == DecisionKind.MUST_LINK
            rows.append((register, each["record_l"], each["record_r"], is_one, JUDGED))
    for review in operational.reviews.unsettled():
        pair = (review.register, review.record_l, review.record_r)
        if who in review.judges:
            is_one = any(each.who == who and each.kind is DecisionKind.MUST_LINK for each in review.judgements)
            rows.append((*pair, is_one, JUDGED))
        else:
            rows.append((*pair, False, OPEN if review.outcome is Outcome.OPEN else DISAGREED))
    columns = list(zip(*rows, strict=True)) or [()] * len(HIDDEN)
    return pa.table([list(column) for column in columns], schema=HIDDEN)


def _rows(tables: Warehouse, wanted: QueueFilter, judged: pa.Table, town: str | None) -> pa.Table:
    tables.register_arrow("judged", judged)
    try:
        parameters = {"register": wanted.register, "reason": wanted.reason, "limit": wanted.limit, "town": town}
        return tables.arrow(
            queue_sql(has_town=town is not None),
            {name: value for name, value in parameters.items() if name != "town" or town is not None},
        )
    finally:
        tables.unregister("judged")


def queue_sql(*, has_town: bool) -> str:
    """The queue out of a snapshot and `judged`; its parameters are register, reason, limit, and town if it counts."""
    return f"""
        WITH {doubt_sql()}, {own_sql()}, {pair_sql(has_town=has_town)}, chosen AS MATERIALIZED (
            SELECT *, count(*) OVER entities AS links FROM pair
            WINDOW entities AS (PARTITION BY least(entity_l, entity_r), greatest(entity_l, entity_r))
            QUALIFY row_number() OVER (entities ORDER BY standing IS NULL, chance DESC, record_l, record_r) = 1
            ORDER BY value DESC, register, record_l, record_r LIMIT $limit
        ), named AS ({named_sql()})
        SELECT chosen.register, l.record AS "left", r.record AS "right", l.name AS left_name, r.name AS right_name,
               why AS reason, match_probability AS probability, value, entity_l AS left_id, entity_r AS right_id,
               records_l AS left_records, records_r AS right_records, links, standing
        FROM chosen
        JOIN named l ON l.register = chosen.register AND l.record_id = chosen.record_l
        JOIN named r ON r.register = chosen.register AND r.record_id = chosen.record_r
        ORDER BY value DESC, chosen.register, chosen.record_l, chosen.record_r
    """


def doubt_sql() -> str:
    """Common tables: `doubt`, the pairs that the model or a steward doubts, each with the chance that they are one."""
    return f"""listed AS (
            SELECT register, record_l, record_r, match_probability, coalesce(reason, '{SCORE}') AS why,
                   CASE WHEN reason IS NULL THEN match_probability ELSE 0.5 END AS chance
            FROM link WHERE status = 'review'
        ), doubt AS MATERIALIZED (
            SELECT * FROM (
                FROM listed UNION ALL
                SELECT register, record_l, record_r, NULL, '{STEWARD}', 0.5
                FROM judged ANTI JOIN listed USING (register, record_l, record_r) WHERE standing <> '{JUDGED}')
            WHERE register = coalesce($register, register) AND why = coalesce($reason, why)
        )"""


def own_sql() -> str:
    """Common tables: `own`, the entities of the records that count, `size`, the records that these have."""
    sizes = " UNION ALL ".join(f"SELECT entity_id, n_records FROM {register}" for register in REGISTERS)
    return f"""asked AS MATERIALIZED (
            SELECT register, record_id FROM (
                SELECT register, unnest([record_l, record_r]) AS record_id FROM doubt
                UNION SELECT register, unnest([record_l, record_r]) FROM judged)
        ), own AS MATERIALIZED (
            SELECT register, record_id, entity_id FROM member SEMI JOIN asked USING (register, record_id)
        ), size AS MATERIALIZED (FROM ({sizes}) SEMI JOIN own USING (entity_id))"""


def pair_sql(*, has_town: bool) -> str:
    """Common tables: `pair`, the doubtful pairs with their entities and value, without what is not asked again."""
    return f"""settled AS (
            SELECT least(l.entity_id, r.entity_id) AS one, greatest(l.entity_id, r.entity_id) AS other
            FROM judged
            JOIN own l ON l.register = judged.register AND l.record_id = judged.record_l
            JOIN own r ON r.register = judged.register AND r.record_id = judged.record_r
            WHERE judged.hides_entities
        ), pair AS (
            SELECT doubt.*, l.entity_id AS entity_l, r.entity_id AS entity_r,
                   nullif(judged.standing, '{OPEN}') AS standing,
                   chance * least(size_l.n_records, size_r.n_records) AS value,
                   size_l.n_records AS records_l, size_r.n_records AS records_r
            FROM doubt
            JOIN own l ON l.register = doubt.register AND l.record_id = doubt.record_l
            JOIN own r ON r.register = doubt.register AND r.record_id = doubt.record_r
            JOIN size size_l ON size_l.entity_id = l.entity_id
            JOIN size size_r ON size_r.entity_id = r.entity_id
            LEFT JOIN judged ON judged.register = doubt.register
              AND judged.record_l = doubt.record_l AND judged.record_r = doubt.record_r
            WHERE judged.standing IS DISTINCT FROM '{JUDGED}'
              AND (least(l.entity_id, r.entity_id), greatest(l.entity_id, r.entity_id)) NOT IN (FROM settled)
              {town_sql() if has_town else ""}
        )"""


def named_sql() -> str:
    """Rows register, record_id, record (feed:record_key), name: of the chosen records."""
    return " UNION ALL ".join(
        f"""SELECT '{register}' AS register, record_id, feed || ':' || record_key AS record, {field} AS name
            FROM {register}_record WHERE record_id IN (SELECT unnest([record_l, record_r]) FROM chosen)"""
        for register, field in REGISTERS.items()
    )


def town_sql() -> str:
    """The condition that one of a pair's entities is a house of the town, or that something ties it to one."""
    houses = "SELECT entity_id FROM house WHERE left(community_code, 9) = $town"
    tied = f"SELECT subject_id FROM relation WHERE object_id IN ({houses})"
    return f"AND (l.entity_id IN ({houses} UNION {tied}) OR r.entity_id IN ({houses} UNION {tied}))"
