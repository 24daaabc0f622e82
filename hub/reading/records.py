"""Records by name, as they are typed: feed:record_key, a further role of a row as feed:row_key#role."""

from collections.abc import Collection, Mapping, Sequence

from hub.errors import UsageError
from schemas.declarations import Declarations
from stores.warehouse import Warehouse

RECORD_MARK, ROLE_MARK, COUNT_MARK = ":", "#", "."


def split_record(name: str) -> tuple[str, str]:
    """Feed and record key of `feed:record_key`; raises UsageError where it is not so."""
    feed, colon, key = name.partition(":")
    if not (feed and colon and key):
        raise UsageError(f"{name!r} does not name a record: write feed:record_key, as in household_register:P000017")
    return feed, key


def register_of_record(declarations: Declarations, name: str) -> str | None:
    """The register that a record of this name is of, by the contract of its feed; None where no feed has such ones."""
    feed, key = split_record(name)
    contract = declarations.contracts.get(feed)
    if contract is None:
        return None
    role = key.rpartition(ROLE_MARK)[2] if ROLE_MARK in key else contract.records[0].role
    # A role that a row has for several, as those seen on a visit, is counted: seen.7.
    plain = role.rpartition(COUNT_MARK)[0] or role
    return next((record.register for record in contract.records if record.role in (role, plain)), None)


def of_department(declarations: Declarations, name: str) -> str | None:
    """The department whose feed the record of this name is of; None where it names no record, "" for no feed."""
    if RECORD_MARK not in name:
        return None
    contract = declarations.contracts.get(split_record(name)[0])
    return contract.department if contract is not None else ""


def no_record(missing: Sequence[str]) -> str:
    """What is told of records that are not there for whoever asks."""
    return (
        f"the snapshot holds no record {' or '.join(missing)} that you may read; a further role of a row is written "
        "<row key>#<role>, as in residence_registration:R000017#landlord"
    )


def entities_of_records(tables: Warehouse, register: str, records: Collection[int]) -> Mapping[int, str]:
    """The entity of each of these records that belongs to one."""
    rows = tables.rows(
        "SELECT record_id, entity_id FROM member WHERE register = $register AND list_contains($records, record_id)",
        {"register": register, "records": list(records)},
    )
    return dict(rows)


def entity_of_record(tables: Warehouse, register: str, record: int) -> str | None:
    """The entity that the record belongs to, None where it is not there."""
    return entities_of_records(tables, register, [record]).get(record)
