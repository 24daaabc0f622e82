"""Opens the operational database, wherever the home has it, and gives its parts out."""

from collections.abc import Callable

import pyarrow as pa
import sqlalchemy as sa

from stores.errors import SettingsError
from stores.home import Home
from stores.operational.accounts import Accounts
from stores.operational.corrections import Corrections
from stores.operational.decisions import Decision, Decisions
from stores.operational.deliveries import Ledger
from stores.operational.disputes import Disputes
from stores.operational.file import is_filed, open_file, read_file
from stores.operational.identity import Identity
from stores.operational.in_tray import InTray
from stores.operational.keys import ArchiveKeys
from stores.operational.personal import PersonalTexts
from stores.operational.reviews import Reviews
from stores.operational.runs import Runs
from stores.operational.server import open_server, read_server
from stores.operational.server_settings import ServerSettings, read_server_settings


class Operational:
    """The open operational database: ledger, archive keys, runs, entity ids, accounts, decisions, reviews, disputes."""

    def __init__(self, engine: sa.Engine, home: Home) -> None:
        self._engine = engine
        self.ledger = Ledger(engine)
        self.archive_keys = ArchiveKeys(engine, home.key("archive"))
        self.runs = Runs(engine)
        self.identity = Identity(engine, home.identity)
        self.reviews = Reviews(engine)
        self.accounts = Accounts(engine)
        self.personal = PersonalTexts.of(home)
        self.disputes = Disputes(engine, InTray(home.disputes, self.personal))
        self.corrections = Corrections(engine, self.personal)
        self._decisions = Decisions(engine)

    def decide(self, decision: Decision) -> None:
        """Keeps a steward's decision; an earlier one about the same pair ends."""
        self._decisions.add(decision)

    def decisions(self, register: str) -> pa.Table:
        """Decisions in force: record_l < record_r, kind (must_link, cannot_link), who, decided_at, why."""
        return self._decisions.in_force(register)

    def close(self) -> None:
        """Gives the database free."""
        self._engine.dispose()

    def __enter__(self) -> "Operational":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_operational(home: Home, verb: str = "", *, tell: Callable[[str], None] = lambda _: None) -> Operational:
    """The operational database of the home for its one writer, made where nothing came yet, with the newest tables.

    Disputes that wait are taken in. In a file: what was cut off or damaged is put back from its copy, and told. On a
    server: nobody else can open it for writing until it is closed, on any machine (HomeBusyError); `verb` is what
    others are told meanwhile. Raises SettingsError where file and settings contradict each other, StoreError where it
    cannot be used or a newer version of the hub wrote it.
    """
    settings = server_of(home)
    opened = Operational(open_file(home, tell) if settings is None else open_server(home, settings, verb), home)
    try:
        opened.disputes.take_in()
    except BaseException:
        opened.close()
        raise
    return opened


def read_operational(home: Home) -> Operational:
    """The operational database as of its newest commit: needs no lock and never disturbs the writer."""
    settings = server_of(home)
    return Operational(read_file(home) if settings is None else read_server(home, settings), home)


def server_of(home: Home) -> ServerSettings | None:
    """The server that has the operational database, None where it is a file of the home."""
    settings = read_server_settings(home)
    is_elsewhere = home.elsewhere.exists()
    if settings is None and is_elsewhere:
        raise SettingsError(
            f"the operational database of {home.root} is {home.elsewhere.read_text(encoding='utf-8').strip()}: name it "
            "as url under [operational] of home.toml or as HUB_OPERATIONAL_URL (docs/operational-database.md)"
        )
    if settings is not None and not is_elsewhere and is_filed(home):
        raise SettingsError(
            f"the operational database of {home.root} is still {home.operational}: `hub move-operational` moves it to "
            f"{settings.place}; or take the url out of [operational] and HUB_OPERATIONAL_URL"
        )
    return settings
