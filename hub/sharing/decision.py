"""Decides what a reading may show: each decision names its policy and reason; what none permits is refused."""

from collections.abc import Iterator
from dataclasses import dataclass

from hub.sharing.policies import Rules, Situation
from hub.sharing.request import Caller, Request
from schemas.items import AUDIT_LOG, ENTITY, PLACE
from schemas.readers.purposes import DISTRICT, Role, Verb


@dataclass(frozen=True)
class Decision:
    """What may be shown: the items, and the areas that rows may lie in, no rows in others.

    Numbers of what may only be counted are told as multiples of `rounded_to`.
    """

    permitted: bool
    rule: str
    reason: str
    items: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    is_whole: bool = False
    rounded_to: int | None = None

    def reaches(self, codes: frozenset[str]) -> bool:
        """Whether what lies at these codes is in an area; what lies nowhere is in the whole district only."""
        if DISTRICT in self.areas:
            return True
        return any(code.startswith(area) for code in codes for area in self.areas)


def decide(caller: Caller, purpose: str, request: Request) -> Decision:
    """The widest decision that one of the caller's roles gets; roles do not add up.

    A refusal is decided by the entities that the reading is about: whoever may not see these sees nothing of it.
    """
    if not purpose.strip():
        return Decision(False, "purpose-named", "no purpose was named; name one with --purpose 未说明目的")
    if not caller.name.strip():
        return Decision(False, "caller-named", "nobody was named as the one who asks 未说明查询人")
    if purpose not in request.rules.purposes:
        told = f"{purpose!r} is no purpose, or its time is over; `hub purposes` lists them 目的未登记或已过期"
        return Decision(False, "purpose-registered", told)
    roles = sorted(caller.roles) or [Role.TRAINEE]
    found = [_as(role, caller, purpose, request) for role in roles]
    return max(found, key=lambda each: (each.permitted, DISTRICT in each.areas, len(each.items)))


def _as(role: Role, caller: Caller, purpose: str, request: Request) -> Decision:
    of_nobody = AUDIT_LOG if request.reading.verb is Verb.AUDIT else PLACE
    gate = sorted(f"{register}.{ENTITY}" for register in request.reading.registers) or [of_nobody]
    gate += sorted(request.reading.needs)
    permitted: dict[str, frozenset[str]] = {}
    refusal = decided = None
    for area in _areas(caller, purpose, request.rules):
        rulings = request.rules.rulings(_situation(role, area, caller, purpose, request))
        shut = next((rulings[item] for item in gate if not rulings[item].allowed), None)
        if shut is None:
            decided = rulings[gate[0]]
            permitted[area] = frozenset(item for item, ruling in rulings.items() if ruling.allowed)
        else:
            refusal = refusal or shut
    if decided is None:
        rule = refusal.policy if refusal else None
        return Decision(False, rule or "nothing-permits", request.rules.reason(rule))
    items = frozenset.intersection(*permitted.values())
    whole = DISTRICT in permitted and items >= frozenset(request.rules.items) - {AUDIT_LOG}
    reason = request.rules.reason(decided.policy)
    reach = request.rules.purposes[purpose].reach
    rounded_to = reach.rounded_to if reach else None
    return Decision(True, decided.policy or "", reason, items, frozenset(permitted), whole, rounded_to)


def _areas(caller: Caller, purpose: str, rules: Rules) -> list[str]:
    """Where both the caller's duty and the purpose reach; where they never meet, the caller's own, to be refused."""
    reach = rules.purposes[purpose].reach
    of_purpose = reach.areas if reach else frozenset({DISTRICT})
    met = {meeting for one in caller.areas for other in of_purpose for meeting in _meeting(one, other)}
    return sorted(met or caller.areas or {DISTRICT})


def _meeting(one: str, other: str) -> Iterator[str]:
    """The smaller of two areas where it lies in the other; a committee's code starts with its town's."""
    if other == DISTRICT or (one != DISTRICT and one.startswith(other)):
        yield one
    elif one == DISTRICT or other.startswith(one):
        yield other


def _situation(role: Role, area: str, caller: Caller, purpose: str, request: Request) -> Situation:
    return Situation(
        role=role,
        roles=caller.roles,
        department=caller.department,
        purpose=purpose,
        verb=request.reading.verb,
        area=area,
        areas=caller.areas,
        case_given=bool(request.case.strip()),
        today=request.today,
        home=request.home.kind,
        declared_for=request.reading.purposes,
    )
