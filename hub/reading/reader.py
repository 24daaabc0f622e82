"""Somebody reading for a purpose: opens a snapshot and takes every reading through the one door."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property

from hub.graph.port import GraphStore
from hub.reading.disputed import DisputeMarks, mark_item
from hub.reading.guesses import GuessLimit, opened_guesses
from hub.reading.opening import Afresh, Opening, Source
from hub.reading.places import PlacesIn
from hub.reading.records import of_department
from hub.settings import Settings
from hub.sharing.disclose import disclose
from hub.sharing.entity_ids import ids_in_table
from hub.sharing.policies import Rules, compile_rules
from hub.sharing.request import Answer, Caller, Disclosure, Places, Reading, Request
from resolution.realtime.matching import Matcher
from schemas.declarations import Declarations
from schemas.readers.purposes import Role, Verb
from stores.entity_file import EntityFile
from stores.home import Home
from stores.operational.live import LiveDisputes
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

NO_SNAPSHOT = "-"


def nothing_there(what: str, missing: Sequence[str]) -> str:
    """What is told of entities that are not there for whoever asks; it says no more than what was typed."""
    return f"the snapshot knows no {what} {' or '.join(missing)} that you may read"


@dataclass(frozen=True)
class Shared:
    """What the readings of a server have in common: the parts that it keeps open, and the rules in force."""

    opening: Opening
    rules: Rules
    marks: DisputeMarks
    guesses: GuessLimit


@dataclass(frozen=True)
class Reader:
    """Who reads, for what, where; `snapshot` None is the current one, `case` the number of the case it is for."""

    home: Home
    declarations: Declarations
    settings: Settings
    caller: Caller
    purpose: str
    snapshot: str | None = None
    case: str = ""
    shared: Shared | None = None

    @cached_property
    def rules(self) -> Rules:
        """The purposes and policies in force."""
        return self.shared.rules if self.shared else compile_rules(self.declarations)

    @cached_property
    def opening(self) -> Opening:
        """Gives the parts of snapshots."""
        return self.shared.opening if self.shared else Afresh(Source(self.home, self.declarations, self.settings))

    @cached_property
    def marks(self) -> DisputeMarks:
        """What is disputed at this moment."""
        return self.shared.marks if self.shared else DisputeMarks(LiveDisputes(self.home))

    def read(self, reading: Reading, run: Callable[[Snapshot], Answer]) -> Disclosure:
        """What `run` finds in the snapshot, as far as the door lets it through."""
        with self.opened() as snapshot:
            request = Request(self.home, self.rules, snapshot.id, reading, self._places(reading, snapshot), self.case)
            return disclose(self.caller, self.purpose, request, lambda: self._marked(snapshot, run(snapshot)))

    def read_log(self, reading: Reading, run: Callable[[], Answer]) -> Disclosure:
        """What `run` finds in the audit log, as far as the door lets it through."""
        request = Request(self.home, self.rules, NO_SNAPSHOT, reading, case=self.case)
        return disclose(self.caller, self.purpose, request, run)

    def opened(self) -> AbstractContextManager[Snapshot]:
        """The snapshot that is read; it stays on the shelf meanwhile."""
        return self.opening.snapshot(self.snapshot)

    def entities(self, snapshot: Snapshot) -> AbstractContextManager[Warehouse]:
        """The snapshot's tables; only to be used inside a reading."""
        return self.opening.tables(snapshot)

    def index(self, snapshot: Snapshot) -> AbstractContextManager[EntityFile]:
        """The snapshot's entity index; only to be used inside a reading."""
        return self.opening.index(snapshot)

    def matcher(self, snapshot: Snapshot) -> AbstractContextManager[Matcher]:
        """The snapshot's match index, ready for look-ups; only to be used inside a reading."""
        return self.opening.matcher(snapshot)

    def guesses(self) -> AbstractContextManager[GuessLimit]:
        """What counts how often a department guesses."""
        return (
            nullcontext(self.shared.guesses) if self.shared else opened_guesses(self.home, self.declarations.matching)
        )

    def graph(self, snapshot: Snapshot) -> AbstractContextManager[GraphStore]:
        """The snapshot's graph, on the graph server where that holds it; only to be used inside a reading."""
        return self.opening.graph(snapshot)

    def _marked(self, snapshot: Snapshot, answer: Answer) -> Answer:
        """The answer with what is disputed of the entities in it."""
        ids = {*answer.entities, *ids_in_table(answer.table)}
        marks = self.marks.disputed(snapshot.id, lambda: self.entities(snapshot), ids)
        return replace(answer, disputed={each: frozenset(map(mark_item, found)) for each, found in marks.items()})

    def _places(self, reading: Reading, snapshot: Snapshot) -> Callable[[Collection[str]], Places]:
        """Where what a reading names is; `read` and departments' programs know records of their department alone."""
        own_alone = reading.verb is Verb.READ or Role.SERVICE in self.caller.roles

        finder = PlacesIn(
            self.declarations, snapshot.manifest.as_of, lambda: self.index(snapshot), lambda: self.entities(snapshot)
        )

        def places(names: Collection[str]) -> Places:
            known = names
            if own_alone:
                own = self.caller.department
                known = [each for each in names if of_department(self.declarations, each) in (None, own)]
            return finder.find(known)

        return places
