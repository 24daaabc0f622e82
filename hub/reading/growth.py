"""How an entity came together, in words, through the door."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa

from hub.errors import UsageError
from hub.graph.port import EntityRef
from hub.reading.reader import Reader, nothing_there
from hub.reading.standing import lead
from hub.reading.surroundings import NAMES, entity_of
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from resolution.columns import snapshot_sources
from resolution.growth import Growth, Link, explain_growth
from schemas.items import ENTITY, RECORDS
from schemas.readers.linkage import LinkageModel
from schemas.readers.purposes import Verb
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

COLUMNS = {
    "step": pa.int64(),
    "record": pa.string(),
    "with": pa.string(),
    "entity": pa.string(),
    "link": pa.string(),
    "probability": pa.float64(),
    "weight": pa.float64(),
    "in words": pa.string(),
    "说明": pa.string(),
    "records": pa.int64(),
}
OWN = ("entity", "probability", "weight")
Words = tuple[str, str]
LINKS: Mapping[str, Words] = {
    "collapse": ("agree outright", "完全一致"),
    "decision": ("a steward's decision", "人工认定"),
    "model": ("accepted by the model", "模型认定"),
    "review": ("doubted: a steward decides", "待人工复核"),
    "cut": ("cut in cluster repair", "簇修复时拆开"),
    "forbidden": ("ruled out", "认定不是同一"),
}
REPAIRS: Mapping[str, Words] = {
    "bridge": ("a weak link alone joined two groups", "仅由一条弱关联连接两组记录"),
    "size_alarm": ("a weak link in too large a group", "过大簇中的弱关联"),
    "one_record_per_feed": ("one feed keeps them under two keys", "同一来源中为两个不同主键"),
    "forbidden": ("a steward told records of the two apart", "人工已认定其中记录不是同一"),
}


def explain_entity(reader: Reader, entity: str) -> Disclosure:
    """The links of a person, house or unit in the order in which they joined its records, then what was kept out."""
    model = reader.declarations.linkage[register_of(entity_of(entity))]

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            led = lead(tables, snapshot, entity)
            found = explain_growth(tables, model.id, led.entity or entity, sources=snapshot_sources(model))
            names = _record_names(tables, model.id, found)
        remarks = (f"{len(found.records)} records; {found.confirming} further links only confirm these.",)
        records, own = frozenset({f"{model.id}.{RECORDS}"}), frozenset({f"{model.id}.{ENTITY}"})
        return Answer(
            _table(model, found, names),
            f"How {led.entity or entity} came together 归并过程",
            remarks=remarks,
            remarks_show=records,
            shows={name: own if name in OWN else records for name in COLUMNS},
            ids=("entity",),
            redirects=led.told,
        )

    reading = Reading(
        Verb.EXPLAIN,
        "entity",
        {"entity": entity},
        registers=frozenset({model.id}),
        about=(entity,),
        absent=partial(nothing_there, model.id),
    )
    return reader.read(reading, run)


def register_of(entity: EntityRef) -> str:
    """The register that an entity is of; raises UsageError for a place of the division, which nothing links."""
    if entity.label not in NAMES:
        raise UsageError(
            f"{entity.id} is a {entity.label.lower()} of the official division: no records are linked to it"
        )
    return NAMES[entity.label][0]


def _record_names(tables: Warehouse, register: str, found: Growth) -> Mapping[int, str]:
    ends = {end for link in _links(found) for end in (link.record_l, link.record_r)} | set(found.records)
    listed = ", ".join(str(record) for record in sorted(ends))
    rows = tables.rows(
        f"SELECT record_id, feed || ':' || record_key FROM {register}_record WHERE record_id IN ({listed})"
    )
    return dict(rows)


def _links(found: Growth) -> Iterator[Link]:
    yield from (joining.link for joining in found.joinings)
    yield from found.kept_out


def _table(model: LinkageModel, found: Growth, names: Mapping[int, str]) -> pa.Table:
    words = reason_words(model)
    rows: list[Sequence[object]] = [
        (place, *_told(joining.link, joining.link.origin, names, words), joining.records)
        for place, joining in enumerate(found.joinings, start=1)
    ]
    rows += [(None, *_told(link, link.status, names, words), None) for link in found.kept_out]
    return answer_rows(COLUMNS, rows)


def _told(link: Link, kind: str, names: Mapping[int, str], words: Mapping[str, Words]) -> Sequence[object]:
    english, chinese = LINKS[kind]
    why = words.get(link.reason or "", (link.reason, link.reason))
    if link.reason:
        english, chinese = f"{english}: {why[0]}", f"{chinese}：{why[1]}"
    ends = (names.get(end, str(end)) for end in (link.record_l, link.record_r))
    return (*ends, link.other_entity, kind, link.match_probability, link.match_weight, english, chinese)


def reason_words(model: LinkageModel) -> Mapping[str, Words]:
    """What the reasons that links carry mean, in English and Chinese; a steward's own words are no such reason."""
    rules = {rule.id: (rule.why, rule.id) for rule in model.collapse}
    statements = {each.id: (each.en, each.zh) for each in (*model.stewards, *model.repair.conflicts)}
    return {**rules, **REPAIRS, **statements}
