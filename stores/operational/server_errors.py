"""What PostgreSQL and its driver raise, in the words of the stores: no statement, no values, no secrets."""

from types import MappingProxyType

import psycopg
import sqlalchemy as sa

from stores.errors import MachineError, NoRoomError, StoreError
from stores.operational.server_settings import ServerSettings

AGAIN = "what was not committed is undone there; give the same command again"
# What libpq itself says where nobody answered; a server that answered with a refusal is told apart.
UNANSWERED = (
    "Connection refused",
    "timeout expired",
    "Connection timed out",
    "connection timeout",
    "Connection reset",
    "server closed the connection",
    "No route to host",
    "Network is unreachable",
    "could not translate host name",
    "failed to resolve host",
)
UNPROVEN = ("certificate", "SSL", "root.crt")
# By SQLSTATE, or its class, which are the same in every language of a server.
ANSWERS = MappingProxyType(
    {
        "42501": "the hub's user may not do that there: make it the owner of the database, for it makes its own tables",
        "25006": "the server takes no writes: it is a standby, or was made read-only; name the one that does",
        "55P03": "another hub has been making its tables for too long: look what it does",
    }
)


def told_at_connecting(error: psycopg.Error, settings: ServerSettings) -> StoreError:
    """Why nobody let the hub in, and what to do."""
    words = " ".join(str(error).split()).removeprefix("connection failed: ")
    if any(each in words for each in UNANSWERED):
        return MachineError(
            f"{settings.place} does not answer: start the server, open the way to it, then give the same command again "
            f"({words})"
        )
    if any(each in words for each in UNPROVEN):
        return StoreError(
            f"{settings.place} does not prove who it is, and nothing was sent: look at its certificate, at "
            f"trusted_certificate and at the host in the url ({words})"
        )
    return StoreError(
        f"{settings.place} does not let the hub in: look at user and database in the url and at the password in "
        f"{settings.password_file}; `CREATE ROLE … LOGIN PASSWORD …` and `CREATE DATABASE … OWNER …` make what is "
        f"missing ({words})"
    )


def told_at_work(error: BaseException | None, settings: ServerSettings, *, is_lost: bool) -> StoreError:
    """What went wrong between connecting and closing."""
    place = settings.place
    state = (error.sqlstate or "") if isinstance(error, psycopg.Error) else ""
    if is_lost or state[:2] in ("08", "57"):
        return MachineError(f"the connection to {place} was lost: {AGAIN}")
    if state[:2] == "53":
        return NoRoomError(f"{place} is out of disk, memory or connections: make room there. {AGAIN.capitalize()}")
    if state in ANSWERS:
        return StoreError(f"{place}: {ANSWERS[state]}")
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return StoreError(
        f"the operational database {place} does not work: {primary or type(error).__name__} {state}".strip()
    )


def tell_errors(engine: sa.Engine, settings: ServerSettings) -> None:
    """Lets whatever is asked of the engine fail with an error of the stores."""

    @sa.event.listens_for(engine, "handle_error")
    def _tell(context: sa.engine.ExceptionContext) -> None:
        if context.is_pre_ping and context.is_disconnect:
            return
        raise told_at_work(
            context.original_exception, settings, is_lost=context.is_disconnect
        ) from context.original_exception
