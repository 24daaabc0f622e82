"""Names of the standardisers that a contract may call, and the derived fields that each yields beside its own."""

from collections.abc import Mapping
from types import MappingProxyType

NAME_KEYS = ("surname", "given_name", "name_key", "surname_key", "given_key")
ADDRESS_PARTS = (
    *("town", "committee", "road", "lane", "sub_lane", "number", "building", "entrance", "floor", "room"),
    *("village", "village_group", "estate", "address_key", "building_key", "precision"),
)

STANDARDISER_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": (),
        "code": (),
        "integer": (),
        "decimal": (),
        "boolean": (),
        "date": (),
        "month": (),
        "phone": (),
        "phone_digits": (),
        "area_code": (),
        "committee": (),
        "person_name": ("name_simplified", *NAME_KEYS),
        "latin_name": ("name_simplified", *NAME_KEYS),
        "resident_id": ("id_valid", "id_birth_date", "id_sex"),
        "address": ADDRESS_PARTS,
        "address_line": ("address_line",),
        "organisation_name": ("name_core", "name_key", "branch"),
        "uscc": ("uscc_valid",),
    }
)
