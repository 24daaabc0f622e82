"""One request's desk: who reads for what, and every id told and taken as the asker's department's own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import pyarrow as pa
from fastapi import Depends

from api.asking import Asker, asking
from api.service import Service, TheService
from hub.reading.reader import Reader
from hub.sharing.entity_ids import ENTITY_ID, FORM, register_of_id
from hub.sharing.own_ids import OWN, OwnIds

OWN_ID = r"^[PHU][0-9A-HJKMNP-TV-Z]{28}$"
NOBODY = "0" * 16
NAMED = re.compile(rf"(?<![0-9A-Za-z]){FORM}(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Desk:
    """What a route reads with."""

    service: Service
    asker: Asker

    def reader(self, snapshot: str | None = None) -> Reader:
        """The asker as a reader of the named or the current snapshot."""
        service, asker = self.service, self.asker
        return Reader(
            service.home,
            service.declarations,
            service.hub_settings,
            asker.caller,
            asker.purpose,
            snapshot,
            asker.case,
            service.shared,
        )

    @cached_property
    def own_ids(self) -> OwnIds:
        """The ids of the asker's department."""
        return OwnIds(self.asker.caller.department or "", self.service.own_id_keys.now())

    def is_own_id(self, text: str) -> bool:
        """Whether the text has the form of an own id."""
        return OWN.fullmatch(text) is not None

    def entity(self, own_id: str) -> str:
        """The entity id of an own id; one that nobody has for an id that the department was never given.

        So what was made up, what is another department's and what is gone go the same way.
        """
        [entity] = self.own_ids.entities([own_id])
        return entity or f"{own_id[0]}{NOBODY}"

    def own(self, entity: str) -> str:
        """The department's id of an entity; the code of a town or committee as it is."""
        return self.own_ids.of([entity])[0] if register_of_id(entity) else entity

    def in_own_ids(self, table: pa.Table) -> pa.Table:
        """The table with the department's ids in place of entity ids, in whatever column they stand."""
        columns = {
            place: table.column(place).to_pylist()
            for place, field in enumerate(table.schema)
            if _may_hold_ids(field.type)
        }
        entities = list(dict.fromkeys(each for values in columns.values() for each in _ids_in(values)))
        # All at once: what making an id costs is hardly more for a thousand.
        told = dict(zip(entities, self.own_ids.of(entities), strict=True))
        for place, values in columns.items():
            if told:
                field = table.schema.field(place)
                table = table.set_column(place, field, pa.array([_told(each, told) for each in values], field.type))
        return table

    def text(self, told: str) -> str:
        """A text with the department's ids in place of entity ids."""
        return NAMED.sub(lambda found: self.own(found.group()), told)


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _ids_in(each)
    elif isinstance(value, str) and ENTITY_ID.fullmatch(value):
        yield value


def _told(value: Any, told: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_told(each, told) for each in value]
    return told.get(value, value) if isinstance(value, str) else value


def _may_hold_ids(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_list(kind))


def desk(cost: float = 1.0) -> Any:
    """A dependency: the desk of whoever asks, who is charged this many points."""

    def made(service: TheService, asker: Annotated[Asker, Depends(asking(cost))]) -> Desk:
        return Desk(service, asker)

    return Depends(made)
