"""A steward's corrections stand in for the wrong values of standard records, for as long as a department says the same.

What was delivered stays as it is in `raw.*`; the record's column `corrected` says which fields do not stand as
delivered, each with the number of its correction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pyarrow as pa

from ingestion.context import IngestContext
from ingestion.standard_sql import COLUMN_TYPES, input_view, record_table, value_columns
from ingestion.standardise.registry import STANDARDISERS
from ingestion.standardising import standardise_batch
from schemas.readers.contracts import FeedContract, FieldMapping, RecordMapping
from schemas.readers.registers import Register
from stores.operational.corrections import Correction, CorrectionState
from stores.operational.personal import PersonalTexts
from stores.quoting import quote_name, quote_text
from stores.warehouse import Warehouse

TOLD = pa.schema([("record_id", pa.int64()), ("told", pa.string()), ("raw", pa.string())])
ASKED = pa.schema([("correction_id", pa.int64()), ("record_id", pa.int64()), ("seen", pa.string())])


def correct_records(contract: FeedContract, corrections: Sequence[Correction], context: IngestContext) -> None:
    """Corrects the stale records of the feed at hand, before anything is judged by their fields."""
    for record in contract.records:
        for mapping in record.fields:
            asked = [each for each in corrections if (each.register, each.field) == (record.register, mapping.field)]
            if asked:
                _correct_field(contract, (record, mapping), asked, context)


def settle_corrections(context: IngestContext) -> None:
    """Notes of each correction in force whether it stands in for a value now, as the standard records say."""
    corrections = context.operational.corrections.in_force()
    if not corrections:
        return
    applied: set[int] = set()
    present: set[tuple[str, int]] = set()
    for register in sorted({each.register for each in corrections}):
        table = record_table(register)
        for (told,) in context.warehouse.rows(f"SELECT corrected FROM {table} WHERE corrected IS NOT NULL"):
            applied |= set(corrected_fields(told).values())
        wanted = ", ".join(str(each.record_id) for each in corrections if each.register == register)
        found = context.warehouse.rows(f"SELECT record_id FROM {table} WHERE record_id IN ({wanted})")
        present |= {(register, record) for (record,) in found}
    states = {each.correction_id: _state(each, applied, present) for each in corrections}
    context.operational.corrections.settle(states, datetime.now(UTC).replace(tzinfo=None, microsecond=0))


def corrected_fields(told: str | None) -> dict[str, int]:
    """The fields that a record's column `corrected` names, with the numbers of their corrections."""
    parts = (each.split(" ") for each in (told or "").split(", ") if each)
    return {name: int(number) for name, number in parts}


def wrong_hash(personal: PersonalTexts, correction: Correction, text: str) -> str:
    """What a wrong value of the record's field is known by; equal values of two records have nothing in common."""
    return wrong_value_hash(personal, (correction.register, correction.record_id, correction.field), text)


def wrong_value_hash(personal: PersonalTexts, place: tuple[str, int, str], text: str) -> str:
    """The same by register, record id and field."""
    return personal.hash("wrong value", *place, text)


def standardised_text(mapping: FieldMapping, text: str) -> str | None:
    """What the mapping's standardiser makes of a typed text, as the database writes it; None where it is unreadable."""
    value = standardise_batch(mapping.standardiser, [text])["value"][0].as_py()
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def held_values_sql(contract: FeedContract, record: RecordMapping, mapping: FieldMapping) -> str:
    """Selects `correction_id, record_id, value, text` of the stale records that `asked_correction` is about.

    Where a row key has come to stand for somebody else, the records of the one before are named
    `<record key>@<first version>`: a correction goes with the record whose versions the steward saw.
    """
    table = record_table(record.register)
    return f"""
WITH own AS (
  SELECT asked.*, r.row_key, r.record_key FROM asked_correction asked JOIN {table} r USING (record_id)
), meant AS (
  SELECT own.correction_id, min(older.record_id) AS older
  FROM own JOIN {table} older ON older.feed = {quote_text(contract.id)} AND older.row_key = own.row_key
    AND starts_with(older.record_key, own.record_key || '@') AND older.version >= own.seen
    AND substr(older.record_key, length(own.record_key) + 2) <= own.seen
  GROUP BY own.correction_id
), told AS (
  SELECT correction_id, coalesce(older, record_id) AS record_id
  FROM asked_correction LEFT JOIN meant USING (correction_id)
)
SELECT correction_id, record_id, r.{quote_name(mapping.field)}::VARCHAR AS value, i.{quote_name("in_" + mapping.field)}
FROM told JOIN {table} r USING (record_id)
JOIN role_version v USING (role, record_id)
JOIN {input_view(record.role)} i ON i."#place" = v.place AND i.n = v.n
WHERE r.feed = {quote_text(contract.id)} AND r.role = {quote_text(record.role)} AND v.record_place = v.place
  AND i."#stale" AND value IS NOT NULL
ORDER BY correction_id"""


