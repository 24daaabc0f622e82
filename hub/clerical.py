"""Clerical review: stewards' judgements are checked, pass the door and are kept, each with a person and a reason."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b, sha256
from pathlib import Path

import pyarrow as pa

from hub.errors import NothingThereError, UsageError
from hub.reading.reader import Reader
from hub.reading.records import no_record, register_of_record, split_record
from hub.reading.review import Pair, find_pair
from hub.sharing.request import Answer, Reading
from schemas.readers.purposes import Verb
from stores.home import Home
from stores.lock import held
from stores.operational import Operational, open_operational, read_operational
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.reviews import Outcome, ReviewError, check
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

WORDS = {
    **dict.fromkeys(("same", "must_link", "同一"), DecisionKind.MUST_LINK),
    **dict.fromkeys(("different", "cannot_link", "不同"), DecisionKind.CANNOT_LINK),
}
WORKSHEET = ("left", "right", "decision", "why")


@dataclass(frozen=True)
class Verdict:
    """What a steward says of two records, and where it was said (a line of a worksheet, or nothing)."""

    left: str
    right: str
    decision: str
    why: str
    place: str = ""


@dataclass(frozen=True)
class Kept:
    """A judgement that was kept; `outcome` None stands for one that is in force at once."""

    verdict: Verdict
    outcome: Outcome | None


def read_worksheet(file: Path) -> list[Verdict]:
    """The verdicts of a CSV worksheet in UTF-8 or GB18030; lines without a decision are not decided yet.

    Raises UsageError where it cannot be read or lacks a column.
    """
    text = _decoded(file)
    rows = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in WORKSHEET if name not in (rows.fieldnames or ())]
    if lacking:
        raise UsageError(f"{file} lacks the columns {', '.join(lacking)}: `hub review list --format csv` writes them")
    verdicts = []
    for row in rows:
        cells = {name: (row[name] or "").strip() for name in WORKSHEET}
        if cells["decision"]:
            verdicts.append(Verdict(**cells, place=f"{file}, line {rows.line_num}: "))
    if not verdicts:
        raise UsageError(f"{file} decides nothing: write same or different into the column decision")
    return verdicts


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{file} is neither UTF-8 nor GB18030: save it as CSV in UTF-8")


def check_verdicts(reader: Reader, verdicts: Sequence[Verdict]) -> list[Decision]:
    """The verdicts as decisions of whoever asks, after the door has let them through.

    Raises UsageError with every mistake of all of them; then nothing is kept.
    """
    mistakes, checked = [], []
    for verdict in verdicts:
        try:
            split_record(verdict.left)
            split_record(verdict.right)
            checked.append(verdict)
        except UsageError as mistake:
            mistakes.append(f"{verdict.place}{mistake}")
    missing, found = _checked(reader, checked, mistakes)
    if missing:
        mistakes += [f"{each.place}{no_record(names)}" for each in checked if (names := _missing_of(each, missing))]
        _, found = _checked(reader, [each for each in checked if not _missing_of(each, missing)], mistakes)
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return found


def _missing_of(verdict: Verdict, missing: frozenset[str]) -> list[str]:
    return [name for name in (verdict.left, verdict.right) if name in missing]


def _checked(reader: Reader, verdicts: Sequence[Verdict], mistakes: list[str]) -> tuple[frozenset[str], list[Decision]]:
    """The decisions, their mistakes added to those given; or the records that are not there, and then none is made."""
    now = datetime.now().replace(microsecond=0)
    decisions: list[Decision] = []
    lacking: set[str] = set()

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables, read_operational(reader.home) as operational:
            mistakes.extend(_check_all(reader, tables, operational, (verdicts, now, decisions)))
        return _told(decisions)

    def absent(missing: Sequence[str]) -> str:
        lacking.update(missing)
        return no_record(missing)

    with suppress(NothingThereError):
        reader.read(replace(_reading(reader, "check", verdicts), absent=absent), run)
    return frozenset(lacking), decisions


def _reading(reader: Reader, what: str, verdicts: Sequence[Verdict]) -> Reading:
    names = tuple(dict.fromkeys(name for each in verdicts for name in (each.left, each.right)))
    found = {register_of_record(reader.declarations, name) for name in names}
    registers = frozenset(each for each in found if each is not None)
    return Reading(Verb.REVIEW, what, _logged(verdicts), registers=registers, about=names, absent=no_record)


def _told(decisions: Sequence[Decision]) -> Answer:
    table = pa.table({"decision": [each.kind.value for each in decisions]})
    return Answer(table, shows={"decision": frozenset()})


def _logged(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Which pairs, by a hash: record keys may name a person."""
    pairs = "\n".join(f"{each.left}\t{each.right}" for each in verdicts)
    return {"pairs": str(len(verdicts)), "hash": "sha256:" + sha256(pairs.encode()).hexdigest()[:16]}


