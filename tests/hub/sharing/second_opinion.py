"""What may be shown, decided a second time in plain Python from the words of docs/purposes.md, without the policies."""

from hub.sharing.policies import Situation
from schemas.declarations import Declarations
from schemas.readers.purposes import Purpose, Role, Verb
from schemas.readers.registers import Sensitivity
from stores.home import HomeKind

KIN = {"KIN_OF", "GUARDIAN_OF"}
FOR_KIN = {"school_enrolment", "youth_services", "stewardship"}
KEEPERS = {"population_office", "public_security"}
VERBS = {
    Role.ANALYST: {Verb.ASK, Verb.EXPORT},
    Role.INSPECTOR: {Verb.ASK, Verb.NEIGHBOURHOOD, Verb.READ, Verb.LINEAGE},
    Role.STEWARD: set(Verb) - {Verb.EXPORT, Verb.CHANGES, Verb.DELIVER, Verb.AUDIT},
    Role.SERVICE: {Verb.ASK, Verb.MATCH, Verb.EXPLAIN, Verb.READ, Verb.LINEAGE, Verb.CHANGES, Verb.DISPUTE},
}
LOG = "audit_log"


def may_show(situation: Situation, item: str, sensitivity: Sensitivity, declarations: Declarations) -> bool:
    """Whether the item may be shown."""
    purpose = declarations.purposes[situation.purpose]
    if situation.declared_for and purpose.code not in situation.declared_for:
        return False
    if Role.ADMINISTRATOR in situation.roles:
        return False
    if Role.AUDITOR in situation.roles and situation.verb is not Verb.AUDIT:
        return False
    if item == LOG and situation.verb is not Verb.AUDIT:
        return False
    if not lies_in(situation.area, situation.areas):
        return False
    if purpose.reach is None:
        return situation.home is HomeKind.SYNTHETIC
    return (
        purpose.reach.granted_on <= situation.today <= purpose.reach.expires_on
        and (situation.department, situation.role) in purpose.reach.readers
        and situation.verb in purpose.reach.verbs
        and (situation.case_given or not purpose.reach.case_number)
        and lies_in(situation.area, purpose.reach.areas)
        and lists(purpose, item, declarations)
        and (situation.department != "utilities" or purpose.code in ("feed_delivery", "record_correction"))
        and (item not in KIN or purpose.code in FOR_KIN)
        and role_allows(situation, item)
        and (sensitivity is not Sensitivity.IDENTIFYING or may_know_people(situation))
    )


def role_allows(situation: Situation, item: str) -> bool:
    """Whether this role reads so, and reads this."""
    match situation.role, situation.verb:
        case Role.AUDITOR, Verb.AUDIT:
            return item == LOG
        case Role.SERVICE, Verb.DELIVER:
            return item == "place"
    return situation.verb in VERBS.get(situation.role, set())


def may_know_people(situation: Situation) -> bool:
    """Whether names, numbers and telephones may be seen by this role."""
    match situation.role:
        case Role.INSPECTOR:
            return situation.area != "district"
        case Role.STEWARD:
            return situation.case_given or situation.department == "population_office"
        case Role.SERVICE:
            return situation.case_given or situation.department in KEEPERS
    return False


def lies_in(area: str, areas: frozenset[str]) -> bool:
    """Whether the area is one of these or a part of one."""
    return "district" in areas or any(area.startswith(each) for each in areas)


def lists(purpose: Purpose, item: str, declarations: Declarations) -> bool:
    """Whether the purpose lists the item, or a field that it is derived from."""
    assert purpose.reach is not None
    if item == LOG:
        return Verb.AUDIT in purpose.reach.verbs
    if "." not in item:
        return item == "place" or item in purpose.reach.relationships
    register, _, name = item.partition(".")
    if name == "count":
        return register in purpose.reach.counts
    if register not in purpose.reach.fields:
        return False
    listed = purpose.reach.fields[register]
    origin = {field.name: field.derived_from for field in declarations.registers[register].fields}.get(name)
    return name == "entity" or name in listed or origin in listed
