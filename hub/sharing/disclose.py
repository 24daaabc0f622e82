"""The one door: everything that is read out of a snapshot passes here.

Order: decide, run, cut to what is permitted, audit line on disk, return. If the line cannot be written
nothing is returned.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from hub.errors import AccessDenied, NothingThereError
from hub.sharing import audit
from hub.sharing.audit_entities import entities_of
from hub.sharing.cut import cut
from hub.sharing.decision import Decision, decide
from hub.sharing.request import Answer, Caller, Disclosure, Request


def disclose(caller: Caller, purpose: str, request: Request, run: Callable[[], Answer]) -> Disclosure:
    """The permitted part of what `run` reads, after the reading has been written to the audit log.

    Raises AccessDenied where no rule permits it, NothingThereError where something that the asker named is not there or
    not for them (both logged; `run` is not called), and AuditError where the log cannot be written.
    """
    decision = decide(caller, purpose, request)
    entry = _Entry(caller, purpose, request, decision)
    if not decision.permitted:
        entry.write("refused")
        raise AccessDenied(decision.rule, decision.reason)
    if missing := _missing(request, decision):
        entry.write("absent")
        raise NothingThereError(request.reading.absent(missing))
    answer = cut(run(), decision, request)
    sequence = entry.write("disclosed", answer)
    return Disclosure(answer, request.snapshot, sequence, decision.rule)


def _missing(request: Request, decision: Decision) -> list[str]:
    """What was named and is not there for the asker: what does not exist and what lies elsewhere are one case."""
    about = request.reading.about
    if not about:
        return []
    places = request.places(about)
    return [each for each in about if each not in places or not decision.reaches(places[each])]


class _Entry:
    """The audit line of one reading, written once its outcome is known."""

    def __init__(self, caller: Caller, purpose: str, request: Request, decision: Decision) -> None:
        self._caller, self._purpose, self._request, self._decision = caller, purpose, request, decision

    def write(self, outcome: str, answer: Answer | None = None) -> int:
        """Puts the line on disk and returns its number."""
        request, reading = self._request, self._request.reading
        more = {"case": request.case} if request.case else {}
        if answer and answer.withheld:
            more["withheld"] = str(len(answer.withheld))
        entry = audit.AuditEntry(
            caller=self._caller.name,
            department=self._caller.department,
            purpose=self._purpose,
            verb=reading.verb.value,
            what=reading.what,
            parameters={**reading.parameters, **more},
            snapshot=request.snapshot,
            outcome=outcome,
            rule=self._decision.rule,
            rows=answer.table.num_rows if answer else 0,
            entities=entities_of(answer, (*reading.parameters.values(), *reading.about)),
        )
        return audit.append(request.home, entry)


def parameters_for_audit(parameters: Mapping[str, object], *, free_text: frozenset[str]) -> dict[str, str]:
    """Parameters as the log may hold them: those in `free_text` could name a person and are kept as a hash only."""
    return {
        name: "sha256:" + sha256(str(value).encode()).hexdigest()[:16] if name in free_text else str(value)
        for name, value in sorted(parameters.items())
    }