def _check_all(
    reader: Reader,
    tables: Warehouse,
    operational: Operational,
    given: tuple[Sequence[Verdict], datetime, list[Decision]],
) -> Iterator[str]:
    verdicts, now, decisions = given
    seen: dict[frozenset[int], str] = {}
    judged = {
        (each.register, each.record_l, each.record_r)
        for each in operational.reviews.unsettled()
        if reader.caller.name in each.judges
    }
    for verdict in verdicts:
        try:
            decision = _decision(verdict, find_pair(tables, verdict.left, verdict.right), reader.caller.name, now)
        except (UsageError, ReviewError) as mistake:
            yield f"{verdict.place}{mistake}"
            continue
        pair = frozenset((decision.record_l, decision.record_r))
        if pair in seen:
            yield f"{verdict.place}{verdict.left} and {verdict.right} are decided twice ({seen[pair]})"
        elif (decision.register, *sorted(pair)) in judged:
            yield f"{verdict.place}you have judged {verdict.left} and {verdict.right} already: it awaits somebody else"
        seen[pair] = verdict.place.removesuffix(": ")
        decisions.append(decision)


def _decision(verdict: Verdict, pair: Pair, who: str, now: datetime) -> Decision:
    if verdict.decision not in WORDS:
        raise UsageError(f"{verdict.decision!r} is no decision: write same (同一) or different (不同)")
    decision = _about(pair, WORDS[verdict.decision], who, (now, verdict.why))
    check(decision)
    return decision


def _about(pair: Pair, kind: DecisionKind, who: str, said: tuple[datetime, str]) -> Decision:
    at, why = said
    return Decision(
        *(pair.register, pair.record_l, pair.record_r, kind, who, at, why),
        version_l=pair.version_l,
        version_r=pair.version_r,
    )


def keep(reader: Reader, verdicts: Sequence[Verdict], decisions: Sequence[Decision]) -> list[Kept]:
    """Keeps what `check_verdicts` has let through, for the one who writes into the home; the audit line comes first."""
    reader.read(_reading(reader, "decide", verdicts), lambda _: _told(decisions))
    share = reader.settings.double_review_share
    with held(reader.home, "review"), open_operational(reader.home, "review") as operational:
        return [
            Kept(verdict, operational.reviews.judge(each, twice=is_reviewed_twice(reader.home, each, share)))
            for verdict, each in zip(verdicts, decisions, strict=True)
        ]


def is_reviewed_twice(home: Home, decision: Decision, share: float) -> bool:
    """Whether the pair belongs to the share that two stewards judge: by a keyed hash, whoever asks first."""
    left, right = sorted((decision.record_l, decision.record_r))
    text = f"double review|{decision.register}|{left}|{right}"
    digest = blake2b(text.encode(), digest_size=8, key=home.key("identity")).digest()
    return int.from_bytes(digest) < share * 2**64


def find_undone(reader: Reader, left: str, right: str, why: str) -> Decision:
    """The withdrawal of what was decided about two records, after the door has let it through."""
    found: list[Decision] = []

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            pair = find_pair(tables, left, right)
        now = datetime.now().replace(microsecond=0)
        kind = DecisionKind.WITHDRAWN
        found.append(_about(pair, kind, reader.caller.name, (now, why)))
        check(found[0])
        return _told(found)

    reader.read(_reading(reader, "check", [Verdict(left, right, "", why)]), run)
    return found[0]


def undo(reader: Reader, withdrawal: Decision) -> None:
    """Leaves the pair to the model again, for the one who writes into the home; the audit line comes first."""
    records = {"left": str(withdrawal.record_l), "right": str(withdrawal.record_r)}
    reading = Reading(Verb.REVIEW, "undo", records, registers=frozenset({withdrawal.register}))
    reader.read(reading, lambda _: _told([withdrawal]))
    with held(reader.home, "review"), open_operational(reader.home, "review") as operational:
        operational.reviews.undo(withdrawal)
