"""Why two records are one or not, in words and match weights, through the door."""

from collections.abc import Iterator

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.compared import compared_items
from hub.reading.reader import Reader
from hub.reading.records import entities_of_records, no_record, register_of_record, split_record
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from resolution.explain import Explanation, explain_pair
from resolution.weights import Weights, check_model, parse_weights
from schemas.items import ENTITY, RECORDS
from schemas.readers.purposes import Verb
from stores.match_file import read_weights_text
from stores.record_ids import record_id
from stores.snapshots import MATCH, Snapshot

OUTCOMES = {
    "collapse": "one, by exact agreement 完全一致",
    "accepted": "one, by the model 模型认定为同一",
    "review": "unsure: a steward decides 待人工复核",
    "cut": "linked, then cut apart in cluster repair 簇修复时拆开",
    "forbidden": "never one: ruled out 规则禁止",
    "unlinked": "never likely to be one 未关联",
}
PAIR_SHOWS = {
    "left": frozenset({f"person.{RECORDS}"}),
    "left_name": frozenset({"person.name"}),
    "right": frozenset({f"person.{RECORDS}"}),
    "right_name": frozenset({"person.name"}),
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
    registers = [register_of_record(reader.declarations, name) for name in (left, right)]
    known = {register for register in registers if register is not None}
    if len(known) > 1:
        raise UsageError(f"{left} and {right} are of different registers: they are never one")

    def run(snapshot: Snapshot) -> Answer:
        model = reader.declarations.linkage[known.pop()]
        with reader.entities(snapshot) as tables:
            weights = weights_of(snapshot, model.id)
            check_model(model, weights)
            found = explain_pair(tables, (one, other), model=model, weights=weights)
            entities = entities_of_records(tables, model.id, (one, other))
        compared = compared_items(model, reader.declarations)
        return Answer(
            _table(found),
            f"{left} and {right}",
            remarks=tuple(_verdict(found)),
            remarks_show=frozenset({f"{model.id}.{ENTITY}"}),
            shows={name: frozenset() if name == "comparison" else compared for name in COLUMNS},
            entities=frozenset(entities.values()),
        )

    reading = Reading(
        Verb.EXPLAIN,
        "records",
        {"left": str(one), "right": str(other)},
        registers=frozenset(known),
        about=(left, right),
        absent=no_record,
    )
    return reader.read(reading, run)


def weights_of(snapshot: Snapshot, register: str) -> Weights:
    """The weights that the snapshot's records were linked with, whatever is declared now."""
    text = read_weights_text(snapshot.file(MATCH), register)
    if text is None:
        raise UsageError(f"snapshot {snapshot.id} holds no weights of {register}: run `hub run` again")
    return parse_weights(text, f"snapshot {snapshot.id}")


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
            return Answer(tables.arrow(telling_pair_sql()), shows=PAIR_SHOWS)

    return reader.read(Reading(Verb.EXPLAIN, "telling_pair", registers=frozenset({"person"})), run)


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
