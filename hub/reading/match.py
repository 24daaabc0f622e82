"""Who a record may be: one look-up in the match index of the snapshot, through the door."""

from collections.abc import Mapping
from contextlib import closing

import pyarrow as pa

from hub.reading.compared import given_items
from hub.reading.reader import Reader
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from resolution.realtime.matching import Candidate, Match, Matcher
from schemas.items import ENTITY
from schemas.readers.purposes import Verb
from stores.match_file import MatchFile
from stores.snapshots import MATCH, Snapshot

COLUMNS = {
    "entity_id": pa.string(),
    "grade": pa.string(),
    "probability": pa.float64(),
    "weight": pa.float64(),
    "in words": pa.string(),
    "说明": pa.string(),
}
IN_WORDS = ("in words", "说明")
SAID = 4
"""Comparisons that are told of a candidate: those that weigh most."""


def match(reader: Reader, register: str, given: Mapping[str, str]) -> Disclosure:
    """The entities that a record with these raw values by field may be, the likeliest first.

    Values of other people are not in the answer. The audit log holds which fields were given, never what they say.
    """

    def run(snapshot: Snapshot) -> Answer:
        with closing(MatchFile(snapshot.file(MATCH))) as file:
            found = Matcher(file, reader.declarations).match(register, given)
        own = frozenset({f"{register}.{ENTITY}"})
        told = given_items(reader.declarations.linkage[register], given, reader.declarations)
        return Answer(
            _table(found),
            register,
            _unread(found),
            _crowd(found),
            own,
            shows={name: told | own if name in IN_WORDS else own for name in COLUMNS if name != "entity_id"},
            ids=("entity_id",),
        )

    logged = {"fields": ",".join(sorted(given))}
    return reader.read(Reading(Verb.MATCH, register, logged, registers=frozenset({register})), run)


def _crowd(found: Match) -> tuple[str, ...]:
    left_out = found.brought - found.compared
    crowd = f"; {left_out:,} that share less with it were left out" if left_out > 0 else ""
    return (f"Compared with {found.compared:,} records that share a key with it{crowd}.",)


def _unread(found: Match) -> tuple[str, ...]:
    """What is told of the asker's own values, whoever is found."""
    return (f"Could not be read and was left aside 无法识别: {', '.join(found.unread)}.",) if found.unread else ()


def _table(found: Match) -> pa.Table:
    rows = [
        (each.entity_id, each.grade.value, each.probability, each.weight, *_words(each)) for each in found.candidates
    ]
    return answer_rows(COLUMNS, rows)


def _words(candidate: Candidate) -> tuple[str, str]:
    telling = sorted(candidate.steps, key=lambda step: -abs(step.weight))[:SAID]
    english = [f"{step.en} ({step.weight:+.1f})" for step in telling]
    chinese = [f"{step.zh}（{step.weight:+.1f}）" for step in telling]
    if candidate.lookup is not None:
        english.insert(0, f"found by {candidate.lookup.id}")
        chinese.insert(0, f"由 {candidate.lookup.id} 查得")
    if candidate.doubt is not None:
        english.insert(0, f"doubted: {candidate.doubt.en}")
        chinese.insert(0, f"存疑：{candidate.doubt.zh}")
    return "; ".join(english), "；".join(chinese)
