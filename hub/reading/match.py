"""Who a record may be: one look-up in the match index of the snapshot, through the door."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from hub.errors import TooLittleError
from hub.reading.compared import given_items
from hub.reading.guesses import GuessLimit
from hub.reading.reader import Reader
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from resolution.realtime.matching import Candidate, Grade, Match
from schemas.items import ENTITY
from schemas.readers.purposes import Verb
from stores.snapshots import Snapshot

COLUMNS = {
    "entity_id": pa.string(),
    "grade": pa.string(),
    "probability": pa.float64(),
    "weight": pa.float64(),
    "in words": pa.string(),
    "说明": pa.string(),
}
IN_WORDS = ("in words", "说明")
WITHHELD = (
    "Not answered: too many queries like it found nobody within a day; a steward can settle who it is. "
    "同类查询未命中过多，暂不答复，可由数据专员核定。"
)
SAID = 4
"""Comparisons that are told of a candidate: those that weigh most."""


def match(reader: Reader, register: str, given: Mapping[str, str]) -> Disclosure:
    """The entities that a record with these raw values by field may be, the likeliest first.

    Values of other people are not in the answer. The audit log holds which fields were given, never what they say.
    Where the purpose wants certainty, it is the one entity that it is for certain or none; and where too many queries
    like it found nobody, it is withheld whether there is one or not.
    """
    _check(reader, register, [given])

    def run(snapshot: Snapshot) -> Answer:
        with reader.matcher(snapshot) as matcher, reader.guesses() as guesses:
            found = matcher.match(register, given)
            told = _told(reader, register, found, guesses)
        answer = _answer(reader, register, given.keys(), [told])
        return replace(
            answer,
            table=answer.table.drop_columns(["query"]),
            notes=_unread(found) + ((WITHHELD,) if told is None else ()),
            remarks=_crowd(found),
        )

    logged = {"fields": ",".join(sorted(given))}
    return reader.read(Reading(Verb.MATCH, register, logged, registers=frozenset({register})), run)


def match_many(reader: Reader, register: str, queries: Sequence[Mapping[str, str]]) -> Disclosure:
    """The same for many records; the column `query` has the place of each, from 0, and so has `withheld`."""
    _check(reader, register, queries)
    fields = {name for given in queries for name in given}

    def run(snapshot: Snapshot) -> Answer:
        with reader.matcher(snapshot) as matcher, reader.guesses() as guesses:
            told = [_told(reader, register, matcher.match(register, given), guesses) for given in queries]
        return _answer(reader, register, fields, told)

    logged = {"fields": ",".join(sorted(fields)), "queries": str(len(queries))}
    return reader.read(Reading(Verb.MATCH, register, logged, registers=frozenset({register})), run)


def _check(reader: Reader, register: str, queries: Sequence[Mapping[str, str]]) -> None:
    if _has_candidates(reader):
        return
    for given in queries:
        if not reader.declarations.matching.suffices(register, [name for name, text in given.items() if text.strip()]):
            sets = reader.declarations.matching.least.get(register, ())
            named = " or ".join(" and ".join(sorted(each)) for each in sets) or "nothing"
            raise TooLittleError(f"that is too little to tell one {register} from all others: give {named}")


def _has_candidates(reader: Reader) -> bool:
    """Whether the purpose may see whoever it could be; a purpose that is none is refused at the door."""
    purpose = reader.declarations.purposes.get(reader.purpose)
    return purpose is None or purpose.reach is None or purpose.reach.candidates


def _told(reader: Reader, register: str, found: Match, guesses: GuessLimit) -> Sequence[Candidate] | None:
    """All candidates where the purpose may see them, else the one that is certain where it is the only one.

    None where it is withheld.
    """
    if _has_candidates(reader):
        return found.candidates
    certain = [each for each in found.candidates if each.grade is Grade.CERTAIN]
    only = certain if len(certain) == 1 else []
    asker = reader.caller.department or reader.caller.name
    return only if guesses.may_tell(asker, register, found.read, is_found=bool(only)) else None


def _answer(reader: Reader, register: str, fields: Iterable[str], told: Sequence[Sequence[Candidate] | None]) -> Answer:
    own = frozenset({f"{register}.{ENTITY}"})
    compared = given_items(reader.declarations.linkage[register], fields, reader.declarations)
    table = _table(told)
    return Answer(
        table,
        register,
        remarks_show=own,
        shows={name: compared | own if name in IN_WORDS else own for name in table.column_names if name != "entity_id"},
        ids=("entity_id",),
        withheld=tuple(place for place, each in enumerate(told) if each is None),
    )


def _crowd(found: Match) -> tuple[str, ...]:
    left_out = found.brought - found.compared
    crowd = f"; {left_out:,} that share less with it were left out" if left_out > 0 else ""
    return (f"Compared with {found.compared:,} records that share a key with it{crowd}.",)


def _unread(found: Match) -> tuple[str, ...]:
    """What is told of the asker's own values, whoever is found."""
    return (f"Could not be read and was left aside 无法识别: {', '.join(found.unread)}.",) if found.unread else ()


def _table(told: Sequence[Sequence[Candidate] | None]) -> pa.Table:
    rows = [
        (query, each.entity_id, each.grade.value, each.probability, each.weight, *_words(each))
        for query, candidates in enumerate(told)
        for each in candidates or ()
    ]
    return answer_rows({"query": pa.int64(), **COLUMNS}, rows)


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
