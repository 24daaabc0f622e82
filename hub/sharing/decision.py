"""Decides whether a reading is permitted: every decision names its rule and reason; the rest is refused."""

from dataclasses import dataclass

from hub.sharing.request import Caller, Request


@dataclass(frozen=True)
class Decision:
    """The answer to "may this caller read this for this purpose"; `columns` None stands for every column."""

    permitted: bool
    rule: str
    reason: str
    columns: frozenset[str] | None = frozenset()


def decide(caller: Caller, purpose: str, request: Request) -> Decision:
    """Permits the purpose `training` in homes of made-up people, and nothing else yet."""
    if not purpose.strip():
        return Decision(False, "purpose-named", "no purpose was named; name one with --purpose")
    if not caller.name.strip():
        return Decision(False, "caller-named", "nobody was named as the one who asks")
    if purpose != "training":
        return Decision(
            False,
            "purpose-registered",
            f"no policy permits the purpose {purpose!r}; the only one so far is 'training', on made-up people",
        )
    if request.purposes and purpose not in request.purposes:
        named = ", ".join(sorted(request.purposes))
        return Decision(False, "purpose-declared", f"{request.what} is declared for {named}, not for {purpose!r}")
    if request.home.kind != "synthetic":
        return Decision(
            False,
            "training-on-made-up-people",
            f"the purpose 'training' is for synthetic homes; {request.home.root} is a {request.home.kind} one",
        )
    return Decision(
        True, "training-on-made-up-people", "training may read every column where every person is made up", None
    )
