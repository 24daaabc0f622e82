"""A department's own records, and the entities that they belong to."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import pyarrow as pa

from hub.reading.reader import Reader
from hub.reading.records import no_record, of_department, register_of_record, split_record
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from schemas.items import ENTITY
from schemas.readers.purposes import Verb
from stores.record_ids import record_id
from stores.snapshots import Snapshot

COLUMNS = {
    "record": pa.string(),
    "register": pa.string(),
    "entity_id": pa.string(),
    "confidence": pa.float64(),
    "records": pa.int64(),
}
Names = Sequence[str]


def read_record(reader: Reader, name: str) -> Disclosure:
    """The entity of one record of the caller's department, named `feed:record_key`.

    Raises NothingThereError where there is none; another department's record is told as one that does not exist.
    """
    register = register_of_record(reader.declarations, name)
    logged = {"record": str(record_id(*split_record(name)))}
    return _read(reader, {register: [name]} if register else {}, logged, about=(name,))


def read_records(reader: Reader, names: Names) -> Disclosure:
    """The entities of records of the caller's department, each named `feed:record_key`.

    Those that are not there for the caller have no row.
    """
    by_register: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        register = register_of_record(reader.declarations, name)
        if register is not None and of_department(reader.declarations, name) == reader.caller.department:
            by_register.setdefault(register, []).append(name)
    text = "\n".join(names).encode()
    return _read(reader, by_register, {"records": str(len(names)), "hash": "sha256:" + sha256(text).hexdigest()[:16]})


def _read(
    reader: Reader, by_register: Mapping[str, Names], logged: Mapping[str, str], *, about: tuple[str, ...] = ()
) -> Disclosure:
    registers = frozenset(by_register)

    def run(snapshot: Snapshot) -> Answer:
        rows: list[tuple[object, ...]] = []
        items: list[frozenset[str]] = []
        with reader.index(snapshot) as index:
            for register, names in by_register.items():
                found = index.entities_of(register, [split_record(name) for name in names])
                held = [(name, found[split_record(name)]) for name in names if split_record(name) in found]
                rows += [(name, register, each.entity_id, each.confidence, len(each.records)) for name, each in held]
                items += [frozenset({f"{register}.{ENTITY}"})] * len(held)
        shows: dict[str, frozenset[str]] = {name: frozenset() for name in COLUMNS if name != "entity_id"}
        return Answer(answer_rows(COLUMNS, rows), shows=shows, ids=("entity_id",), rows_show=tuple(items))

    return reader.read(Reading(Verb.READ, "records", logged, registers=registers, about=about, absent=no_record), run)