def corrected_sql(register: Register, mapping: FieldMapping) -> str:
    """Gives the records of `corrected_record` the field as `corrected_value` reads it, with all that derives from it.

    Null where the right value is null; `corrected` gets `told` beside what it says.
    """
    types = {field.name: COLUMN_TYPES[field.type] for field in register.fields}
    derived = {field.name for field in register.fields if field.derived_from == mapping.field}
    sources = {mapping.field: "value"}
    sources |= {name: name for name in value_columns(STANDARDISERS[mapping.standardiser])[1:] if name in derived}
    fields = ", ".join(
        f"{quote_name(name)} = try_cast(c.{quote_name(source)} AS {types[name]})" for name, source in sources.items()
    )
    return f"""
UPDATE {record_table(register.id)} AS r SET {fields}, corrected = concat_ws(', ', r.corrected, c.told)
FROM (FROM corrected_record LEFT JOIN corrected_value USING (raw)) c WHERE r.record_id = c.record_id"""


def _correct_field(
    contract: FeedContract,
    place: tuple[RecordMapping, FieldMapping],
    asked: Sequence[Correction],
    context: IngestContext,
) -> None:
    (record, mapping), warehouse = place, context.warehouse
    rows = [{"correction_id": each.correction_id, "record_id": each.record_id, "seen": each.version} for each in asked]
    with _readable(warehouse, asked_correction=pa.Table.from_pylist(rows, schema=ASKED)):
        held = warehouse.rows(held_values_sql(contract, record, mapping))
    corrections = {each.correction_id: each for each in asked}
    # Where two corrections know the same wrong value, the newer one counts.
    chosen = {row[1]: row for row in held if _is_wrong(corrections[row[0]], row[2:], context)}
    told = [
        {"record_id": record_id, "told": f"{mapping.field} {number}", "raw": corrections[number].right}
        for number, record_id, _, _ in chosen.values()
    ]
    rights = sorted({each["raw"] for each in told if each["raw"] is not None})
    values = standardise_batch(mapping.standardiser, rights)
    with _readable(warehouse, corrected_record=pa.Table.from_pylist(told, schema=TOLD), corrected_value=values):
        warehouse.execute(corrected_sql(context.declarations.registers[record.register], mapping))
    _note([(corrections[row[0]], *row[2:]) for row in chosen.values()], context)


@contextmanager
def _readable(warehouse: Warehouse, **tables: pa.Table) -> Iterator[None]:
    for name, table in tables.items():
        warehouse.register_arrow(name, table)
    try:
        yield
    finally:
        for name in tables:
            warehouse.unregister(name)


def _is_wrong(correction: Correction, said: Sequence[str], context: IngestContext) -> bool:
    """Whether the record says what was found wrong: as it is standardised, or as it was read when it last was so.

    The one holds however it is written, the other when standardisers have changed.
    """
    value, text = said
    personal = context.operational.personal
    return correction.wrong_value == wrong_hash(personal, correction, value) or (
        correction.wrong_text is not None and correction.wrong_text == wrong_hash(personal, correction, text)
    )


def _note(found: Sequence[tuple[Correction, str, str]], context: IngestContext) -> None:
    """Keeps by what the wrong values are known today, where that is something else than before."""
    noted = {}
    for correction, *texts in found:
        value, text = (wrong_hash(context.operational.personal, correction, each) for each in texts)
        if (value, text) != (correction.wrong_value, correction.wrong_text):
            noted[correction.correction_id] = (value, text)
    if noted:
        context.operational.corrections.note(noted)


def _state(correction: Correction, applied: set[int], present: set[tuple[str, int]]) -> CorrectionState:
    if correction.correction_id in applied:
        return CorrectionState.APPLIED
    is_there = (correction.register, correction.record_id) in present
    return CorrectionState.SUPERSEDED if is_there else CorrectionState.ABSENT
