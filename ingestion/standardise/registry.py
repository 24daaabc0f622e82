"""All standardisers by the name that contracts call them: pure functions from text as delivered to register fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ingestion.standardise import (
    address_lines,
    addresses,
    areas,
    dates,
    identifiers,
    names,
    numbers,
    organisations,
    phones,
    text,
)
from schemas.readers.registers import FieldType


@dataclass(frozen=True)
class Output:
    """One value that a standardiser yields: the field it fills and its type."""

    field: str
    type: FieldType


@dataclass(frozen=True)
class Standardiser:
    """A pure function over one raw text (several columns joined with U+001F).

    The first output fills the field that the contract maps, whatever its name; the others fill the derived
    fields of exactly their names. None in the first place means that the text could not be standardised.
    """

    name: str
    outputs: tuple[Output, ...]
    standardise: Callable[[str], tuple[object | None, ...]]


def _standardiser(name: str, outputs: str, standardise: Callable[[str], tuple[object | None, ...]]) -> Standardiser:
    """A standardiser whose outputs are written `field` for text and `field:type` for another type."""
    pairs = (output.partition(":") for output in outputs.split())
    return Standardiser(name, tuple(Output(field, FieldType(kind or "text")) for field, _, kind in pairs), standardise)


_NAME = "name name_simplified surname given_name name_key surname_key given_key"
_ALL = (
    _standardiser("text", "value", text.standardise_text),
    _standardiser("code", "value", text.standardise_code),
    _standardiser("integer", "value:integer", numbers.standardise_integer),
    _standardiser("decimal", "value:decimal", numbers.standardise_decimal),
    _standardiser("boolean", "value:boolean", numbers.standardise_boolean),
    _standardiser("date", "value:date", dates.standardise_date),
    _standardiser("month", "value:date", dates.standardise_month),
    _standardiser("person_name", _NAME, names.standardise_person_name),
    _standardiser("latin_name", _NAME, names.standardise_latin_name),
    _standardiser(
        "resident_id", "id_number id_valid:boolean id_birth_date:date id_sex", identifiers.standardise_resident_id
    ),
    _standardiser("phone", "value", phones.standardise_phone),
    _standardiser("phone_digits", "value", phones.standardise_phone_digits),
    _standardiser(
        "address", " ".join(("address", *addresses.ADDRESS_FIELDS)), addresses.address_standardiser(areas.official_town)
    ),
    _standardiser("address_line", "address address_line", address_lines.standardise_address_line),
    _standardiser(
        "organisation_name",
        "name name_core name_key branch",
        organisations.organisation_standardiser(areas.place_stems),
    ),
    _standardiser("uscc", "uscc uscc_valid:boolean", identifiers.standardise_uscc),
    _standardiser("area_code", "value", areas.area_code_standardiser(areas.shipped_gazetteer)),
    _standardiser("committee", "value", areas.committee_standardiser(areas.shipped_gazetteer)),
)

STANDARDISERS: Mapping[str, Standardiser] = MappingProxyType({each.name: each for each in _ALL})
