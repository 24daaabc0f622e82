"""The one door: everything that is read out of a snapshot passes here.

Order: decide, run, cut to the permitted columns, audit line on disk, return. If the line cannot be written
nothing is returned.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256

from hub.errors import AccessDenied
from hub.sharing import audit
from hub.sharing.audit_entities import entities_of
from hub.sharing.decision import Decision, decide
from hub.sharing.request import Answer, Caller, Disclosure, Request


def disclose(caller: Caller, purpose: str, request: Request, run: Callable[[], Answer]) -> Disclosure:
    """The permitted part of what `run` reads, after the reading has been written to the audit log.

    Raises AccessDenied where no rule permits it (also logged; `run` is not called) and AuditError where the log
    cannot be written.
    """
    decision = decide(caller, purpose, request)
    if not decision.permitted:
        audit.append(request.home, _entry(caller, purpose, request, decision))
        raise AccessDenied(decision.rule, decision.reason)
    found = run()
    answer = _cut(found, decision)
    sequence = audit.append(request.home, _entry(caller, purpose, request, decision, found))
    return Disclosure(answer, request.snapshot, sequence, decision.rule)


def _cut(answer: Answer, decision: Decision) -> Answer:
    """Columns that are not permitted are absent, not blanked."""
    if decision.columns is None:
        return answer
    return replace(
        answer, table=answer.table.select([name for name in answer.table.column_names if name in decision.columns])
    )


def _entry(
    caller: Caller, purpose: str, request: Request, decision: Decision, answer: Answer | None = None
) -> audit.AuditEntry:
    """What is written down; without an answer it was refused."""
    return audit.AuditEntry(
        caller=caller.name,
        department=caller.department,
        purpose=purpose,
        verb=request.verb,
        what=request.what,
        parameters=dict(request.parameters),
        snapshot=request.snapshot,
        outcome="disclosed" if answer else "refused",
        rule=decision.rule,
        rows=answer.table.num_rows if answer else 0,
        entities=entities_of(answer, request.parameters),
    )


def parameters_for_audit(parameters: Mapping[str, object], *, free_text: frozenset[str]) -> dict[str, str]:
    """Parameters as the log may hold them: those in `free_text` could name a person and are kept as a hash only."""
    return {
        name: "sha256:" + sha256(str(value).encode()).hexdigest()[:16] if name in free_text else str(value)
        for name, value in sorted(parameters.items())
    }
