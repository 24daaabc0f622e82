"""Why two records are one or not, in words and match weights, through the door."""

import hashlib
from collections.abc import Iterator

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.reader import Reader
from hub.sharing.request import Answer, Disclosure, answer_rows
from resolution.errors import UnknownRecordError
from resolution.explain import Explanation, explain_pair
from resolution.weights import Weights, check_model, parse_weights
from stores.match_file import read_weights_text
from stores.snapshots import MATCH, Snapshot
from stores.warehouse import Warehouse

REGISTERS = ("person", "house", "unit")
OUTCOMES = {
    "collapse": "one, by exact agreement 完全一致",
    "accepted": "one, by the model 模型认定为同一",
    "review": "unsure: a steward decides 待人工复核",
    "cut": "linked, then cut apart in cluster repair 簇修复时拆开",
    "forbidden": "never one: ruled out 规则禁止",
    "unlinked": "never likely to be one 未关联",
}
COLUMNS = {
    "comparison": pa.string(),
    "left": pa.string(),
    "right": pa.string(),
    "in words": pa.string(),
    "说明": pa.string(),
    "weight": pa.float64(),
}


def explain(reader: Reader, left: str, right: str) -> Disclosure:
    """The waterfall of match weights of two records, each named `feed:record_key`.

    The audit log holds their record ids, never their keys.
    """
    one, other = (record_id(*split_record(name)) for name in (left, right))

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            register = _register_of(tables, left, one)
            if register != _register_of(tables, right, other):
                raise UsageError(f"{left} and {right} are of different registers: they are never one")
            model = reader.declarations.linkage[register]
            weights = weights_of(snapshot, register)
            check_model(model, weights)
            found = explain_pair(tables, (one, other), model=model, weights=weights)
            entities = _entities_of(tables, register, one, other)
        return Answer(_table(found), f"{left} and {right}", tuple(_verdict(found)), entities)

    return reader.read("explain", "records", {"left": str(one), "right": str(other)}, run)


def weights_of(snapshot: Snapshot, register: str) -> Weights:
    """The weights that the snapshot's records were linked with, whatever is declared now."""
    text = read_weights_text(snapshot.file(MATCH), register)
    if text is None:
        raise UsageError(f"snapshot {snapshot.id} holds no weights of {register}: run `hub run` again")
    return parse_weights(text, f"snapshot {snapshot.id}")


def split_record(name: str) -> tuple[str, str]:
    """Feed and record key of `feed:record_key`; raises UsageError where it is not so."""
    feed, colon, key = name.partition(":")
    if not (feed and colon and key):
        raise UsageError(f"{name!r} does not name a record: write feed:record_key, as in household_register:P000017")
    return feed, key


def record_id(feed: str, key: str) -> int:
    """The id that ingestion gives the record: 63 bits of the MD5 of feed and key, U+001F between them."""
    return int.from_bytes(hashlib.md5(f"{feed}\x1f{key}".encode()).digest()[8:], "little") >> 1


def _entities_of(tables: Warehouse, register: str, *records: int) -> frozenset[str]:
    """Whose records they are: no column says so, and the audit log is to know."""
    rows = tables.rows(
        "SELECT entity_id FROM member WHERE register = $register AND list_contains($records, record_id)",
        {"register": register, "records": list(records)},
    )
    return frozenset(entity for (entity,) in rows)


def _register_of(tables: Warehouse, name: str, record: int) -> str:
    for register in REGISTERS:
        if tables.rows(f"SELECT 1 FROM {register}_record WHERE record_id = ?", [record]):
            return register
    raise UnknownRecordError(
        f"the snapshot holds no record {name}; a further role of a row is written <row key>#<role>, "
        "as in residence_registration:R000017#landlord"
    )


def _verdict(found: Explanation) -> Iterator[str]:
    is_one = "the same entity" if found.same_entity else "two entities"
    yield f"Verdict 结论: {OUTCOMES.get(found.outcome, found.outcome)}; today they are {is_one}."
    if found.reason:
        yield f"Reason 依据: {found.reason}"
    yield f"Match weight {found.weight:+.2f}, probability {found.probability:.6f}."
    met = [each.rule for each in found.rules if each.agrees]
    yield f"Brought together by: {', '.join(met) or 'no blocking rule'}."


def _table(found: Explanation) -> pa.Table:
    rows: list[tuple[str | None, ...] | tuple[object, ...]] = [
        ("(before any comparison)", None, None, "how rare a true pair is among all", "先验", found.prior_weight)
    ]
    rows += [(each.comparison, each.left, each.right, each.en, each.zh, each.weight) for each in found.steps]
    rows.append(("(sum)", None, None, f"probability {found.probability:.6f}", "合计", found.weight))
    return answer_rows(COLUMNS, rows)


def telling_pair(reader: Reader) -> Disclosure:
    """One accepted link of persons that no equal number and no equal name gives away: feed and key of both records."""

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            return Answer(tables.arrow(telling_pair_sql()))

    return reader.read("explain", "telling_pair", {}, run)


def telling_pair_sql() -> str:
    """One row at most: `left` and `right`, each feed:record_key, the surest such link."""
    return """
        SELECT l.feed || ':' || l.record_key AS "left", l.name AS left_name,
               r.feed || ':' || r.record_key AS "right", r.name AS right_name
        FROM link
        JOIN person_record l ON l.record_id = link.record_l
        JOIN person_record r ON r.record_id = link.record_r
        WHERE link.register = 'person' AND link.origin = 'model' AND link.status = 'accepted'
          AND l.name <> r.name AND l.id_number IS DISTINCT FROM r.id_number AND l.feed <> r.feed
        ORDER BY link.match_weight DESC, link.record_l, link.record_r LIMIT 1
    """
