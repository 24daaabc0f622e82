"""The registry of standardisers and the declarations agree."""

import pytest

from ingestion.standardise.registry import STANDARDISERS
from schemas.files import DeclarationTree
from schemas.readers.registers import read_registers
from schemas.standardisers import STANDARDISER_FIELDS


def test_contracts_may_name_exactly_the_standardisers_that_exist() -> None:
    assert set(STANDARDISER_FIELDS) == set(STANDARDISERS)


@pytest.mark.parametrize("name", sorted(STANDARDISERS))
def test_every_field_that_declarations_expect_is_an_output(name: str) -> None:
    outputs = [output.field for output in STANDARDISERS[name].outputs[1:]]

    assert set(STANDARDISER_FIELDS[name]) <= set(outputs)


@pytest.mark.parametrize(
    ("name", "register"),
    [("person_name", "person"), ("resident_id", "person"), ("address", "house"), ("organisation_name", "unit")],
)
def test_derived_outputs_are_fields_of_the_register_with_the_same_type(name: str, register: str) -> None:
    types = {field.name: field.type for field in read_registers(DeclarationTree())[register].fields}

    for output in STANDARDISERS[name].outputs[1:]:
        assert types[output.field] == output.type
