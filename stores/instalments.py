"""The feed of changes on disk: one instalment for each publication, chained, never altered once it is there.

An instalment is a Parquet file of entries and a small JSON file, written last, that makes it count.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from stores.durable import file_hash, remove_durably, sync_file, sync_folder, write_durably
from stores.errors import StoreError


class BeginAnewError(StoreError):
    """A position from which the feed cannot be told without a gap: its reader takes all records anew."""


@dataclass(frozen=True)
class Position:
    """A place between two entries: how far somebody has read, and the mark of the instalment that lies in.

    Numbers are not given out twice; the mark tells a feed that was restored from an older backup and went on otherwise.
    """

    number: int
    mark: str

    def __str__(self) -> str:
        return f"{self.number}.{self.mark}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """What `str` has written; ValueError where the text is no position."""
        number, _, mark = text.partition(".")
        if not (number.isascii() and number.isdigit() and len(mark) == MARK_DIGITS and mark.isalnum()):
            raise ValueError(f"{text!r} is no position of the feed")
        return cls(int(number), mark)


MARK_DIGITS = 16


@dataclass(frozen=True)
class Instalment:
    """What one publication added: entries `first` to `last`, none where `last` is before `first`.

    It leads from the snapshot of the instalment before, number `follows`, of which the last position is `before`, to
    `snapshot`. Where it follows none, nobody knows what changed, and readers begin anew. `corrections` is the number of
    the newest correction told so far, `sha256` the hash of the entries.
    """

    number: int
    snapshot: str
    as_of: date
    published_at: datetime
    first: int
    last: int
    corrections: int
    follows: int | None
    before: Position | None
    sha256: str

    @property
    def mark(self) -> str:
        """Tells this instalment, with all that came before it, from every other."""
        told = (self.snapshot, self.as_of.isoformat(), self.first, self.last, self.corrections, self.sha256)
        return hashlib.sha256(f"{self.before}|{told}".encode()).hexdigest()[:MARK_DIGITS]

    @property
    def end(self) -> Position:
        """Where somebody stands who has read all of it."""
        return Position(self.last, self.mark)

    def to_json(self) -> str:
        """Its JSON file."""
        dates = {"as_of": self.as_of.isoformat(), "published_at": self.published_at.isoformat()}
        return json.dumps({**asdict(self), **dates, "mark": self.mark}, indent=2) + "\n"


def read_instalment(file: Path) -> Instalment | None:
    """The instalment of this JSON file, None where it is missing or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        content: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        mark, before = content.pop("mark"), content.pop("before")
        found = Instalment(
            **content  # type: ignore[arg-type]
            | {
                "as_of": date.fromisoformat(str(content["as_of"])),
                "published_at": datetime.fromisoformat(str(content["published_at"])),
                "before": Position(**before) if isinstance(before, Mapping) else None,
            },
        )
        return found if found.mark == mark else None
    return None


class Instalments:
    """The folder of all instalments of a home; it may be read while somebody adds one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: set[Path] = set()

    def newest(self, snapshot: str | None = None) -> Instalment | None:
        """The newest one, of those that lead to this snapshot where one is named."""
        return next(self._backwards(f"*-{snapshot}.json" if snapshot else "*.json"), None)

    def chain(self, last: Instalment) -> Iterator[Instalment]:
        """This one and those before it, newest first, as far back as they are kept and whole."""
        at: Instalment | None = last
        while at is not None:
            yield at
            before, number = at.before, at.follows
            found = () if number is None else self._backwards(f"{number:08d}-*.json")
            at = next((each for each in found if each.end == before), None)

    def entries(self, instalment: Instalment) -> Path:
        """The file of its entries, found to be what was written; raises BeginAnewError where it is not."""
        file = self._file(instalment.number, instalment.snapshot)
        if file not in self._checked:
            if not file.is_file() or file_hash(file) != instalment.sha256:
                raise BeginAnewError(
                    f"{file} is gone or damaged: what changed up to {instalment.snapshot} is not known any more. "
                    "Take all records anew and go on from there; the hub needs nothing done"
                )
            self._checked.add(file)
        return file

    def begin(self, snapshot: str) -> tuple[int, int, Path]:
        """Number and first position of the next instalment, and where its entries are to be written."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for stray in self._folder.glob("*.parquet"):
            if not stray.with_suffix(".json").exists():
                stray.unlink()
        number = max((int(file.name[:8]) for file in self._folder.glob("*.json")), default=0) + 1
        first = max((each.last for each in self._backwards("*.json")), default=0) + 1
        return number, first, self._file(number, snapshot)

    def keep(self, instalment: Instalment) -> None:
        """Makes the entries written at `begin` count, all or nothing."""
        file = self._file(instalment.number, instalment.snapshot)
        sync_file(file)
        sync_folder(self._folder)
        write_durably(file.with_suffix(".json"), instalment.to_json().encode())

    def forget(self, published_before: datetime) -> list[int]:
        """Removes those published earlier, oldest first, never the newest; returns their numbers."""
        gone = []
        for file in sorted(self._folder.glob("*.json"))[:-1]:
            found = read_instalment(file)
            if found is None or found.published_at < published_before:
                remove_durably(file)
                remove_durably(file.with_suffix(".parquet"))
                gone.append(int(file.name[:8]))
        return gone

    def _backwards(self, pattern: str) -> Iterator[Instalment]:
        """Those whose file is whole and named like this, newest first."""
        for file in sorted(self._folder.glob(pattern), reverse=True):
            if found := read_instalment(file):
                yield found

    def _file(self, number: int, snapshot: str) -> Path:
        return self._folder / f"{number:08d}-{snapshot}.parquet"
