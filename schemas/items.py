"""Items: what an answer may show, named so that purposes can list it and policies can guard it.

An item is a field of a register (`person.name`), what the hub itself says of an entity (`person.entity`,
`person.records`), a number of entities (`person.count`), or a type of relationship (`LIVES_AT`).
"""

from collections.abc import Mapping

from schemas.checks.crossing import ENTITY_COLUMNS, names_in
from schemas.readers.graph import GraphModel, NodeLabel, RelationshipType
from schemas.readers.registers import Register, Sensitivity

ENTITY, RECORDS, COUNT = "entity", "records", "count"
AUDIT_LOG = "audit_log"
"""Who read what about whom, by opaque ids."""
PLACE = "place"
"""Towns and committees: public knowledge, which every purpose may show."""
PUBLIC_LABELS = frozenset({"Community", "Town"})


def item_sensitivities(registers: Mapping[str, Register], graph: GraphModel) -> Mapping[str, Sensitivity]:
    """Every item there is, with how closely it is guarded.

    A relationship is as personal as its ends: one with a person says something of that person.
    """
    items = {PLACE: Sensitivity.OPEN, AUDIT_LOG: Sensitivity.INTERNAL}
    for register in registers.values():
        items |= {f"{register.id}.{field.name}": field.sensitivity for field in register.fields}
        about = Sensitivity.PERSONAL if register.id == "person" else Sensitivity.INTERNAL
        items |= {
            f"{register.id}.{ENTITY}": Sensitivity.INTERNAL,
            f"{register.id}.{RECORDS}": about,
            f"{register.id}.{COUNT}": Sensitivity.OPEN,
        }
    return items | {each.type: _relationship(each) for each in graph.types.values() if not each.is_geography}


def fields_with_derived(register: Register, names: frozenset[str]) -> frozenset[str]:
    """These fields and those derived from them: who may see a value may see what can be read off it."""
    return frozenset(each.name for each in register.fields if each.name in names or each.derived_from in names)


def label_items(label: NodeLabel, name: str, registers: Mapping[str, Register]) -> frozenset[str] | None:
    """The items that a property of a node shows; None where that cannot be told, and then nobody may see it."""
    if label.label in PUBLIC_LABELS:
        return frozenset()
    register = registers.get(label.label.lower())
    found = next((each for each in label.properties if each.name == name), None)
    if register is None or found is None:
        return None
    items = set()
    for column in names_in(found.expression):
        if column in register.field_names:
            items.add(f"{register.id}.{column}")
        elif column in ENTITY_COLUMNS:
            items.add(f"{register.id}.{ENTITY}")
        else:
            return None
    return frozenset(items) or None


def type_items(relationship: RelationshipType) -> frozenset[str]:
    """The items that any property of a relationship shows: that it is there."""
    return frozenset() if relationship.is_geography else frozenset({relationship.type})


def _relationship(relationship: RelationshipType) -> Sensitivity:
    with_person = any("Person" in (end.start, end.end) for end in relationship.ends)
    return Sensitivity.PERSONAL if with_person else Sensitivity.INTERNAL
